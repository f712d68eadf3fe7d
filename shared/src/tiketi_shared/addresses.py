"""How limits count addresses of the network. Pure."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network

CLIENT_PREFIX = 64
"""An IPv6 client has at least a network of this prefix to itself, and may use any address in it."""

_NAT64 = IPv6Network("64:ff9b::/96")
"""Where a translator puts clients that have IPv4 (RFC 6052): the last 32 bits are their address."""


def counted_address(address: str) -> str:
    """What a limit by address counts this client as: an IPv4 address, or an IPv6 network.

    IPv4 addresses inside IPv6 (mapped, or of a translator) count as IPv4. Other text is returned
    unchanged.
    """
    if ":" not in address:
        return address
    try:
        parsed = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if (inner := _inner(parsed)) is not None:
        return str(inner)
    return str(IPv6Network((int(parsed), CLIENT_PREFIX), strict=False))


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped
