"""Buckets that several gateways share through a real Redis, and without one."""

import asyncio

import pytest
from redis.asyncio import Redis
from services.gateway.tests.harness import StartRedis

from tiketi_gateway.adapters.limits import LOOKED_AT, SETTLE_SECONDS, SWEPT_AT_ONCE, Limits
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


ADDRESSES = Limit(per_second=2, burst=30)
"""The limit of sign-ins from one address."""


def asks(limits: Limits, whom: str, count: int = 1, *, now: float = 100.0) -> int:
    """How many of so many requests pass."""
    return sum(limits.take("auth:address", whom, ADDRESSES, now) == 0.0 for _ in range(count))


@pytest.mark.parametrize(
    ("active", "still_limited"),
    [(1, 1), (7, 7), (LOOKED_AT - 1, LOOKED_AT - 1), (LOOKED_AT, LOOKED_AT - 6), (300, 270)],
)
async def test_a_flood_of_addresses_gives_nobody_a_new_burst(
    redis: Redis, active: int, still_limited: int
) -> None:
    """Those whose limit is reached do nothing during the flood, and are the oldest."""
    limits = Limits(redis, 1000)
    active_ones = [f"203.0.113.{number}" for number in range(active)]
    assert [asks(limits, whom, 33) for whom in active_ones] == [30] * active
    for number in range(5000):
        assert asks(limits, f"flood-{number}") == 1
    assert [asks(limits, whom, 33) for whom in active_ones].count(0) >= still_limited


@pytest.mark.parametrize("taken", [1, 3, 7])
async def test_addresses_that_each_ask_a_little_make_room_for_one_another(
    redis: Redis, taken: int
) -> None:
    """The oldest goes, and no other."""
    limits = Limits(redis, 10)
    for number in range(10):
        asks(limits, f"a{number}", taken)
    asks(limits, "a0")  # the oldest is now a1
    asks(limits, "new")
    kept = [f"a{number}" for number in (0, 2, 3, 4, 5, 6, 7, 8, 9)]
    left = [asks(limits, whom, 33) for whom in kept]
    assert left == [30 - taken - 1] + [30 - taken] * 8


@pytest.mark.parametrize(("fullest", "room"), [(0, 5), (2, 5), (4, 5), (0, 1)])
async def test_where_all_have_used_a_lot_the_one_who_used_least_is_forgotten(
    redis: Redis, fullest: int, room: int
) -> None:
    limits = Limits(redis, room)
    for number in range(room):
        assert asks(limits, f"a{number}", 20 if number == fullest else 30) in (20, 30)
    assert asks(limits, "new", 33) == 30
    others = [number for number in range(room) if number != fullest]
    assert [asks(limits, f"a{number}", 5) for number in others] == [0] * len(others)
    assert asks(limits, "new", 5) == 0


@pytest.mark.parametrize("room", [1, 50, 2 * LOOKED_AT])
async def test_what_the_limits_keep_in_memory_is_bounded(redis: Redis, room: int) -> None:
    """Of more addresses at their limit than there is room for, only so many are still refused."""
    limits = Limits(redis, room)
    addresses = [f"a{number}" for number in range(5 * room)]
    for whom in addresses:
        assert asks(limits, whom, 33) == 30
    refused = [whom for whom in reversed(addresses) if asks(limits, whom) == 0]
    assert 1 <= len(refused) <= room


async def test_full_buckets_are_forgotten_and_others_kept_by_every_part_of_a_sweep(
    redis: Redis,
) -> None:
    limits = Limits(redis)
    count = 2 * SWEPT_AT_ONCE + 5
    for number in range(count):
        take(limits, 20 if number % 1000 == 7 else 1, whom=f"a{number}")
    async with running(limits.keep_settling()):
        await asyncio.sleep(1.5 * SETTLE_SECONDS)
    used = [f"a{number}" for number in range(count) if number % 1000 == 7]
    assert [take(limits, 5, whom=whom) for whom in used] == [0] * len(used)
    settled = await redis.keys("{limits}:*")
    assert sorted(settled) == sorted(f"{{limits}}:join:account:{whom}".encode() for whom in used)
