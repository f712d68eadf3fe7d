"""Limits per address and account: taken from local buckets at once, settled in Redis beside.

See `domain/buckets.py`. Only buckets that are in real use are settled, so that a crowd of
well-behaved clients costs Redis nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from tiketi_gateway.domain.buckets import Bucket, Limit
from tiketi_shared.logs import get_logger

SETTLE_SECONDS = 0.5
SETTLE_BELOW = 0.75
"""A bucket fuller than this share of its burst is not worth settling."""

SETTLED_AT_ONCE = 64
MAX_SETTLED = 4096
"""Buckets settled in one round at the most; the emptiest go first."""

MAX_BUCKETS = 500_000
REDIS_SECONDS = 0.5

log = get_logger(__name__)

Key = tuple[str, str]


class Limits:
    """Buckets by limit name and whom they are for."""

    def __init__(self, redis: Any) -> None:
        self._settle_script = redis.register_script(
            (Path(__file__).parent / "lua" / "settle.lua").read_text(encoding="utf-8")
        )
        self._buckets: dict[Key, tuple[Limit, Bucket]] = {}
        self._reachable = True

    def take(self, name: str, whom: str, limit: Limit, now: float) -> float:
        """Take one token: 0.0, or the seconds to wait for one. `now` is any steady clock."""
        key = (name, whom)
        kept = self._buckets.get(key)
        if kept is None:
            if len(self._buckets) >= MAX_BUCKETS:
                self._buckets.clear()
            kept = self._buckets[key] = (limit, Bucket(limit, now))
        return kept[1].take(limit, now)

    @asynccontextmanager
    async def settling(self) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self._keep_settling())
        try:
            yield
        finally:
            task.cancel()

    async def _keep_settling(self) -> None:
        while True:
            await asyncio.sleep(SETTLE_SECONDS)
            now = asyncio.get_running_loop().time()
            used = []
            for key, (limit, bucket) in list(self._buckets.items()):
                if bucket.is_full(limit, now):
                    del self._buckets[key]
                elif bucket.taken and bucket.level < limit.burst * SETTLE_BELOW:
                    used.append((key, limit, bucket))
            used.sort(key=lambda each: each[2].level)
            await self._settle(used[:MAX_SETTLED])

    async def _settle(self, used: list[tuple[Key, Limit, Bucket]]) -> None:
        try:
            for start in range(0, len(used), SETTLED_AT_ONCE):
                async with asyncio.timeout(REDIS_SECONDS):
                    await asyncio.gather(
                        *(self._settle_one(*each) for each in used[start : start + SETTLED_AT_ONCE])
                    )
        except (RedisError, OSError, TimeoutError) as error:
            if self._reachable:
                log.warning("limits are counted here alone", error=str(error))
            self._reachable = False
        else:
            self._reachable = self._reachable or bool(used)

    async def _settle_one(self, key: Key, limit: Limit, bucket: Bucket) -> None:
        settled = bucket.taken
        level = await self._settle_script(
            keys=[f"limit:{key[0]}:{key[1]}"], args=[limit.per_second, limit.burst, settled]
        )
        bucket.settle(float(level), settled, asyncio.get_running_loop().time())
