"""Whose pages may change things here with the session's cookie, and by which names we are called.

A browser adds the cookie to whatever any page makes it send, and tells which page in `Origin`. So
a state-changing request by cookie, and every WebSocket upgrade by cookie, must come from a page of
ours. A Bearer token is never added by a browser on its own: such requests need no origin.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True, slots=True)
class Origins:
    """`public` is our own origin; `allowed` may call us from elsewhere (CORS); `hosts` are names
    that a Host header may carry besides the public one; `loopback` allows the machine's own."""

    public: str
    allowed: frozenset[str]
    hosts: frozenset[str]
    loopback: bool

    def is_ours(self, origin: str, host: str) -> bool:
        """Whether a page of this origin is ours or is on the list.

        `host` is the request's own (checked already), so that a page loaded under another of our
        names is still at home.
        """
        scheme = urlsplit(self.public).scheme
        return origin == self.public or origin in self.allowed or origin == f"{scheme}://{host}"

    def may_change(self, method: str, origin: str | None, host: str, *, by_cookie: bool) -> bool:
        """Whether a request without a Bearer token may go on."""
        if method in SAFE_METHODS:
            return True
        if origin is None:
            return not by_cookie
        return self.is_ours(origin, host)

    def may_connect(self, origin: str | None, host: str, *, by_cookie: bool) -> bool:
        """Whether a WebSocket may be opened: without an origin it is no browser's."""
        return not by_cookie if origin is None else self.is_ours(origin, host)

    def knows_host(self, host: str) -> bool:
        name = host.rpartition(":")[0] if _has_port(host) else host
        return (
            host == urlsplit(self.public).netloc
            or name in self.hosts
            or (self.loopback and name in _LOOPBACK)
        )


def origins(
    public_url: str, allowed: tuple[str, ...], hosts: tuple[str, ...], *, loopback: bool
) -> Origins:
    """Raises ValueError when `public_url` or one of `allowed` is no http(s) origin."""
    return Origins(
        origin_of(public_url), frozenset(map(origin_of, allowed)), frozenset(hosts), loopback
    )


def origin_of(url: str) -> str:
    """`scheme://host[:port]` of a URL. Raises ValueError when it has none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"{url!r} is no http or https address")
    return f"{parts.scheme}://{parts.netloc}".lower()


def _has_port(host: str) -> bool:
    return host.rpartition(":")[2].isdigit() and not host.endswith("]")
