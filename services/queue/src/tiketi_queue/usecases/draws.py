"""The size of the lobby, which every number of the lobby depends on: booking keeps it.

It is recorded at the opening, once for all, and learned from there after a loss of the line. Rounds
do not wait for it.
"""

from dataclasses import dataclass

from tiketi_queue.ports import Till
from tiketi_queue.usecases.lines import Line


@dataclass(frozen=True, slots=True)
class Draws:
    till: Till

    async def keep(self, line: Line, now: float) -> None:
        """Takes the step that is due for this line, if any. Raises TillDown."""
        drawn = line.sale.queue.policy == "lobby" and now >= line.sale.sale_opens_at
        if not drawn or line.participants >= 0:
            return
        if not line.asked_for_draw:
            recorded = await self.till.recorded_draw(line.event_id)
            line.asked_for_draw = True
            line.participants = -1 if recorded is None else recorded
        elif line.facts.opened:
            line.participants = await self.till.record_draw(line.event_id, _participants(line))


def _participants(line: Line) -> int:
    """The lobby's size that the numbers told so far were made with. A store that lost the line (it
    has a gap then) counted too few; otherwise who left before the opening does not count."""
    counted = line.facts.participants
    return max(counted, line.lobby_seen) if line.facts.gap_to else counted
