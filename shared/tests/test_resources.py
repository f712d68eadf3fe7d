"""Redis becomes unavailable and comes back; the same client goes on without a restart."""

import asyncio
import time
from collections.abc import Callable

import pytest
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import TimeoutError as RedisSilent
from shared.tests.waiting import eventually

from tiketi_local.stores import RedisServer
from tiketi_shared.resources import open_redis


async def test_redis_that_comes_back_is_used_again(redis_server: Callable[[], RedisServer]) -> None:
    server = redis_server()
    async with open_redis(server.url, timeout=0.5) as client:
        assert await client.set("key", "value")
        server.kill()
        with pytest.raises((RedisGone, RedisSilent)):
            await client.get("key")
        server.start()
        await eventually(client.ping)


async def test_redis_that_hangs_is_given_up_in_time(
    redis_server: Callable[[], RedisServer],
) -> None:
    """It takes connections and answers nothing."""
    server = redis_server()
    async with open_redis(server.url) as client:
        await client.client_pause(60_000)
    async with open_redis(server.url, timeout=0.3) as client:
        started = time.monotonic()
        async with asyncio.timeout(20):
            with pytest.raises((RedisGone, RedisSilent)):
                await client.get("key")
        assert time.monotonic() - started > 0.25


async def test_a_hundred_commands_share_the_pool_without_an_error(redis_url: str) -> None:
    async with open_redis(redis_url, connections=4) as client:
        await asyncio.gather(*(client.incr("shared-count") for _ in range(100)))
        assert await client.get("shared-count") == b"100"
