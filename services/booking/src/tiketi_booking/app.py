"""Booking's wiring: settings in, application out. Nothing here decides anything."""

from collections.abc import AsyncIterator

from aiohttp import web

from tiketi_booking.adapters.postgres import Database
from tiketi_booking.settings import Settings
from tiketi_booking.web.keys import ADMISSION_KEYS, DATABASE, PROVIDERS, SETTINGS
from tiketi_booking.web.routes import ROUTES
from tiketi_shared.health import READINESS
from tiketi_shared.resources import open_postgres
from tiketi_shared.routes import add_routes
from tiketi_shared.tokens import KeyRing
from tiketi_shared.web import create_base_app

MAX_BODY_BYTES = 4 * 1024 * 1024
"""A batch of holds, or a layout, at the most."""


def create_app(settings: Settings) -> web.Application:
    app = create_base_app(KeyRing(settings.identity_keys), max_body_bytes=MAX_BODY_BYTES)
    app[SETTINGS] = settings
    app[ADMISSION_KEYS] = KeyRing(settings.admission_keys)
    app[PROVIDERS] = {}
    app.cleanup_ctx.extend([_postgres])
    add_routes(app, ROUTES)
    return app


async def _postgres(app: web.Application) -> AsyncIterator[None]:
    settings = app[SETTINGS]
    async with open_postgres(
        settings.postgres_dsn, connections=settings.postgres_connections
    ) as pool:
        app[DATABASE] = Database(pool)
        app[READINESS].add("postgres", app[DATABASE].ping)
        yield
