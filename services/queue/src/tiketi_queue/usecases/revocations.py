"""Admissions that ended early are refused at the till; what it could not be told is told later."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tiketi_queue.domain.line import Ended
from tiketi_queue.ports import Till, TillDown


@dataclass(slots=True)
class Revocations:
    """What is lost with this instance runs out by itself: an admission is short."""

    till: Till
    clock: Callable[[], float]
    waiting: list[Ended] = field(default_factory=list)

    async def revoke(self, ended: Sequence[Ended]) -> None:
        """Tells the till now, or keeps it for `retry`."""
        if not ended:
            return
        try:
            await self.till.revoke(ended)
        except TillDown:
            self.waiting.extend(ended)

    async def retry(self) -> None:
        """Tells what is still of use. Raises TillDown, keeping it."""
        now_ms = self.clock() * 1000
        batch = [each for each in self.waiting if each.expires_ms > now_ms]
        self.waiting = batch
        if batch:
            await self.till.revoke(batch)
            self.waiting = self.waiting[len(batch) :]
