"""Connections to the stores, each a context that opens and closes itself.

Nothing here waits for a store to be up: a service starts without it, says so on /readyz, and
recovers when it is there. Every command has a time-out. Mutations sent through these clients must
be safe to repeat, since a command that timed out is sent again.
"""

import asyncio
import builtins
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import aio_pika
import asyncpg
from aio_pika.abc import AbstractRobustConnection
from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster, Sentinel
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError  # noqa: A004

RedisClient = Redis | RedisCluster


@asynccontextmanager
async def open_redis(
    url: str, *, timeout: float = 2.0, connections: int = 32, blocking: bool = False
) -> AsyncIterator[Any]:
    """A client for `redis://host/0`, `redis+sentinel://h1:26379,h2:26379/name` or
    `redis+cluster://h1:7000,h2:7001`; replies are bytes.

    `blocking` is for pub/sub and blocking reads: no time-out on reading (use
    `get_message(timeout=...)`), no retries.
    """
    client = _redis(url, timeout=timeout, connections=connections, blocking=blocking)
    try:
        yield client
    finally:
        await client.aclose()


def _redis(url: str, *, timeout: float, connections: int, blocking: bool) -> RedisClient:
    options: dict[str, Any] = {
        "socket_connect_timeout": timeout,
        "socket_timeout": None if blocking else timeout,
        "health_check_interval": 15,
    }
    if not blocking:
        backoff = ExponentialWithJitterBackoff(base=0.05, cap=0.5)
        options["retry"] = Retry(
            backoff, 2, supported_errors=(ConnectionError, TimeoutError, BusyLoadingError)
        )
    parts = urlsplit(url)
    credentials: dict[str, Any] = {"username": parts.username, "password": parts.password}
    hosts = [_host_port(host) for host in parts.netloc.rpartition("@")[2].split(",")]
    if parts.scheme == "redis+cluster":
        nodes = [ClusterNode(host, port) for host, port in hosts]
        options.pop("retry", None)
        return RedisCluster(startup_nodes=nodes, **credentials, **options)
    if parts.scheme == "redis+sentinel":
        sentinel = Sentinel(hosts, sentinel_kwargs={"socket_timeout": timeout})
        primary: Redis = sentinel.master_for(parts.path.strip("/"), **credentials, **options)
        return primary
    pool = BlockingConnectionPool.from_url(
        url, max_connections=connections, timeout=timeout, **options
    )
    return Redis.from_pool(pool)


def _host_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


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


@asynccontextmanager
async def open_amqp(url: str, *, timeout: float = 5.0) -> AsyncIterator[AbstractRobustConnection]:
    """A connection that reconnects by itself. Raises ConnectionError or TimeoutError when the
    broker is not there at first: call it from a worker that tries again."""
    connection = await aio_pika.connect_robust(
        url, timeout=timeout, heartbeat=10, reconnect_interval=1
    )
    try:
        yield connection
    finally:
        with suppress(builtins.TimeoutError):
            async with asyncio.timeout(timeout):
                await connection.close()


async def _close(pool: asyncpg.Pool, timeout: float) -> None:
    try:
        async with asyncio.timeout(timeout):
            await pool.close()
    except TimeoutError:
        pool.terminate()
