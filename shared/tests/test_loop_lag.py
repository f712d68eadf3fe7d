import asyncio
import time

from prometheus_client import REGISTRY

from tiketi_shared.loop_lag import measured_loop_lag


def observed(at_most: str) -> float:
    return REGISTRY.get_sample_value("tiketi_event_loop_lag_seconds_bucket", {"le": at_most}) or 0


async def test_a_blocked_loop_shows_in_the_slow_buckets() -> None:
    slow_before = observed("+Inf") - observed("0.1")
    async with measured_loop_lag(interval=0.01):
        await asyncio.sleep(0.02)
        time.sleep(0.2)  # noqa: ASYNC251  the blocking is what is measured
        await asyncio.sleep(0.02)
    assert observed("+Inf") - observed("0.1") > slow_before


async def test_an_idle_loop_shows_in_the_fast_buckets() -> None:
    fast_before = observed("0.1")
    async with measured_loop_lag(interval=0.01):
        await asyncio.sleep(0.1)
    assert observed("0.1") > fast_before


async def test_nothing_is_measured_once_the_context_is_closed() -> None:
    async with measured_loop_lag(interval=0.01):
        await asyncio.sleep(0.03)
    before = observed("+Inf")
    await asyncio.sleep(0.05)
    assert observed("+Inf") == before


async def test_the_interval_itself_is_no_lag() -> None:
    def read(of: str) -> float:
        return REGISTRY.get_sample_value(f"tiketi_event_loop_lag_seconds_{of}") or 0

    seconds, count = read("sum"), read("count")
    async with measured_loop_lag(interval=0.5):
        await asyncio.sleep(0.6)
    assert (read("sum") - seconds) / (read("count") - count) < 0.5
