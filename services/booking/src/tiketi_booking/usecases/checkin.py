"""At the door: each ticket lets one person in, once.

A door that is online is told at once. A door that was offline has let people in on the strength of
the signature alone; what it did is accepted afterwards, and where two doors let in the same ticket
both are named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from tiketi_booking import metrics
from tiketi_booking.domain.eticket import Seat
from tiketi_booking.domain.ticket_codes import TicketCode, TicketCodes, UnknownCode
from tiketi_booking.errors import AlreadyUsed, TicketCancelled, UnknownTicket, WrongEvent
from tiketi_shared.errors import TiketiError
from tiketi_shared.ids import EventId, OrderId, TicketId, UserId

SAME_SCAN = timedelta(minutes=2)
"""How far the door's clock and ours may tell the same scan."""

Outcome = Literal["admitted", "double", "ticket_cancelled", "unknown_ticket", "wrong_event"]


@dataclass(frozen=True, slots=True)
class Door:
    """Who scans, where, when: `scanned_at` is the door's clock for what it did offline."""

    staff_id: UserId
    device: str
    scanned_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """The scan that used a ticket."""

    device: str
    scanned_at: datetime


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What the door shows; `entry` is None until the ticket is used."""

    id: TicketId
    order_id: OrderId
    event_id: EventId
    event: str
    ticket_type: str
    seat: Seat | None
    holder: str
    cancelled: bool
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of one offline scan; `first` is the scan that used the ticket, where another."""

    outcome: Outcome
    ticket_id: TicketId | None = None
    first: Entry | None = None


@dataclass(frozen=True, slots=True)
class Irregular:
    """Someone an offline door let in whom an online one would have refused."""

    ticket_id: TicketId
    outcome: Literal["double", "cancelled"]
    entry: Entry
    first: Entry | None


class TicketBook(Protocol):
    async def use(self, code: TicketCode, door: Door) -> bool:
        """Marks the ticket used if it is valid, and only then says True; atomic, recorded."""
        ...

    async def facts(self, code: TicketCode) -> TicketFacts | None: ...

    async def note(
        self, code: TicketCode, door: Door, outcome: Literal["double", "cancelled"]
    ) -> None:
        """Records what a door did offline; the same scan is recorded once."""
        ...


async def check_in(
    book: TicketBook, codes: TicketCodes, text: str, door: Door, event_id: EventId | None
) -> TicketFacts:
    """Lets in the holder of `text`, if it is for `event_id` where one is given.

    Raises UnknownTicket, WrongEvent, AlreadyUsed or TicketCancelled.
    """
    try:
        facts = await _admitted(book, codes, text, door, event_id)
    except TiketiError as error:
        metrics.CHECK_INS.labels(error.code).inc()
        raise
    metrics.CHECK_INS.labels("admitted").inc()
    return facts


async def _admitted(
    book: TicketBook, codes: TicketCodes, text: str, door: Door, event_id: EventId | None
) -> TicketFacts:
    try:
        code = codes.read(text)
    except UnknownCode as error:
        raise UnknownTicket(str(error)) from error
    if event_id not in (None, code.event_id):
        raise WrongEvent("this ticket is for another event", event_id=code.event_id)
    admitted = await book.use(code, door)
    facts = await book.facts(code)
    if facts is None:
        raise UnknownTicket("a genuine code of a ticket that does not exist")
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


async def sync(
    book: TicketBook,
    codes: TicketCodes,
    scans: Sequence[tuple[str, Door]],
    event_id: EventId | None,
) -> list[Synced]:
    """Takes in what doors did offline; answers in the order of `scans`. Safe to repeat.

    The earliest scan counts as the entry, whatever the order in which they are sent.
    """
    order = sorted(range(len(scans)), key=lambda place: scans[place][1].scanned_at)
    outcomes: dict[int, Synced] = {}
    for place in order:
        text, door = scans[place]
        outcomes[place] = await _taken_in(book, codes, text, door, event_id)
        metrics.CHECK_INS.labels(outcomes[place].outcome).inc()
    return [outcomes[place] for place in range(len(scans))]


async def _taken_in(
    book: TicketBook, codes: TicketCodes, text: str, door: Door, event_id: EventId | None
) -> Synced:
    try:
        code = codes.read(text)
    except UnknownCode:
        return Synced("unknown_ticket")
    if event_id not in (None, code.event_id):
        return Synced("wrong_event", code.ticket_id)
    return await _entered(book, code, door)


async def _entered(book: TicketBook, code: TicketCode, door: Door) -> Synced:
    """What a genuine code's offline entry was."""
    if await book.use(code, door):
        return Synced("admitted", code.ticket_id)
    facts = await book.facts(code)
    if facts is None:
        return Synced("unknown_ticket", code.ticket_id)
    if facts.entry is not None and _same_scan(facts.entry, door):
        return Synced("admitted", code.ticket_id)
    if facts.cancelled or facts.entry is None:
        await book.note(code, door, "cancelled")
        return Synced("ticket_cancelled", code.ticket_id)
    await book.note(code, door, "double")
    return Synced("double", code.ticket_id, facts.entry)


def _same_scan(entry: Entry, door: Door) -> bool:
    """Whether the entry is this door's own: sent before, or let in online without the door learning
    of it, since the connection was lost meanwhile. A door remembers whom it let in, so it does not
    scan a ticket twice."""
    return entry.device == door.device and abs(entry.scanned_at - door.scanned_at) < SAME_SCAN
