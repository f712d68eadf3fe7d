"""Admissions that ended early are refused at the till; what it could not be told is told later."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tiketi_queue.domain.line import Ended
from tiketi_queue.ports import Till, TillDown

PATIENCE_SECONDS = 0.3
"""A slow till holds up nobody for longer than this; it is told all the same."""


@dataclass(slots=True)
class Revocations:
    """What is lost with this instance runs out by itself: an admission is short."""

    till: Till
    clock: Callable[[], float]
    waiting: list[Ended] = field(default_factory=list)
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    async def revoke(self, ended: Sequence[Ended]) -> None:
        """Tells the till now, or keeps it for `retry`."""
        if not ended:
            return
        task = asyncio.create_task(self._tell(ended))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.wait({task}, timeout=PATIENCE_SECONDS)

    async def _tell(self, ended: Sequence[Ended]) -> None:
        try:
            await self.till.revoke(ended)
        except TillDown:
            self.waiting.extend(ended)

    async def retry(self) -> None:
        """Tells what is still of use. Raises TillDown, keeping it."""
        now_ms = self.clock() * 1000
        self.waiting = [each for each in self.waiting if each.expires_ms > now_ms]
        batch = tuple(self.waiting)  # others may end, and be appended, while the till is told
        if batch:
            await self.till.revoke(batch)
            self.waiting = self.waiting[len(batch) :]
