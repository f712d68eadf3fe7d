"""Postgres: a pool of connections that finds the primary. Needs `tiketi-shared[postgres]`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg


class _Hosts:
    """The hosts of a DSN, each with its share of the time to connect, beginning with the one that
    answered last: asyncpg alone spends all of it on the first that is silent."""

    def __init__(self, dsn: str, timeout: float) -> None:
        parts = urlsplit(dsn)
        credentials, at, hosts = parts.netloc.rpartition("@")
        self._dsns = [
            dsn.replace(parts.netloc, f"{credentials}{at}{host}", 1) for host in hosts.split(",")
        ]
        self._seconds = timeout / len(self._dsns)

    async def connect(self, _: None, **options: Any) -> asyncpg.Connection:
        """Raises what the last of them raised, OSError where it is not the primary."""
        failure: Exception = OSError("no host")
        for dsn in list(self._dsns):
            try:
                return await self._connect(dsn, options)
            except asyncpg.exceptions.TargetServerAttributeNotMatched as error:
                failure = OSError(f"{urlsplit(dsn).hostname}: {error}")
            except (OSError, asyncpg.exceptions.PostgresError) as error:
                failure = error
        raise failure

    async def _connect(self, dsn: str, options: dict[str, Any]) -> asyncpg.Connection:
        try:
            connection: asyncpg.Connection = await asyncpg.connect(
                dsn, timeout=self._seconds, **options
            )
        except BaseException:  # who waits may lose patience first, and comes again
            if self._dsns[0] == dsn:
                self._dsns.append(self._dsns.pop(0))
            raise
        return connection


async def _keep_session_state(_: asyncpg.Connection) -> None:
    """No session state is ever set, so returning a connection needs no round trip."""


@asynccontextmanager
async def open_postgres(
    dsn: str, *, connections: int = 16, timeout: float = 5.0
) -> AsyncIterator[asyncpg.Pool]:
    """A pool; acquire with `pool.acquire(timeout=...)`, which otherwise waits for ever.

    `dsn` may name several hosts (`postgresql://u@h1,h2/db?target_session_attrs=read-write`), so
    that the pool finds the new primary after a fail-over.
    """
    pool = await asyncpg.create_pool(
        connect=_Hosts(dsn, timeout).connect,
        min_size=0,
        max_size=connections,
        command_timeout=timeout,
        reset=_keep_session_state,
        max_inactive_connection_lifetime=60,
    )
    try:
        yield pool
    finally:
        await _close(pool, timeout)


async def _close(pool: asyncpg.Pool, timeout: float) -> None:
    try:
        async with asyncio.timeout(timeout):
            await pool.close()
    except TimeoutError:
        pool.terminate()
