"""Wires the service: the only module that knows every part."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from aiohttp import web

from tiketi_queue import workers
from tiketi_queue.adapters import rabbit
from tiketi_queue.adapters.booking import BookingClient
from tiketi_queue.adapters.redis_line import RedisLine
from tiketi_queue.adapters.store_clock import StoreClock
from tiketi_queue.domain.limits import JoinLimiter
from tiketi_queue.domain.sale_terms import Patience
from tiketi_queue.ports import StoreUnavailable
from tiketi_queue.settings import Settings
from tiketi_queue.usecases.draws import Draws
from tiketi_queue.usecases.lines import Lines
from tiketi_queue.usecases.reports import Reports
from tiketi_queue.usecases.revocations import Revocations
from tiketi_queue.usecases.rounds import Rounds
from tiketi_queue.usecases.tokens import LineTokens
from tiketi_queue.usecases.visits import FrontDesk
from tiketi_queue.web.answers import serve
from tiketi_queue.web.batcher import Batcher
from tiketi_queue.web.handlers import BATCHER, CLOCK, DESK, LINES, REPORTS
from tiketi_queue.web.routes import ROUTES
from tiketi_shared.health import READINESS
from tiketi_shared.loops import running
from tiketi_shared.resources import open_redis
from tiketi_shared.routes import add_routes
from tiketi_shared.service_client import ServiceClient, open_caller
from tiketi_shared.tokens import KeyRing
from tiketi_shared.web import create_base_app

MAX_BODY_BYTES = 4 * 1024 * 1024
"""Enough for a full batch of the gateway and for all clients of a notifier."""

BOOKING_CALL_SECONDS = 3.0
"""Timeout of a call to one instance of booking."""

BOOKING_SECONDS = 5.0
"""Timeout of a call that tries one instance after another."""


def create_app(settings: Settings) -> web.Application:
    identity_keys = KeyRing(settings.identity_keys)
    app = create_base_app(identity_keys, max_body_bytes=MAX_BODY_BYTES)
    app[LINES] = Lines(settings.draw_key)
    add_routes(app, ROUTES)

    async def parts(app: web.Application) -> AsyncIterator[None]:
        async with _opened(app, settings, identity_keys):
            yield

    app.cleanup_ctx.append(parts)
    return app


@asynccontextmanager
async def _opened(
    app: web.Application, settings: Settings, identity_keys: KeyRing
) -> AsyncIterator[None]:
    """Open the stores, the use cases and the workers, for as long as the service runs."""
    patience = Patience(
        present_ms=settings.presence_seconds * 1000,
        pickup_ms=settings.pickup_seconds * 1000,
        recovery_ms=int(settings.recovery_seconds * 1000),
        round_ms=int(settings.round_seconds * 800),
    )
    tokens = LineTokens(KeyRing(settings.place_keys), KeyRing(settings.admission_keys))
    lines = app[LINES]
    async with (
        open_redis(settings.redis_url, timeout=settings.redis_timeout) as redis,
        open_caller("queue", identity_keys, seconds=BOOKING_CALL_SECONDS) as caller,
    ):
        store = RedisLine(redis)
        store_clock = StoreClock(redis)
        with suppress(StoreUnavailable):
            await store_clock.read()
        clock = app[CLOCK] = store_clock.now
        booking = BookingClient(ServiceClient(caller, settings.booking_urls, BOOKING_SECONDS))
        revocations = Revocations(booking, clock)
        app[DESK] = FrontDesk(
            lines,
            store,
            tokens,
            revocations,
            patience,
            JoinLimiter(settings.joins_per_minute),
            clock,
        )
        app[BATCHER] = Batcher(partial(serve, app[DESK]), settings.batch_seconds)
        app[REPORTS] = Reports(lines, store, patience, clock)
        rounds = Rounds(store, store, tokens, revocations, patience, clock)
        app[READINESS].add("redis", store.ping)
        app[READINESS].add("sales", lines.ready)
        async with running(
            workers.follow_clock(store_clock.read),
            workers.follow_sales(lines, booking, settings.sales_seconds, clock),
            workers.admit(lines, rounds, settings.round_seconds, clock),
            workers.keep_draws(lines, Draws(booking), settings.round_seconds, clock),
            workers.retry_revocations(revocations),
            workers.receive_reports(
                partial(rabbit.consume, settings.amqp_url, app[REPORTS].settle)
            ),
        ):
            yield
