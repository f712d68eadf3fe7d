"""Buckets that several gateways share through a real Redis, and without one."""

import asyncio

from redis.asyncio import Redis
from services.gateway.tests.harness import StartRedis

from tiketi_gateway.adapters.limits import SETTLE_SECONDS, Limits
from tiketi_shared.buckets import Limit
from tiketi_shared.loops import running
from tiketi_shared.resources import open_redis

LIMIT = Limit(per_second=0.5, burst=20)


def take(limits: Limits, count: int, whom: str = "ada") -> int:
    now = asyncio.get_running_loop().time()
    return sum(limits.take("join:account", whom, LIMIT, now) == 0.0 for _ in range(count))


async def test_one_gateway_alone_keeps_the_limit_at_once(redis: Redis) -> None:
    limits = Limits(redis)
    assert take(limits, 100) == 20
    assert take(limits, 5, whom="bob") == 5


async def test_a_client_cannot_double_its_limit_with_two_gateways(redis: Redis) -> None:
    here, there = Limits(redis), Limits(redis)
    async with running(here.keep_settling(), there.keep_settling()):
        assert take(here, 12) + take(there, 12) == 24
        await asyncio.sleep(2.5 * SETTLE_SECONDS)
        assert take(here, 20) + take(there, 20) == 0


async def test_buckets_settled_together_keep_each_their_own_limit(redis: Redis) -> None:
    here, there = Limits(redis), Limits(redis)
    reading = Limit(per_second=0.25, burst=100)

    def read(limits: Limits, count: int) -> int:
        now = asyncio.get_running_loop().time()
        return sum(limits.take("read:address", "ada", reading, now) == 0.0 for _ in range(count))

    async with running(here.keep_settling(), there.keep_settling()):
        assert take(here, 13) + take(there, 12) == 25
        assert read(here, 31) + read(there, 29) == 60
        await asyncio.sleep(2.5 * SETTLE_SECONDS)
        assert take(here, 20) + take(there, 20) == 0
        assert read(here, 18) + read(there, 17) == 35
        await asyncio.sleep(2.5 * SETTLE_SECONDS)
        assert read(here, 50) + read(there, 50) <= 2 * 6


async def test_a_burst_through_many_gateways_is_not_held_against_anybody_for_minutes(
    redis: Redis,
) -> None:
    gateways = [Limits(redis) for _ in range(10)]
    async with running(*(gateway.keep_settling() for gateway in gateways)):
        assert sum(take(gateway, 20) for gateway in gateways) == 200
        await asyncio.sleep(2.5 * SETTLE_SECONDS)
        now = asyncio.get_running_loop().time()
        waits = [gateway.take("join:account", "ada", LIMIT, now) for gateway in gateways]
    longest = (1 + LIMIT.burst) / LIMIT.per_second
    assert longest / 2 < max(waits) <= longest


async def test_light_use_costs_redis_nothing(redis: Redis) -> None:
    limits = Limits(redis)
    async with running(limits.keep_settling()):
        for number in range(100):
            take(limits, 3, whom=f"user{number}")
        await asyncio.sleep(1.5 * SETTLE_SECONDS)
    assert await redis.keys("{limits}:*") == []


async def test_without_redis_each_gateway_counts_alone(redis_server: StartRedis) -> None:
    server = redis_server()
    async with open_redis(server.url, timeout=0.3) as redis:
        limits = Limits(redis)
        server.kill()
        async with running(limits.keep_settling()):
            assert take(limits, 100) == 20
            await asyncio.sleep(2 * SETTLE_SECONDS)
            assert take(limits, 100) <= 1


async def test_settled_buckets_expire(redis: Redis) -> None:
    limits = Limits(redis)
    async with running(limits.keep_settling()):
        take(limits, 15)
        await asyncio.sleep(1.5 * SETTLE_SECONDS)
    (key,) = await redis.keys("{limits}:*")
    assert 0 < await redis.pttl(key) <= 2000 * LIMIT.burst / LIMIT.per_second + 1000
