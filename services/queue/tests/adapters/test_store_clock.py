"""One time for all instances, whatever their machines' clocks say."""

import time
from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from tiketi_local.stores import RedisServer
from tiketi_queue.adapters.store_clock import StoreClock
from tiketi_queue.ports import StoreUnavailable
from tiketi_shared.resources import open_redis

AN_HOUR = 3600


async def time_of(redis: Redis) -> float:
    seconds, microseconds = await redis.time()
    return float(seconds) + float(microseconds) / 1e6


async def test_a_machine_whose_clock_is_wrong_has_the_store_s_time(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = time.time
    monkeypatch.setattr(time, "time", lambda: true() + AN_HOUR)
    async with open_redis(redis_url) as redis:
        clock = StoreClock(redis)
        assert clock.now() == pytest.approx(true() + AN_HOUR, abs=1)
        await clock.read()
        assert clock.now() == pytest.approx(await time_of(redis), abs=0.2)
        ahead = REGISTRY.get_sample_value("tiketi_queue_clock_ahead_seconds")
        assert ahead == pytest.approx(AN_HOUR, abs=1)


async def test_a_clock_that_is_set_while_it_runs_changes_nothing(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_redis(redis_url) as redis:
        clock = StoreClock(redis)
        await clock.read()
        true = time.time
        monkeypatch.setattr(time, "time", lambda: true() - AN_HOUR)
        assert clock.now() == pytest.approx(await time_of(redis), abs=0.2)


async def test_without_the_store_the_time_goes_on(redis_server: Callable[[], RedisServer]) -> None:
    server = redis_server()
    async with open_redis(server.url, timeout=0.2) as redis:
        clock = StoreClock(redis)
        await clock.read()
        server.kill()
        before = clock.now()
        with pytest.raises(StoreUnavailable):
            await clock.read()
        assert 0 < clock.now() - before < 5
