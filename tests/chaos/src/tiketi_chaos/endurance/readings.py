"""One reading of everything: memory, files and connections of each process, sizes in each store."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import aio_pika
import asyncpg
import msgspec
import psutil
from redis.asyncio import Redis

from tiketi_chaos.endurance.flatness import Bound
from tiketi_local.deployment import Deployment, Stores
from tiketi_local.processes import Child

QUEUES = ("tiketi.fulfilment", "tiketi.fulfilment.dead")

_MIB = 1024 * 1024

_ROWS = """
SELECT
    (SELECT count(*) FROM outbox WHERE sent_at IS NULL) AS "messages unsent",
    (SELECT count(*) FROM outbox) AS "messages kept",
    (SELECT count(*) FROM holds WHERE state = 'live') AS "holds alive",
    (SELECT count(*) FROM sessions WHERE expires_at < now()) AS "sessions over",
    (SELECT count(*) FROM refunds WHERE status = 'started') AS "refunds open",
    (SELECT count(*) FROM payments WHERE status IN ('started', 'pending')) AS "payments open",
    pg_database_size(current_database()) / 1048576.0 AS "size (MiB)"
"""

_KEPT_ON_PURPOSE = {"redis memory (MiB)", "redis keys", "postgres size (MiB)"}
"""Lines are kept for a day after their sale, sales themselves for good."""


_SESSIONS_BETWEEN_TIDYINGS = 500.0
"""They end half an hour after their sale, all at once, and are deleted twice a minute."""


class Reading(msgspec.Struct, frozen=True):
    """Every quantity at one quiet moment, by name."""

    at: float
    """Unix seconds."""
    values: dict[str, float]


def bound_of(name: str) -> Bound | None:
    """What the quantity may still grow by once all is warm; None when it is meant to grow."""
    if name in _KEPT_ON_PURPOSE:
        return None
    if name == "postgres sessions over":
        return Bound(0.1, _SESSIONS_BETWEEN_TIDYINGS)
    return Bound(0.1, 4.0 if "memory" in name else 8.0)


async def take_reading(deployment: Deployment) -> Reading:
    values: dict[str, float] = {}
    for child in deployment.children:
        values |= _of_process(child)
    values |= await _of_redis(deployment.stores)
    values |= await _of_postgres(deployment.stores)
    values |= await _of_rabbitmq(deployment.stores)
    return Reading(time.time(), values)


def _of_process(child: Child) -> dict[str, float]:
    """Memory is what the process and its children have to themselves. Redis' own is what it says
    it uses for data."""
    assert child.pid is not None
    parent = psutil.Process(child.pid)
    family = [parent, *parent.children(recursive=True)]
    measured = {
        f"{child.name} files": _over(family, lambda each: each.num_fds()),
        f"{child.name} connections": _over(family, lambda each: len(each.net_connections("tcp"))),
    }
    if child.name != "redis":
        own = _over(family, lambda each: each.memory_full_info().uss)
        measured[f"{child.name} memory (MiB)"] = own / _MIB
    return measured


def _over(family: Iterable[psutil.Process], read: Callable[[psutil.Process], float]) -> float:
    """The sum over those that still run."""
    total = 0.0
    for process in family:
        with suppress(psutil.NoSuchProcess):
            total += read(process)
    return total


async def _of_redis(stores: Stores) -> dict[str, float]:
    """A key without an end stays for ever: there may be no more of these than there were."""
    async with Redis.from_url(stores.redis_url, socket_timeout=10) as redis:
        keys = [key async for key in redis.scan_iter(count=1000)]
        async with redis.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.ttl(key)
            ends = await pipeline.execute()
        used = (await redis.info("memory"))["used_memory"]
    return {
        "redis keys": float(len(keys)),
        "redis keys without an end": float(sum(end == -1 for end in ends)),
        "redis memory (MiB)": used / _MIB,
    }


async def _of_postgres(stores: Stores) -> dict[str, float]:
    connection = await asyncpg.connect(stores.postgres_dsn, timeout=10)
    try:
        row = await connection.fetchrow(_ROWS, timeout=30)
    finally:
        await connection.close()
    return {f"postgres {name}": float(value) for name, value in row.items()}


async def _of_rabbitmq(stores: Stores) -> dict[str, float]:
    connection = await aio_pika.connect(stores.amqp_url, timeout=10)
    async with connection, connection.channel() as channel:
        waiting = 0
        for name in QUEUES:
            queue = await channel.declare_queue(name, passive=True, timeout=10)
            waiting += queue.declaration_result.message_count or 0
    return {"rabbitmq messages waiting": float(waiting)}
