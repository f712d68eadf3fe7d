"""At the door: who scanned what, where and when, and what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tiketi_booking.domain.eticket import Seat
from tiketi_shared.ids import EventId, OrderId, TicketId, UserId

SAME_SCAN = timedelta(minutes=2)
"""How far the door's clock and ours may tell the same scan."""

Outcome = Literal["admitted", "double", "ticket_cancelled", "unknown_ticket", "wrong_event"]


@dataclass(frozen=True, slots=True)
class Scanner:
    """Who scans, where and when. `scanned_at` is the clock of the door for what it did offline."""

    staff_id: UserId
    device: str
    scanned_at: datetime


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan: by which device, and when by its clock."""

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
    entry: Scan | None


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of one offline scan; `first` is the scan that used the ticket, where another."""

    outcome: Outcome
    ticket_id: TicketId | None = None
    first: Scan | None = None


@dataclass(frozen=True, slots=True)
class Irregular:
    """Someone an offline door let in whom an online one would have refused."""

    ticket_id: TicketId
    outcome: Literal["double", "cancelled"]
    entry: Scan
    first: Scan | None


@dataclass(frozen=True, slots=True)
class SpentTickets:
    """Tickets of an event that open no door: those refunded, and those used."""

    refunded: list[TicketId]
    used: list[TicketId]


def is_same_scan(entry: Scan, door: Scanner) -> bool:
    """Whether the entry is this door's own: sent before, or let in online without the door learning
    of it, since the connection was lost meanwhile. A door remembers whom it let in, so it does not
    scan a ticket twice."""
    return entry.device == door.device and abs(entry.scanned_at - door.scanned_at) < SAME_SCAN
