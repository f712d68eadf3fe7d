"""Which headers pass the gateway, in which direction, and what the client's address is. Pure.

Headers are lists of (name, value) bytes with lower-case names, in the order in which they came.
"""

from collections.abc import Container, Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Headers = list[tuple[bytes, bytes]]
Network = IPv4Network | IPv6Network

HOP_BY_HOP = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization",
        b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade",
    }
)  # fmt: skip
"""Belong to one connection (RFC 9110, 7.6.1), as do the headers that Connection names."""

GATEWAY_ONLY = frozenset(
    {
        b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-port",
        b"x-forwarded-proto", b"x-real-ip", b"x-request-id",
    }
)  # fmt: skip
"""Only the gateway may send these and `x-tiketi-...`. A client's own are dropped."""

_REQUEST_DROPS = (
    HOP_BY_HOP | GATEWAY_ONLY | {b"host", b"content-length", b"expect", b"authorization"}
)
_RESPONSE_DROPS = HOP_BY_HOP | {b"content-length", b"date", b"server", b"x-request-id"}


def request_headers(headers: Headers) -> bytes:
    """The client's headers that a service may see, encoded.

    Hop-by-hop headers, those that only the gateway may send, and the session's credentials stay
    here: a service gets a signed identity instead.
    """
    named = _named_by_connection(headers)
    return b"".join(
        [
            b"%b: %b\r\n" % header
            for header in headers
            if header[0] not in _REQUEST_DROPS
            and header[0] not in named
            and header[0] != b"cookie"
            and not header[0].startswith(b"x-tiketi-")
        ]
    )


def response_headers(headers: Headers, replaced: Container[bytes] = ()) -> bytes:
    """A service's headers that a client may see, encoded, without those in `replaced`."""
    named = _named_by_connection(headers)
    return b"".join(
        [
            b"%b: %b\r\n" % header
            for header in headers
            if header[0] not in _RESPONSE_DROPS
            and header[0] not in named
            and header[0] not in replaced
            and not header[0].startswith(b"x-tiketi-")
        ]
    )


def value_of(headers: Headers, name: bytes) -> bytes | None:
    """The first value of `name` (lower-case)."""
    for key, value in headers:
        if key == name:
            return value
    return None


def cookie_of(headers: Headers, name: bytes) -> bytes | None:
    """The value of the first cookie called `name`."""
    wanted = name + b"="
    for key, value in headers:
        if key == b"cookie":
            for pair in value.split(b";"):
                pair = pair.strip()  # noqa: PLW2901  the same pair, stripped
                if pair.startswith(wanted):
                    return pair[len(wanted) :].strip(b'"')
    return None


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Addresses or CIDR ranges. Raises ValueError for anything else."""
    return tuple(ip_network(text, strict=False) for text in texts)


def is_in(address: str, trusted: tuple[Network, ...]) -> bool:
    """An IPv4-mapped address is in the networks of its IPv4 address, too."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return any(each in network for each in (parsed, mapped) if each for network in trusted)


def client_address(peer: str, forwarded_for: bytes | None, trusted: tuple[Network, ...]) -> str:
    """The peer's address, unless the peer is a trusted proxy.

    Then it is the last address in X-Forwarded-For that is not a trusted proxy's: whatever is left
    of it was written by someone untrusted.
    """
    if forwarded_for is None or not is_in(peer, trusted):
        return peer
    address = peer
    for hop in reversed(forwarded_for.decode("latin-1").split(",")):
        candidate = hop.strip()
        try:
            ip_address(candidate)
        except ValueError:
            return address
        address = candidate
        if not is_in(address, trusted):
            return address
    return address


def _named_by_connection(headers: Headers) -> Container[bytes]:
    named: set[bytes] = set()
    for name, value in headers:
        if name == b"connection" and value not in (b"keep-alive", b"close"):
            named.update(token.strip().lower() for token in value.split(b","))
    return named
