"""Outgoing webhooks: how they are signed, and which addresses they may be sent to."""

import hashlib
import hmac
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

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
