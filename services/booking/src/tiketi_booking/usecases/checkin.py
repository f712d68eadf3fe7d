"""At the door: each ticket lets one person in, once.

A door that is online is told at once. A door that was offline has let people in on the strength of
the signature alone; what it did is accepted afterwards, and where two doors let in the same ticket
both are named.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tiketi_booking import metrics
from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.door import (
    Door,
    Irregular,
    SpentTickets,
    Synced,
    TicketFacts,
    is_same_scan,
)
from tiketi_booking.domain.ticket_codes import PublicKey, TicketCode, TicketCodes, UnknownCode
from tiketi_booking.errors import AlreadyUsed, TicketCancelled, UnknownTicket, WrongEvent
from tiketi_booking.ports import EventSource, TicketBook
from tiketi_shared.errors import TiketiError
from tiketi_shared.ids import EventId


@dataclass(frozen=True, slots=True)
class DoorList:
    """What a door takes along to work offline."""

    event: Event
    keys: list[PublicKey]
    spent: SpentTickets


@dataclass(frozen=True, slots=True)
class CheckIn:
    book: TicketBook
    codes: TicketCodes
    events: EventSource

    async def admit(self, text: str, door: Door, event_id: EventId | None) -> TicketFacts:
        """Lets in the holder of the code `text`, if it is for `event_id` where one is given.

        Raises UnknownTicket, WrongEvent, AlreadyUsed or TicketCancelled.
        """
        try:
            facts = await self._admitted(text, door, event_id)
        except TiketiError as error:
            metrics.CHECK_INS.labels(error.code).inc()
            raise
        metrics.CHECK_INS.labels("admitted").inc()
        return facts

    async def sync(
        self, scans: Sequence[tuple[str, Door]], event_id: EventId | None
    ) -> list[Synced]:
        """Takes in what doors did offline; answers in the order of `scans`. Safe to repeat.

        The earliest scan counts as the entry, whatever the order in which they are sent.
        """
        order = sorted(range(len(scans)), key=lambda place: scans[place][1].scanned_at)
        outcomes: dict[int, Synced] = {}
        for place in order:
            text, door = scans[place]
            outcomes[place] = await self._taken_in(text, door, event_id)
            metrics.CHECK_INS.labels(outcomes[place].outcome).inc()
        return [outcomes[place] for place in range(len(scans))]

    async def door_list(self, event_id: EventId) -> DoorList:
        """Raises NotFound."""
        event = await self.events.event(event_id)
        return DoorList(event, self.codes.public_keys(), await self.book.spent(event_id))

    async def irregular(self, event_id: EventId, after: int, limit: int) -> list[Irregular]:
        """Whom offline doors let in and an online one would not have. Raises NotFound."""
        event = await self.events.event(event_id)
        return await self.book.irregular(event.id, after, limit)

    async def _admitted(self, text: str, door: Door, event_id: EventId | None) -> TicketFacts:
        try:
            code = self.codes.read(text)
        except UnknownCode as error:
            raise UnknownTicket(str(error)) from error
        if event_id not in (None, code.event_id):
            raise WrongEvent("this ticket is for another event", event_id=code.event_id)
        admitted = await self.book.use(code, door)
        facts = await self.book.facts(code)
        if facts is None:
            raise UnknownTicket("the code is valid, but its ticket does not exist")
        if admitted:
            return facts
        if facts.cancelled or facts.entry is None:
            raise TicketCancelled("this ticket was refunded", ticket_id=facts.id)
        raise AlreadyUsed(
            "this ticket has been used",
            used_at=facts.entry.scanned_at,
            device=facts.entry.device,
            ticket_id=facts.id,
        )

    async def _taken_in(self, text: str, door: Door, event_id: EventId | None) -> Synced:
        try:
            code = self.codes.read(text)
        except UnknownCode:
            return Synced("unknown_ticket")
        if event_id not in (None, code.event_id):
            return Synced("wrong_event", code.ticket_id)
        return await self._entered(code, door)

    async def _entered(self, code: TicketCode, door: Door) -> Synced:
        """What a genuine code's offline entry was."""
        if await self.book.use(code, door):
            return Synced("admitted", code.ticket_id)
        facts = await self.book.facts(code)
        if facts is None:
            return Synced("unknown_ticket", code.ticket_id)
        if facts.entry is not None and is_same_scan(facts.entry, door):
            return Synced("admitted", code.ticket_id)
        if facts.cancelled or facts.entry is None:
            await self.book.note(code, door, "cancelled")
            return Synced("ticket_cancelled", code.ticket_id)
        await self.book.note(code, door, "double")
        return Synced("double", code.ticket_id, facts.entry)
