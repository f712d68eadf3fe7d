"""A cache in memory that does not make many callers wait for one load.

Each key is loaded by one task at a time. While it runs, or when it fails, callers get the old
value, even if it is stale. Only the first caller of a key waits.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tiketi_shared.errors import Unavailable

V = TypeVar("V")


@dataclass(slots=True)
class _Entry(Generic[V]):
    value: V
    fresh_until: float


class Refilling(Generic[V]):
    """Keeps at most `limit` keys, those used last. `load` may raise; a first asker is told so."""

    def __init__(
        self, load: Callable[[str], Awaitable[V]], *, seconds: float, limit: int = 1000
    ) -> None:
        self._load, self._seconds, self._limit = load, seconds, limit
        self._entries: OrderedDict[str, _Entry[V]] = OrderedDict()
        self._refills: dict[str, asyncio.Task[V]] = {}

    async def get(self, key: str) -> V:
        entry = self._entries.get(key)
        if entry is None:
            return await asyncio.shield(self._refill(key))
        self._entries.move_to_end(key)
        if time.monotonic() >= entry.fresh_until:
            self._refill(key)
        return entry.value

    def peek(self, key: str) -> V | None:
        entry = self._entries.get(key)
        return None if entry is None else entry.value

    def clear(self, key: str) -> None:
        """Drops the value: the next caller waits for a new one. Discards a running load."""
        self._entries.pop(key, None)
        self._refills.pop(key, None)

    def clear_all(self) -> None:
        self._entries.clear()
        self._refills.clear()

    def _refill(self, key: str) -> asyncio.Task[V]:
        task = self._refills.get(key)
        if task is None:
            task = self._refills[key] = asyncio.ensure_future(self._load(key))
            task.add_done_callback(lambda task: self._filled(key, task))
        return task

    def _filled(self, key: str, task: asyncio.Task[V]) -> None:
        if self._refills.get(key) is not task:
            _ = task.cancelled() or task.exception()  # seen: whoever waits has it too
            return
        del self._refills[key]
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._entries[key] = _Entry(task.result(), time.monotonic() + self._seconds)
            while len(self._entries) > self._limit:
                self._entries.popitem(last=False)
        elif not isinstance(error, Unavailable):
            self._entries.pop(key, None)
