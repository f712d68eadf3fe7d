"""Postgres for the adapters: every acquire has a time-out, and every way of not being there is
`Unavailable`, told in this one place.

asyncpg's pool opens its connections when they are needed, so a service starts without a database,
and finds the new primary after a fail-over without a restart.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from tiketi_shared.errors import Unavailable
from tiketi_shared.logs import get_logger
from tiketi_shared.tracing import current_trace, tracer

ACQUIRE_SECONDS = 2.0

_SET_TRACE = "SELECT set_config('tiketi.trace', $1, false)"
"""What is written to the outbox belongs to this trace."""

log = get_logger(__name__)

GONE = (
    OSError,
    TimeoutError,
    asyncpg.exceptions.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidCatalogNameError,
)
"""No connection, or one to a server that cannot work now: starting, stopping, full, not primary."""

COLLIDED = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
"""The same transaction can succeed when it is tried again."""


class Database:
    """Runs statements on a pool. Raises Unavailable when Postgres is unavailable."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        try:
            connection = await self._pool.acquire(timeout=ACQUIRE_SECONDS)
            try:
                if tracer() is not None:
                    await connection.execute(_SET_TRACE, current_trace())
                yield connection
            finally:
                await asyncio.shield(self._pool.release(connection, timeout=ACQUIRE_SECONDS))
        except GONE as error:
            if isinstance(error, asyncpg.DataError):  # an argument of ours, not the connection
                raise
            log.warning("database unavailable", error=repr(error))
            raise Unavailable("the database is unavailable") from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        async with self.connection() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(query, *arguments)
            return rows

    async def row(self, query: str, *arguments: Any) -> asyncpg.Record | None:
        async with self.connection() as connection:
            found: asyncpg.Record | None = await connection.fetchrow(query, *arguments)
            return found

    async def value(self, query: str, *arguments: Any) -> Any:
        async with self.connection() as connection:
            return await connection.fetchval(query, *arguments)

    async def execute(self, query: str, *arguments: Any) -> str:
        async with self.connection() as connection:
            status: str = await connection.execute(query, *arguments)
            return status

    async def execute_many(self, query: str, rows: Iterable[tuple[Any, ...]]) -> None:
        async with self.connection() as connection:
            await connection.executemany(query, rows)

    async def ping(self) -> None:
        await self.value("SELECT 1")
