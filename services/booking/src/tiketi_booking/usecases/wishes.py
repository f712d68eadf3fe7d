"""Giving seats that come back to those inside who asked for what fits."""

from dataclasses import dataclass
from random import Random

from tiketi_booking import metrics
from tiketi_booking.domain.wishes import grants
from tiketi_booking.ports import Committed, EventSource, SeatSource, WishStore
from tiketi_shared.ids import EventId

AT_ONCE = 1000
"""Wishes of an event that are looked at in one turn: nobody else is inside and without seats."""


@dataclass(frozen=True, slots=True)
class GrantWishes:
    """What is held lasts `seconds`; `committed` is called when something was."""

    store: WishStore
    events: EventSource
    seats: SeatSource
    committed: Committed
    seconds: float

    async def turn(self, chance: Random) -> int:
        """One round over all events; how many wishes were granted."""
        made = sum([await self._grant(event, chance) for event in await self.store.events()])
        if made:
            metrics.WISHES_GRANTED.inc(made)
            self.committed()
        return made

    async def _grant(self, event_id: EventId, chance: Random) -> int:
        event = await self.events.event(event_id)
        picture = await self.seats.picture(event_id)
        wishes = await self.store.wishes(event_id, AT_ONCE)
        chosen = grants(wishes, event, bytearray(picture.states), dict(picture.general), chance)
        return sum([await self.store.grant(event_id, grant, self.seconds) for grant in chosen])
