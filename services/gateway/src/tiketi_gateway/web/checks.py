"""What is checked before a request reaches its handler: host, origin and rate limits."""

import asyncio

from tiketi_gateway import metrics
from tiketi_gateway.domain.origins import SAFE_METHODS, Origins
from tiketi_gateway.errors import MisdirectedRequest, OriginNotAllowed
from tiketi_gateway.http1.exchange import Exchange
from tiketi_gateway.http1.replies import empty_reply
from tiketi_gateway.http1.requests import Request
from tiketi_gateway.ports import RateLimiter
from tiketi_gateway.web.routes import RateClass
from tiketi_shared.addresses import counted_address
from tiketi_shared.errors import TooManyRequests

PREFLIGHT_SECONDS = 600
MAX_KNOWN_HOSTS = 64
_CREDENTIALS = b"Access-Control-Allow-Credentials: true\r\nVary: Origin\r\n"
_EXPOSED = b"Access-Control-Expose-Headers: ETag, Retry-After, X-Request-Id\r\n"


class HostCheck:
    """Refuses requests for another host; Host headers that were accepted are remembered."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._known: set[bytes] = set()

    def check(self, request: Request) -> None:
        """Raises MisdirectedRequest."""
        header = request.fields.get(b"host", b"")
        if header in self._known:
            return
        if not self._origins.knows_host(request.host):
            raise MisdirectedRequest("this host is not served here")
        if len(self._known) < MAX_KNOWN_HOSTS:
            self._known.add(header)


class OriginCheck:
    """Which pages may read responses (CORS) and change things with the session's cookie (CSRF)."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins

    def answers_preflight(self, exchange: Exchange) -> bool:
        """For a request with an Origin: lets pages of accepted origins read the response, and
        answers their preflight requests. Raises OriginNotAllowed."""
        request = exchange.request
        origin = request.field(b"origin") or ""
        if self._origins.is_ours(origin.lower(), request.host):
            allowed = b"Access-Control-Allow-Origin: %b\r\n" % request.fields[b"origin"]
            exchange.extra_headers = allowed + _CREDENTIALS + _EXPOSED
        if request.method != "OPTIONS" or b"access-control-request-method" not in request.fields:
            return False
        if not exchange.extra_headers:
            raise OriginNotAllowed("pages of this origin may not call the API")
        wanted = request.fields.get(b"access-control-request-headers", b"Content-Type")
        headers = (
            b"Access-Control-Allow-Methods: GET, POST, PATCH, PUT, DELETE\r\n"
            b"Access-Control-Allow-Headers: %b\r\nAccess-Control-Max-Age: %d\r\n"
        ) % (wanted, PREFLIGHT_SECONDS)
        exchange.answer(empty_reply(204, headers))
        return True

    def check_change(self, request: Request, *, by_cookie: bool) -> None:
        """The CSRF check, for requests without a Bearer token. Raises OriginNotAllowed."""
        if request.method in SAFE_METHODS:
            return
        origin = request.field(b"origin")
        allowed = self._origins.may_change(
            request.method, origin.lower() if origin else None, request.host, by_cookie=by_cookie
        )
        if not allowed:
            raise OriginNotAllowed("this request must come from a page of this site")

    def check_connect(self, request: Request, *, by_cookie: bool) -> None:
        """The same for a WebSocket. Raises OriginNotAllowed."""
        origin = request.field(b"origin")
        allowed = self._origins.may_connect(
            origin.lower() if origin else None, request.host, by_cookie=by_cookie
        )
        if not allowed:
            raise OriginNotAllowed("a WebSocket must be opened by a page of this site")


class RateLimits:
    """One bucket for each rate class and address, and one for each rate class and account. An IPv6
    client counts by its /64 (`counted_address`)."""

    def __init__(self, limiter: RateLimiter, *, limits_addresses: bool) -> None:
        self._limiter = limiter
        self._limits_addresses = limits_addresses

    def check_address(self, rate: RateClass, exchange: Exchange) -> None:
        """Raises TooManyRequests."""
        if not self._limits_addresses:
            return
        now = asyncio.get_running_loop().time()
        client = counted_address(exchange.address)
        wait = self._limiter.take(rate.address_bucket, client, rate.address, now)
        if wait:
            raise _too_many(rate, "address", wait)

    def check_account(self, rate: RateClass, user_id: str) -> None:
        """Raises TooManyRequests."""
        if rate.account is None:
            return
        now = asyncio.get_running_loop().time()
        wait = self._limiter.take(rate.account_bucket, user_id, rate.account, now)
        if wait:
            raise _too_many(rate, "account", wait)


def _too_many(rate: RateClass, by: str, wait: float) -> TooManyRequests:
    metrics.count(metrics.LIMITED, rate.name, by)
    return TooManyRequests(f"too many requests by this {by}", retry_after=wait)
