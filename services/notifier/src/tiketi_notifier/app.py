"""The one place that wires the notifier."""

from collections.abc import AsyncIterator

from aiohttp import web

from tiketi_notifier.adapters.rabbit_events import consume
from tiketi_notifier.adapters.redis_live import RedisLiveStore, subscribe_channels
from tiketi_notifier.adapters.services import (
    CALL_SECONDS,
    SERVICE_SECONDS,
    BookingClient,
    QueueClient,
)
from tiketi_notifier.settings import Settings
from tiketi_notifier.usecases.conversation import Conversation
from tiketi_notifier.usecases.fanout import Fanout
from tiketi_notifier.usecases.live import Live
from tiketi_notifier.usecases.people import ConnectionLimits, People
from tiketi_notifier.usecases.relay import Relay
from tiketi_notifier.usecases.shutdown import drain
from tiketi_notifier.web.acceptor import AcceptorContext, AcceptorRunner
from tiketi_notifier.web.handlers import LIVE, SETTINGS
from tiketi_notifier.web.routes import ROUTES
from tiketi_notifier.web.socket import SocketContext, SocketLimits
from tiketi_notifier.web.wheel import Wheel
from tiketi_notifier.workers import (
    RETRY_SECONDS,
    STATUSES_SECONDS,
    every,
    keep_in_step,
    learn_lines,
    report_presence,
    send_progress,
)
from tiketi_shared.buckets import Limit
from tiketi_shared.health import READINESS
from tiketi_shared.loops import running
from tiketi_shared.resources import open_redis
from tiketi_shared.routes import add_routes
from tiketi_shared.service_client import ServiceClient, open_caller
from tiketi_shared.tokens import KeyRing
from tiketi_shared.web import IDENTITY_KEYS, create_base_app

ACCEPTOR_CONTEXT = web.AppKey("ACCEPTOR_CONTEXT", AcceptorContext)


def create_app(settings: Settings) -> web.Application:
    app = create_base_app(KeyRing(settings.identity_keys))
    app[SETTINGS] = settings
    add_routes(app, ROUTES)
    app.cleanup_ctx.append(_living)
    app.on_shutdown.append(_drain)
    return app


def make_runner(app: web.Application, settings: Settings) -> web.BaseRunner:
    return AcceptorRunner(
        app, lambda: app[ACCEPTOR_CONTEXT], shutdown_timeout=settings.drain_seconds
    )


async def _living(app: web.Application) -> AsyncIterator[None]:
    settings, keys = app[SETTINGS], app[IDENTITY_KEYS]
    tick_seconds = settings.tick_ms / 1000
    async with (
        open_redis(settings.redis_url) as redis,
        open_caller("notifier", keys, seconds=CALL_SECONDS) as caller,
    ):
        store = RedisLiveStore(
            redis, history=settings.history_entries, history_seconds=settings.history_seconds
        )
        queue = QueueClient(ServiceClient(caller, settings.queue_urls, SERVICE_SECONDS))
        booking = BookingClient(ServiceClient(caller, settings.booking_urls, SERVICE_SECONDS))
        fanout, wheel = Fanout(), Wheel(settings.ping_seconds, settings.close_seconds)
        relay = Relay(store, tick_seconds)
        live = app[LIVE] = _live(settings, store, fanout)
        sockets = SocketContext(
            live, Conversation(live, queue, booking), wheel, _socket_limits(settings)
        )
        app[ACCEPTOR_CONTEXT] = AcceptorContext(sockets, keys, settings.head_seconds)
        app[READINESS].add("redis", live.check_available)
        async with running(
            every("fanout", RETRY_SECONDS, fanout.run),
            every("pings", RETRY_SECONDS, wheel.turn),
            every("relay", RETRY_SECONDS, relay.run),
            every("channels", RETRY_SECONDS, lambda: subscribe_channels(settings.redis_url, live)),
            every("synchronise", RETRY_SECONDS, lambda: keep_in_step(live)),
            every("events", RETRY_SECONDS, lambda: consume(settings.amqp_url, relay.receive)),
            every("lines", STATUSES_SECONDS, lambda: learn_lines(live, queue)),
            every("progress", tick_seconds, lambda: send_progress(live)),
            every("presence", settings.presence_seconds, lambda: report_presence(live, queue)),
        ):
            yield


def _live(settings: Settings, store: RedisLiveStore, fanout: Fanout) -> Live:
    limits = ConnectionLimits(
        connections=settings.max_connections,
        per_person=settings.max_connections_per_person,
        per_address=settings.max_connections
        if settings.limits == "off"
        else settings.max_connections_per_address,
    )
    return Live(
        store,
        fanout,
        People(limits),
        subscriptions=settings.max_subscriptions,
        history=settings.history_entries,
        progress_seconds=settings.progress_seconds,
    )


def _socket_limits(settings: Settings) -> SocketLimits:
    return SocketLimits(
        message_bytes=settings.max_message_bytes,
        messages=Limit(settings.messages_per_second, settings.message_burst),
        queued_bytes=settings.max_queued_bytes,
    )


async def _drain(app: web.Application) -> None:
    await drain(app[LIVE], app[SETTINGS].drain_seconds)
    await app[ACCEPTOR_CONTEXT].sockets.wheel.all_gone()
