"""A cache that never makes a crowd wait for one refill."""

import asyncio

import pytest

from tiketi_booking.usecases.refilling import Refilling
from tiketi_shared.errors import NotFound, Unavailable


class Source:
    def __init__(self) -> None:
        self.loads = 0
        self.error: Exception | None = None
        self.slow = asyncio.Event()
        self.slow.set()

    async def load(self, key: str) -> str:
        self.loads += 1
        number = self.loads
        await self.slow.wait()
        if self.error is not None:
            raise self.error
        return f"{key}{number}"


async def test_a_crowd_makes_one_refill() -> None:
    source = Source()
    cache = Refilling(source.load, seconds=60)
    assert await asyncio.gather(*(cache.get("x") for _ in range(100))) == ["x1"] * 100
    assert source.loads == 1


async def test_what_is_stale_is_served_while_one_refills() -> None:
    source = Source()
    cache = Refilling(source.load, seconds=0)
    await cache.get("x")
    source.slow.clear()
    assert [await cache.get("x") for _ in range(5)] == ["x1"] * 5
    assert source.loads <= 2
    source.slow.set()
    async with asyncio.timeout(5):
        while await cache.get("x") != "x2":  # noqa: ASYNC110  it tells no event
            await asyncio.sleep(0)


async def test_what_is_stale_is_served_while_the_source_is_gone() -> None:
    source = Source()
    cache = Refilling(source.load, seconds=0)
    await cache.get("x")
    source.error = Unavailable("gone")
    for _ in range(3):
        assert await cache.get("x") == "x1"
        await asyncio.sleep(0.01)


async def test_what_is_gone_at_the_source_is_gone_here() -> None:
    source = Source()
    cache = Refilling(source.load, seconds=0)
    await cache.get("x")
    source.error = NotFound("gone")
    await cache.get("x")
    await asyncio.sleep(0.01)
    with pytest.raises(NotFound):
        await cache.get("x")


async def test_a_refill_that_began_before_a_change_is_not_kept() -> None:
    source = Source()
    cache = Refilling(source.load, seconds=60)
    source.slow.clear()
    waiting = asyncio.create_task(cache.get("x"))
    await asyncio.sleep(0)
    cache.clear("x")
    source.slow.set()
    assert await waiting == "x1"
    assert await cache.get("x") == "x2"


async def test_only_so_many_keys_are_kept() -> None:
    source = Source()
    cache = Refilling(source.load, seconds=60, limit=2)
    for key in "abc":
        await cache.get(key)
    await asyncio.sleep(0)
    assert [cache.peek(key) for key in "abc"] == [None, "b2", "c3"]


async def test_the_keys_that_were_asked_for_last_are_kept() -> None:
    source = Source()
    cache = Refilling(source.load, seconds=60, limit=2)
    for key in "abac":
        await cache.get(key)
    await asyncio.sleep(0)
    assert [cache.peek(key) for key in "abc"] == ["a1", None, "c3"]
