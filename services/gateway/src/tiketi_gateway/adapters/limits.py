"""Rate limits of addresses and accounts: counted in this process, and settled with Redis in the
background.

See `domain/buckets.py`. Only buckets that are used a lot are settled, so that a crowd of
well-behaved clients costs Redis nothing. There are at most MAX_BUCKETS: a new client beyond them
takes the place of a bucket that was not used for long and is nearly full, so that a flood of
addresses does not give anybody a new burst.
"""

import asyncio
from collections import OrderedDict
from heapq import nsmallest
from itertools import islice
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
LOOKED_AT = 64
"""Buckets that are looked at to make room for another one."""

SWEPT_AT_ONCE = 4096
"""Buckets that a sweep looks at before requests have their turn."""

REDIS_SECONDS = 0.5

log = get_logger(__name__)

Key = tuple[str, str]
Used = tuple[Key, Limit, SettledBucket]


class Limits:
    """Buckets by limit name and whom they are for."""

    def __init__(self, redis: Any, max_buckets: int = MAX_BUCKETS) -> None:
        self._settle_script = redis.register_script(
            (Path(__file__).parent / "lua" / "settle.lua").read_text(encoding="utf-8")
        )
        self._buckets: OrderedDict[Key, tuple[Limit, SettledBucket]] = OrderedDict()
        """In the order of their last use."""
        self._max_buckets = max_buckets
        self._reachable = True

    def take(self, name: str, whom: str, limit: Limit, now: float) -> float:
        """Take one token: 0.0, or the seconds to wait for one. `now` is any steady clock."""
        key = (name, whom)
        kept = self._buckets.get(key)
        if kept is None:
            if len(self._buckets) >= self._max_buckets:
                self._make_room(now)
            kept = self._buckets[key] = (limit, SettledBucket(limit, now))
        else:
            self._buckets.move_to_end(key)
        return kept[1].take(limit, now)

    def _make_room(self, now: float) -> None:
        """Forget the oldest bucket that is nearly full, or the fullest of those looked at. The
        others looked at are kept for another round."""
        fullness = {}
        for key, (limit, bucket) in list(islice(self._buckets.items(), LOOKED_AT)):
            fullness[key] = bucket.level_at(limit, now) / limit.burst
            if fullness[key] >= SETTLE_BELOW:
                del self._buckets[key]
                return
            self._buckets.move_to_end(key)
        del self._buckets[max(fullness, key=fullness.__getitem__)]

    async def keep_settling(self) -> None:
        """Share what was taken with the other gateways, for ever."""
        while True:
            await asyncio.sleep(SETTLE_SECONDS)
            if used := await self._sweep():
                await self._settle(nsmallest(MAX_SETTLED, used, key=lambda each: each[2].level))

    async def _sweep(self) -> list[Used]:
        """Forget full buckets; the buckets worth settling."""
        used = []
        keys = iter(list(self._buckets))
        while slice_ := list(islice(keys, SWEPT_AT_ONCE)):
            now = asyncio.get_running_loop().time()
            for key in slice_:
                if (kept := self._buckets.get(key)) is None:
                    continue  # forgotten meanwhile
                limit, bucket = kept
                if bucket.is_full(limit, now):
                    del self._buckets[key]
                elif bucket.level_at(limit, now) < limit.burst * SETTLE_BELOW:
                    used.append((key, limit, bucket))
            await asyncio.sleep(0)
        return used

    async def _settle(self, used: list[Used]) -> None:
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

    async def _settle_together(self, used: list[Used]) -> None:
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
