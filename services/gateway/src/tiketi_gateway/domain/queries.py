"""Queries of responses that are kept in memory. Pure."""

from urllib.parse import quote, unquote_to_bytes


def canonical_query(query: bytes, names: tuple[bytes, ...]) -> bytes:
    """The first value of each parameter in `names`, in that order and encoded in one way.

    Other parameters are left out, so that they make no copies of a kept response. The value of a
    parameter is the service's to judge; it gets the same bytes, decoded.
    """
    if not query or not names:
        return b""
    given: dict[bytes, bytes] = {}
    for pair in query.split(b"&"):
        name, _, value = pair.partition(b"=")
        if b"%" in name:
            name = unquote_to_bytes(name)
        if name in names and name not in given:
            given[name] = value
    return b"&".join([name + b"=" + _encoded(given[name]) for name in names if name in given])


def _encoded(value: bytes) -> bytes:
    return quote(unquote_to_bytes(value.replace(b"+", b" ")), safe="").encode()
