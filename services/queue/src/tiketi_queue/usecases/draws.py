"""Keeps the size of each lobby, which every number of the lobby depends on, in booking.

The size is recorded once, at the opening. After a loss of the line it is read from booking again.
Rounds do not wait for either.
"""

from dataclasses import dataclass

from tiketi_queue.ports import BookingService
from tiketi_queue.usecases.lines import Line


@dataclass(frozen=True, slots=True)
class Draws:
    booking: BookingService

    async def keep(self, line: Line, now: float) -> None:
        """Take the step that is due for this line, if any. Raises BookingUnavailable."""
        drawn = line.sale.queue.policy == "lobby" and now >= line.sale.sale_opens_at
        if not drawn or line.participants >= 0:
            return
        if not line.asked_for_draw:
            recorded = await self.booking.recorded_draw(line.event_id)
            line.asked_for_draw = True
            line.participants = -1 if recorded is None else recorded
        elif line.facts.opened:
            line.participants = await self.booking.record_draw(line.event_id, _participants(line))


def _participants(line: Line) -> int:
    """Return the size of the lobby that the numbers shown so far were computed with.

    A store that lost the line has a gap and counted too few people. Without a gap, people who left
    before the opening do not count.
    """
    counted = line.facts.participants
    return max(counted, line.lobby_seen) if line.facts.gap_to else counted
