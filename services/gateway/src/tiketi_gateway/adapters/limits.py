"""Rate limits of addresses and accounts: counted in this process, and settled with Redis in the
background.

See `domain/buckets.py`. Only buckets that are used a lot are settled, so that a crowd of
well-behaved clients costs Redis nothing.
"""

import asyncio
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from tiketi_gateway.domain.buckets import SettledBucket
from tiketi_shared.buckets import Limit
from tiketi_shared.logs import get_logger

SETTLE_SECONDS = 0.5
SETTLE_BELOW = 0.75
"""A bucket fuller than this share of its burst is not worth settling."""

SETTLED_AT_ONCE = 256
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
        self._buckets: dict[Key, tuple[Limit, SettledBucket]] = {}
        self._reachable = True

    def take(self, name: str, whom: str, limit: Limit, now: float) -> float:
        """Take one token: 0.0, or the seconds to wait for one. `now` is any steady clock."""
        key = (name, whom)
        kept = self._buckets.get(key)
        if kept is None:
            if len(self._buckets) >= MAX_BUCKETS:
                self._buckets.clear()
            kept = self._buckets[key] = (limit, SettledBucket(limit, now))
        return kept[1].take(limit, now)

    async def keep_settling(self) -> None:
        """Share what was taken with the other gateways, for ever."""
        while True:
            await asyncio.sleep(SETTLE_SECONDS)
            now = asyncio.get_running_loop().time()
            used = []
            for key, (limit, bucket) in list(self._buckets.items()):
                if bucket.is_full(limit, now):
                    del self._buckets[key]
                elif bucket.level_at(limit, now) < limit.burst * SETTLE_BELOW:
                    used.append((key, limit, bucket))
            if used:
                used.sort(key=lambda each: each[2].level)
                await self._settle(used[:MAX_SETTLED])

    async def _settle(self, used: list[tuple[Key, Limit, SettledBucket]]) -> None:
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                for start in range(0, len(used), SETTLED_AT_ONCE):
                    await self._settle_together(used[start : start + SETTLED_AT_ONCE])
        except (RedisError, OSError, TimeoutError) as error:
            if self._reachable:
                log.warning(
                    "redis unavailable, counting limits in this process alone", error=str(error)
                )
            self._reachable = False
        else:
            self._reachable = True

    async def _settle_together(self, used: list[tuple[Key, Limit, SettledBucket]]) -> None:
        settled = [bucket.taken for _, _, bucket in used]
        levels = await self._settle_script(
            # One hash tag: on a cluster too a script's keys must be on one shard.
            keys=[f"{{limits}}:{name}:{whom}" for (name, whom), _, _ in used],
            args=[
                number
                for (_, limit, _), taken in zip(used, settled, strict=True)
                for number in (limit.per_second, limit.burst, taken)
            ],
        )
        now = asyncio.get_running_loop().time()
        for (_, _, bucket), level, taken in zip(used, levels, settled, strict=True):
            bucket.settle(float(level), taken, now)
