"""What every topic stands on: Postgres, Redis, and the nudge that wakes the outbox's relay."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tiketi_booking.adapters.messaging.outbox import Nudge
from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.adapters.postgres.idempotency import PostgresIdempotency
from tiketi_booking.web import keys
from tiketi_shared.health import READINESS
from tiketi_shared.postgres import open_postgres
from tiketi_shared.resources import open_redis


@dataclass(frozen=True, slots=True)
class Stores:
    database: Database
    redis: Any
    nudge: Nudge


@asynccontextmanager
async def open_stores(app: web.Application) -> AsyncIterator[Stores]:
    settings = app[keys.SETTINGS]
    async with (
        open_postgres(settings.postgres_dsn, connections=settings.postgres_connections) as pool,
        open_redis(settings.redis_url, timeout=1.0) as redis,
    ):
        database = Database(pool)
        app[READINESS].add("postgres", database.ping)
        app[keys.IDEMPOTENCY] = PostgresIdempotency(database)
        yield Stores(database, redis, Nudge(database))
