"""The one place that wires the gateway."""

import contextlib
import functools
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import cast

from aiohttp import web

from tiketi_gateway.adapters.batcher import Batcher
from tiketi_gateway.adapters.cache import ResponseCache
from tiketi_gateway.adapters.internal import Internal
from tiketi_gateway.adapters.limits import Limits
from tiketi_gateway.adapters.sessions import Sessions
from tiketi_gateway.adapters.statuses import Statuses, listen
from tiketi_gateway.adapters.tunnels import Tunnels
from tiketi_gateway.adapters.upstream import Service
from tiketi_gateway.adapters.webapp import WebApp
from tiketi_gateway.adapters.ws_tickets import WebSocketTickets
from tiketi_gateway.domain.headers import networks
from tiketi_gateway.domain.origins import Origins, origins
from tiketi_gateway.http1.documents import Document, make_document
from tiketi_gateway.http1.registry import Bounds
from tiketi_gateway.http1.replies import JSON
from tiketi_gateway.http1.server import Server
from tiketi_gateway.settings import Settings
from tiketi_gateway.web.dispatcher import Dispatcher, Parts
from tiketi_gateway.web.live import TICKET_SECONDS
from tiketi_shared.batches import HoldRequest, LineRequest
from tiketi_shared.env import SettingsError
from tiketi_shared.health import READINESS, Probe
from tiketi_shared.loops import LoopKeeper, running
from tiketi_shared.resources import open_redis
from tiketi_shared.tokens import KeyRing
from tiketi_shared.web import create_base_app

DISPATCHER: web.AppKey[Dispatcher] = web.AppKey("DISPATCHER")
TUNNELS: web.AppKey[Tunnels] = web.AppKey("TUNNELS")

REDIS_SECONDS = 0.5
LINE_SECONDS = 5.0
RESTART_SECONDS = 1.0


def create_app(settings: Settings) -> web.Application:
    """Holds the gateway's resources; it is served by `make_runner`, not by aiohttp's router.

    Raises SettingsError for invalid addresses.
    """
    _check(settings)
    app = create_base_app(KeyRing(settings.identity_keys))
    app[TUNNELS] = Tunnels()
    app.cleanup_ctx.append(functools.partial(_gateway, settings))
    return app


def make_runner(app: web.Application, settings: Settings) -> web.BaseRunner:
    return GatewayRunner(app, settings)


class GatewayRunner(web.BaseRunner):
    """Serves the gateway's own server, with the application's resources around it."""

    __slots__ = ("_app", "_settings")

    def __init__(self, app: web.Application, settings: Settings) -> None:
        super().__init__(shutdown_timeout=settings.drain_seconds)
        self._app, self._settings = app, settings

    async def _make_server(self) -> web.Server:
        self._app.on_startup.freeze()
        await self._app.startup()
        settings, dispatcher = self._settings, self._app[DISPATCHER]
        bounds = Bounds(
            max_connections=settings.max_connections,
            max_connections_per_address=settings.max_connections
            if settings.limits == "off"
            else settings.max_connections_per_address,
            max_header_bytes=settings.max_header_bytes,
            header_seconds=settings.header_seconds,
            body_seconds=settings.body_seconds,
            idle_seconds=settings.idle_seconds,
            trusted_proxies=networks(settings.trusted_proxies),
        )
        server = Server(
            dispatcher, bounds, dispatcher.body_limit, _policy(settings), self._app[READINESS]
        )
        return cast("web.Server", server)  # stands in for aiohttp's, see its contract

    async def shutdown(self) -> None:
        """End the tunnels within the drain time, before the server counts what is left."""
        await self._app[TUNNELS].drain(self._settings.drain_seconds)

    async def _cleanup_server(self) -> None:
        await self._app.cleanup()


def _check(settings: Settings) -> None:
    checks: dict[str, Callable[[], object]] = {
        "PUBLIC_URL, ALLOWED_ORIGINS": lambda: _origins(settings),
        "TRUSTED_PROXIES": lambda: networks(settings.trusted_proxies),
        "IDENTITY_KEYS": lambda: KeyRing(settings.identity_keys),
        **{
            f"{name.upper()}_URLS": functools.partial(Service, name, urls)
            for name, urls in _urls(settings).items()
        },
    }
    problems = []
    for name, check in checks.items():
        try:
            check()
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise SettingsError(problems)


def _urls(settings: Settings) -> dict[str, tuple[str, ...]]:
    return {
        "queue": settings.queue_urls, "booking": settings.booking_urls,
        "notifier": settings.notifier_urls, "metrics": settings.metrics_urls,
    }  # fmt: skip


async def _gateway(settings: Settings, app: web.Application) -> AsyncIterator[None]:
    """Make the dispatcher and all its parts, and run their loops while it serves."""
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        redis = await enter(open_redis(settings.redis_url, timeout=REDIS_SECONDS))
        channel = await enter(open_redis(settings.redis_url, blocking=True))
        keys = KeyRing(settings.identity_keys)
        services = {name: Service(name, urls) for name, urls in _urls(settings).items()}
        for service in services.values():
            await enter(service.running())
        internal = Internal(keys)
        booking, queue = services["booking"], services["queue"]
        sessions = Sessions(redis, internal, booking, keys, settings.session_cache_seconds)
        limits, statuses, loops = Limits(redis), Statuses(internal, queue), LoopKeeper()
        await enter(
            running(
                loops.every("sessions", RESTART_SECONDS, sessions.keep_touching),
                loops.every("limits", RESTART_SECONDS, limits.keep_settling),
                loops.every("statuses", RESTART_SECONDS, statuses.keep_polling),
                loops.every(
                    "channels", RESTART_SECONDS, lambda: listen(channel, statuses, sessions)
                ),
            )
        )
        app[READINESS].add("queue", _responds(queue))
        app[READINESS].add("booking", _responds(booking))
        app[DISPATCHER] = Dispatcher(
            settings,
            Parts(
                services=services, sessions=sessions,
                tickets=WebSocketTickets(redis, TICKET_SECONDS), limiter=limits,
                statuses=statuses, cache=ResponseCache(),
                lines=_line_batches(internal, queue),
                holds=_hold_batches(internal, booking, settings),
                tunnels=app[TUNNELS], webapp=_webapp(settings), origins=_origins(settings),
                readiness=app[READINESS], descriptions=_descriptions(),
            ),
        )  # fmt: skip
        yield


def _line_batches(internal: Internal, queue: Service) -> Batcher[LineRequest]:
    """Joining, leaving or reading a place twice does no more than doing it once."""
    return Batcher(
        internal, queue, b"/internal/line", may_repeat=lambda _: True, seconds=LINE_SECONDS
    )


def _hold_batches(internal: Internal, booking: Service, settings: Settings) -> Batcher[HoldRequest]:
    return Batcher(
        internal, booking, b"/internal/holds", seconds=settings.upstream_seconds,
        may_repeat=lambda request: request.idempotency_key is not None,
    )  # fmt: skip


def _responds(service: Service) -> Probe:
    """Ready while some instance of the service is in use."""

    async def probe() -> None:
        if all(instance.breaker.is_open for instance in service.instances):
            raise ConnectionError("no instance responds")

    return probe


def _webapp(settings: Settings) -> WebApp:
    scheme, _, rest = settings.public_url.partition("://")
    host = rest.split("/")[0]
    return WebApp(settings.web_root, f"{'wss' if scheme == 'https' else 'ws'}://{host}")


def _origins(settings: Settings) -> Origins:
    return origins(
        settings.public_url, settings.allowed_origins, settings.allowed_hosts,
        loopback=settings.environment != "production",
    )  # fmt: skip


def _policy(settings: Settings) -> bytes:
    """Encoded headers for every response."""
    headers = (
        b"X-Content-Type-Options: nosniff\r\n"
        b"Referrer-Policy: strict-origin-when-cross-origin\r\nX-Frame-Options: DENY\r\n"
    )
    if settings.allowed_origins:
        headers += b"Vary: Origin\r\n"
    if settings.public_url.startswith("https:"):
        headers += b"Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
    return headers


def _descriptions() -> dict[str, Document]:
    """The generated API descriptions that are part of this build."""
    found = {}
    for name in ("openapi", "asyncapi"):
        path = Path(__file__).with_name(f"{name}.json")
        if path.is_file():
            headers = b"Cache-Control: public, max-age=60\r\n"
            found[name] = make_document(path.read_bytes(), JSON, headers)
    return found
