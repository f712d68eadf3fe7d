"""Tells booking which admissions ended early, so that it refuses them. Retries while booking is
unavailable."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tiketi_queue.domain.line import Ended
from tiketi_queue.ports import BookingService, BookingUnavailable

WAIT_SECONDS = 0.3
"""How long a caller waits for a slow booking. The call goes on afterwards."""


@dataclass(slots=True)
class Revocations:
    """The revocations that wait are lost with this instance. Their admissions expire soon."""

    booking: BookingService
    clock: Callable[[], float]
    waiting: list[Ended] = field(default_factory=list)
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    async def revoke(self, ended: Sequence[Ended]) -> None:
        """Revoke these admissions now, or keep them for `retry`."""
        if not ended:
            return
        task = asyncio.create_task(self._revoke(ended))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.wait({task}, timeout=WAIT_SECONDS)

    async def _revoke(self, ended: Sequence[Ended]) -> None:
        try:
            await self.booking.revoke(ended)
        except BookingUnavailable:
            self.waiting.extend(ended)

    async def retry(self) -> None:
        """Revoke the waiting admissions that have not expired. Raises BookingUnavailable and keeps
        them."""
        now_ms = self.clock() * 1000
        self.waiting = [each for each in self.waiting if each.expires_ms > now_ms]
        batch = tuple(self.waiting)  # more may be appended while booking answers
        if batch:
            await self.booking.revoke(batch)
            self.waiting = self.waiting[len(batch) :]
