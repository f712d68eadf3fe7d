"""Booking's wiring: settings in, application out. Nothing here decides anything."""

import asyncio
import random
from collections.abc import AsyncIterator

from aiohttp import web

from tiketi_booking.adapters.messaging.outbox import Nudge, Relay
from tiketi_booking.adapters.passwords import Argon2Passwords
from tiketi_booking.adapters.postgres.accounts import PostgresAccounts
from tiketi_booking.adapters.postgres.catalogue import PostgresCatalogue
from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.adapters.postgres.holds import PostgresHolds
from tiketi_booking.adapters.postgres.idempotency import PostgresIdempotency
from tiketi_booking.adapters.postgres.orders import PostgresOrders
from tiketi_booking.adapters.postgres.watch import Watch
from tiketi_booking.adapters.session_cache import RedisSessionCache
from tiketi_booking.after_sale import after_sale, payments
from tiketi_booking.domain.ticket_codes import TicketCodes
from tiketi_booking.domain.till import TillHealth
from tiketi_booking.settings import Settings
from tiketi_booking.usecases.accounts import Accounts, LoginLimits
from tiketi_booking.usecases.catalogue import Catalogue, Organising, SeatPictures
from tiketi_booking.usecases.checkout import Till
from tiketi_booking.usecases.holds import Holds
from tiketi_booking.usecases.reports import Reports
from tiketi_booking.web import keys
from tiketi_booking.web.routes import ROUTES
from tiketi_booking.workers import RETRY_SECONDS, loops, until_done
from tiketi_shared.errors import Unavailable
from tiketi_shared.health import READINESS
from tiketi_shared.logs import get_logger
from tiketi_shared.resources import open_postgres, open_redis
from tiketi_shared.routes import add_routes
from tiketi_shared.tasks import end
from tiketi_shared.tokens import KeyRing
from tiketi_shared.web import create_base_app

MAX_BODY_BYTES = 4 * 1024 * 1024
"""A batch of holds, or a layout, at the most."""

DEFAULT_ADMIN = "admin@tiketi.local"

log = get_logger(__name__)


def create_app(settings: Settings) -> web.Application:
    app = create_base_app(KeyRing(settings.identity_keys), max_body_bytes=MAX_BODY_BYTES)
    app[keys.SETTINGS] = settings
    app[keys.ADMISSION_KEYS] = KeyRing(settings.admission_keys)
    app[keys.TICKET_CODES] = TicketCodes(settings.ticket_key)
    app[keys.HEALTH] = TillHealth()
    app[keys.PROVIDERS] = {}
    app.cleanup_ctx.extend(
        [_postgres, _accounts, payments, _sales, after_sale, _first_admin, _loops]
    )
    add_routes(app, ROUTES)
    return app


async def _postgres(app: web.Application) -> AsyncIterator[None]:
    settings = app[keys.SETTINGS]
    async with open_postgres(
        settings.postgres_dsn, connections=settings.postgres_connections
    ) as pool:
        database = app[keys.DATABASE] = Database(pool)
        app[READINESS].add("postgres", database.ping)
        app[keys.NUDGE] = Nudge(database)
        app[keys.IDEMPOTENCY] = PostgresIdempotency(database)
        yield


async def _accounts(app: web.Application) -> AsyncIterator[None]:
    settings = app[keys.SETTINGS]
    passwords = Argon2Passwords(
        memory_mib=settings.password_memory_mib, threads=settings.password_threads
    )
    async with open_redis(settings.redis_url, timeout=1.0) as redis:
        app[keys.ACCOUNTS] = Accounts(
            PostgresAccounts(app[keys.DATABASE]),
            RedisSessionCache(redis),
            passwords,
            session_seconds=settings.session_seconds,
            limits=LoginLimits(
                settings.failed_logins_per_account, settings.failed_logins_per_address
            ),
        )
        yield
    passwords.close()


async def _sales(app: web.Application) -> AsyncIterator[None]:
    settings, database, health = app[keys.SETTINGS], app[keys.DATABASE], app[keys.HEALTH]
    events, orders = PostgresCatalogue(database), PostgresOrders(database)
    catalogue = app[keys.CATALOGUE] = Catalogue(events, seconds=settings.catalogue_seconds)
    watch = app[keys.WATCH] = Watch(database, catalogue.changed)
    pictures = app[keys.PICTURES] = SeatPictures(watch, random.Random())  # noqa: S311  spreads load
    nudge = app[keys.NUDGE]

    def committed() -> None:
        watch.touched()
        nudge.committed()

    app[keys.COMMITTED] = committed
    app[keys.ORGANISING] = Organising(events, catalogue, committed)
    app[keys.HOLDS] = Holds(
        PostgresHolds(database), catalogue, pictures, keys=app[keys.ADMISSION_KEYS],
        health=health, committed=committed, seconds=settings.hold_seconds,
    )  # fmt: skip
    providers = app[keys.PROVIDERS]
    app[keys.TILL] = Till(
        orders, catalogue, providers, health=health, committed=committed,
        cap=settings.payment_seconds,
    )  # fmt: skip
    app[keys.REPORTS] = Reports(orders, catalogue)
    yield


async def _first_admin(app: web.Application) -> AsyncIterator[None]:
    """Made as soon as there is a database, and not ready before; several instances make one."""
    settings = app[keys.SETTINGS]
    email = settings.admin_email or DEFAULT_ADMIN

    async def make() -> None:
        made_up = await app[keys.ACCOUNTS].ensure_admin(email, settings.admin_password)
        if made_up is not None:
            print(f"first admin: {email} password: {made_up}", flush=True)  # noqa: T201  told once

    task = asyncio.ensure_future(until_done("first_admin", RETRY_SECONDS, make))

    async def made() -> None:
        if not task.done():
            raise Unavailable("not made yet")

    app[READINESS].add("admin", made)
    yield
    await end([task])


async def _loops(app: web.Application) -> AsyncIterator[None]:
    database = app[keys.DATABASE]
    tasks = [
        asyncio.ensure_future(loop)
        for loop in loops(
            database, PostgresHolds(database), app[keys.TILL], app[keys.WATCH], app[keys.NUDGE],
            Relay(database, app[keys.SETTINGS].amqp_url),
        )
    ]  # fmt: skip
    yield
    await end(tasks)
