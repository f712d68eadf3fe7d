"""Redis, which every service uses: a client as a context that opens and closes itself.

The other stores are in `postgres` and `amqp`. No store delays the start of a service: the service
reports on /readyz that the store is missing, and recovers when it is back. Every command has a
time-out. Mutations sent through this client must be safe to repeat, since a command that timed out
is sent again.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

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
