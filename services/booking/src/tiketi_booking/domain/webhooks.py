"""Outgoing webhooks: how they are signed, and which addresses they may be sent to."""

import hashlib
import hmac
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

SIGNATURE_HEADER = "Tiketi-Signature"

TOLERANCE_SECONDS = 300
"""How far the signature's time may be from a receiver's clock."""

_NAT64 = IPv6Network("64:ff9b::/96")


def sign(secret: str, body: bytes, timestamp: int) -> str:
    """`t=<Unix seconds>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>` under the endpoint's secret."""
    mac = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"t={timestamp},v1={mac.hexdigest()}"


def verify(secret: str, body: bytes, header: str, now: float) -> bool:
    """Whether `header` signs `body` and is not older (or newer) than the tolerance."""
    fields = dict(field.partition("=")[::2] for field in header.split(","))
    time = fields.get("t", "")
    if not (time.isascii() and time.isdigit()) or abs(now - int(time)) > TOLERANCE_SECONDS:
        return False
    return hmac.compare_digest(sign(secret, body, int(time)).encode(), header.encode())


def is_public(address: str) -> bool:
    """Whether a numeric address is of the public internet, also behind its IPv6 disguises."""
    parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if parsed in _NAT64:
            inner = IPv4Address(int(parsed) & 0xFFFFFFFF)
        parsed = inner or parsed
    return parsed.is_global and not parsed.is_multicast


def url_errors(url: str, *, public_only: bool) -> str | None:
    """What is wrong with an endpoint's URL; `public_only` (production) asks for https and a host
    that is not numerically one of ours. Names are looked at when they are called."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return "is an http or https URL"
    if parts.username is not None or parts.password is not None:
        return "carries no credentials"
    if public_only and parts.scheme != "https":
        return "is https"
    if public_only and _is_private_literal(parts.hostname):
        return "is not a public address"
    return None


def _is_private_literal(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
