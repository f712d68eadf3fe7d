"""Which pages may change things with the session's cookie, and which hosts are served. Pure.

A browser adds the cookie to every request to the gateway, whichever page makes it, and names the
page's origin in `Origin`. So a request by cookie that changes something, and every WebSocket by
cookie, must come from a page of this site. A browser never adds a Bearer token by itself, so such
requests need no origin.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True, slots=True)
class Origins:
    """`public` is the site's own origin; pages of `allowed` may call the API, too (CORS); `hosts`
    are accepted in the Host header besides the public one; `loopback` accepts 127.0.0.1."""

    public: str
    allowed: frozenset[str]
    hosts: frozenset[str]
    loopback: bool

    def is_ours(self, origin: str, host: str) -> bool:
        """Whether the origin is the site's own or an allowed one.

        `host` is the request's Host, already checked: a page that was loaded from another accepted
        host may call that host.
        """
        scheme = urlsplit(self.public).scheme
        return origin == self.public or origin in self.allowed or origin == f"{scheme}://{host}"

    def may_change(self, method: str, origin: str | None, host: str, *, by_cookie: bool) -> bool:
        """Whether a request without a Bearer token is accepted."""
        if method in SAFE_METHODS:
            return True
        if origin is None:
            return not by_cookie
        return self.is_ours(origin, host)

    def may_connect(self, origin: str | None, host: str, *, by_cookie: bool) -> bool:
        """Whether a WebSocket may be opened. A client without an origin is not a browser."""
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
    """Raises ValueError when `public_url` or one of `allowed` is not an http(s) URL."""
    return Origins(
        origin_of(public_url), frozenset(map(origin_of, allowed)), frozenset(hosts), loopback
    )


def origin_of(url: str) -> str:
    """`scheme://host[:port]` of a URL. Raises ValueError when it has none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"{url!r} is not an http:// or https:// URL")
    return f"{parts.scheme}://{parts.netloc}".lower()


def _has_port(host: str) -> bool:
    return host.rpartition(":")[2].isdigit() and not host.endswith("]")
