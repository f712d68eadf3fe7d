"""The lag of the event loop: load that neither queue depth nor CPU shows.

A timer is set again and again. The delay with which it fires is the delay of every other callback
of this process.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import Histogram

from tiketi_shared.tasks import end

LAG_SECONDS = Histogram(
    "tiketi_event_loop_lag_seconds",
    "How much later than asked a timer fired.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)


@asynccontextmanager
async def measured_loop_lag(interval: float = 0.25) -> AsyncIterator[None]:
    """Observe the lag of the running loop every `interval` seconds while the context is open."""
    task = asyncio.create_task(_observe(interval))
    try:
        yield
    finally:
        await end([task])


async def _observe(interval: float) -> None:
    loop = asyncio.get_running_loop()
    while True:
        asked = loop.time() + interval
        await asyncio.sleep(interval)
        LAG_SECONDS.observe(max(0.0, loop.time() - asked))
