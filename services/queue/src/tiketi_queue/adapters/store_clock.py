"""The clock of a line. Whichever instance is asked acts on it, so all must agree on the time: they
take it from Redis, and none of their machines' clocks need be right."""

import time
from typing import Any

from tiketi_queue import metrics
from tiketi_queue.adapters.redis_line import STORE_FAILURES
from tiketi_queue.ports import StoreDown

SLOW_SECONDS = 0.2
"""A look that took longer says too little."""

_TIME = "return redis.call('TIME')"
_KEY = "line:clock"
"""Nothing is kept there: in a cluster, it says whose clock counts."""


class StoreClock:
    """Unix seconds. From the last look on the monotonic clock goes on, which nobody sets; before
    the first look it is the machine's own time."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis
        self._ahead = time.time() - time.monotonic()

    def now(self) -> float:
        return time.monotonic() + self._ahead

    async def look(self) -> None:
        """Raises StoreDown."""
        before = time.monotonic()
        try:
            seconds, microseconds = await self._redis.eval(_TIME, 1, _KEY)
        except STORE_FAILURES as error:
            raise StoreDown(f"{type(error).__name__}: {error}") from error
        after = time.monotonic()
        if after - before < SLOW_SECONDS:
            self._ahead = int(seconds) + int(microseconds) / 1e6 - (before + after) / 2
            metrics.CLOCK_AHEAD.set(time.time() - self.now())
