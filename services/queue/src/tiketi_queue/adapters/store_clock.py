"""The clock of the lines. All instances act on the same lines, so they take the time from Redis;
the clocks of their machines may be wrong."""

import time
from typing import Any

from tiketi_queue import metrics
from tiketi_queue.adapters.redis_line import STORE_FAILURES
from tiketi_queue.ports import StoreUnavailable

SLOW_SECONDS = 0.2
"""An answer that took longer is too inaccurate to use."""

_TIME = "return redis.call('TIME')"
_KEY = "line:clock"
"""Nothing is stored there. In a cluster, the key decides which node's clock counts."""


class StoreClock:
    """Unix seconds. Between two reads of Redis's time the monotonic clock counts on. Before the
    first read it is the machine's own time."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis
        self._ahead = time.time() - time.monotonic()

    def now(self) -> float:
        return time.monotonic() + self._ahead

    async def read(self) -> None:
        """Read Redis's time. Raises StoreUnavailable."""
        before = time.monotonic()
        try:
            seconds, microseconds = await self._redis.eval(_TIME, 1, _KEY)
        except STORE_FAILURES as error:
            raise StoreUnavailable(f"{type(error).__name__}: {error}") from error
        after = time.monotonic()
        if after - before < SLOW_SECONDS:
            self._ahead = int(seconds) + int(microseconds) / 1e6 - (before + after) / 2
            metrics.CLOCK_AHEAD.set(time.time() - self.now())
