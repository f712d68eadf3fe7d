"""Tickets in Postgres: as they are shown, printed and checked at the door."""

from typing import Literal

import asyncpg

from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.door import Door, Entry, Irregular, SpentTickets, TicketFacts
from tiketi_booking.domain.eticket import ETicket, Receipt, ReceiptLine, Seat, Ticket
from tiketi_booking.domain.ticket_codes import TicketCode, TicketCodes
from tiketi_booking.ports import EventSource
from tiketi_shared.ids import EventId, OrderId, TicketId, UserId

_ORDER = """
SELECT o.event_id, o.currency, o.created_at, u.name AS holder,
    t.id, t.type, t.seat, t.price
FROM orders o
JOIN users u ON u.id = o.user_id
JOIN tickets t ON t.order_id = o.id AND t.state <> 'refunded'
WHERE o.id = $1 AND ($2::text IS NULL OR o.user_id = $2)
ORDER BY t.seat, t.id
"""

_RECEIPT = """
SELECT o.event_id, o.currency, o.total, o.created_at, p.provider, u.name AS holder
FROM orders o JOIN payments p ON p.id = o.payment_id JOIN users u ON u.id = o.user_id
WHERE o.id = $1 AND o.user_id = $2
"""

_LINES = "SELECT type, seat, price, state FROM tickets WHERE order_id = $1 ORDER BY seat, id"

_REFUNDS = "SELECT created_at, amount FROM refunds WHERE order_id = $1 ORDER BY id"

_TICKET_EVENT = """
SELECT event_id FROM tickets WHERE id = $1 AND user_id = $2 AND state <> 'refunded'
"""

# One statement decides: of two doors at once the second waits for the first one's commit, and then
# finds the ticket used.
_USE = """
WITH used AS (
    UPDATE tickets SET state = 'used', used_at = $3
    WHERE id = $1 AND event_id = $2 AND state = 'valid'
    RETURNING id, event_id
)
INSERT INTO scans (ticket_id, event_id, outcome, device, scanned_at, staff_id)
SELECT id, event_id, 'admitted', $4, $3, $5 FROM used
RETURNING true
"""

_FACTS = """
SELECT t.id, t.order_id, t.event_id, t.type, t.seat, t.state, u.name AS holder,
    s.device, s.scanned_at
FROM tickets t
JOIN users u ON u.id = t.user_id
LEFT JOIN scans s ON s.ticket_id = t.id AND s.outcome = 'admitted'
WHERE t.id = $1 AND t.event_id = $2
"""

_NOTE = """
INSERT INTO scans (ticket_id, event_id, outcome, device, scanned_at, staff_id)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (ticket_id, device, scanned_at) DO NOTHING
"""

_SPENT = "SELECT id, state FROM tickets WHERE event_id = $1 AND state <> 'valid' ORDER BY id"

_IRREGULAR = """
SELECT d.ticket_id, d.outcome, d.device, d.scanned_at,
    f.device AS first_device, f.scanned_at AS first_at
FROM scans d
LEFT JOIN scans f ON f.ticket_id = d.ticket_id AND f.outcome = 'admitted'
WHERE d.event_id = $1 AND d.outcome <> 'admitted'
ORDER BY d.id
OFFSET $2 LIMIT $3
"""


class PostgresTickets:
    """Raises Unavailable when Postgres is unavailable."""

    def __init__(self, database: Database, events: EventSource, codes: TicketCodes) -> None:
        self._database, self._events, self._codes = database, events, codes

    async def eticket(self, order_id: OrderId, user_id: UserId | None) -> ETicket | None:
        rows = await self._database.fetch(_ORDER, order_id, user_id)
        if not rows:
            return None
        event = await self._events.event(rows[0]["event_id"])
        return ETicket(
            order_id=order_id,
            event_id=event.id,
            event=event.name,
            venue=event.venue,
            starts_at=event.starts_at,
            holder=rows[0]["holder"],
            currency=rows[0]["currency"],
            paid_at=rows[0]["created_at"],
            tickets=tuple(self._ticket(event, row) for row in rows),
        )

    async def receipt(self, order_id: OrderId, user_id: UserId) -> Receipt | None:
        row = await self._database.row(_RECEIPT, order_id, user_id)
        if row is None:
            return None
        event = await self._events.event(row["event_id"])
        lines = await self._database.fetch(_LINES, order_id)
        refunds = await self._database.fetch(_REFUNDS, order_id)
        return Receipt(
            order_id=order_id,
            event=event.name,
            holder=row["holder"],
            currency=row["currency"],
            provider=row["provider"],
            paid_at=row["created_at"],
            paid=row["total"],
            lines=tuple(
                ReceiptLine(
                    event.type_numbers[line["type"]].name, _seat(event, line["seat"]),
                    line["price"], line["state"] == "refunded",
                )
                for line in lines
            ),
            refunds=tuple((refund["created_at"], refund["amount"]) for refund in refunds),
        )  # fmt: skip

    async def ticket_event(self, ticket_id: TicketId, user_id: UserId) -> EventId | None:
        found: EventId | None = await self._database.value(_TICKET_EVENT, ticket_id, user_id)
        return found

    async def use(self, code: TicketCode, door: Door) -> bool:
        used = await self._database.value(
            _USE, code.ticket_id, code.event_id, door.scanned_at, door.device, door.staff_id
        )
        return used is not None

    async def facts(self, code: TicketCode) -> TicketFacts | None:
        row = await self._database.row(_FACTS, code.ticket_id, code.event_id)
        if row is None:
            return None
        event = await self._events.event(code.event_id)
        return TicketFacts(
            id=row["id"],
            order_id=row["order_id"],
            event_id=event.id,
            event=event.name,
            ticket_type=event.type_numbers[row["type"]].name,
            seat=_seat(event, row["seat"]),
            holder=row["holder"],
            cancelled=row["state"] == "refunded",
            entry=Entry(row["device"], row["scanned_at"]) if row["device"] is not None else None,
        )

    async def note(
        self, code: TicketCode, door: Door, outcome: Literal["double", "cancelled"]
    ) -> None:
        await self._database.execute(
            _NOTE, code.ticket_id, code.event_id, outcome, door.device, door.scanned_at,
            door.staff_id,
        )  # fmt: skip

    async def spent(self, event_id: EventId) -> SpentTickets:
        rows = await self._database.fetch(_SPENT, event_id)
        return SpentTickets(
            refunded=[row["id"] for row in rows if row["state"] == "refunded"],
            used=[row["id"] for row in rows if row["state"] == "used"],
        )

    async def irregular(self, event_id: EventId, after: int, limit: int) -> list[Irregular]:
        """The oldest first, from the `after`-th on."""
        rows = await self._database.fetch(_IRREGULAR, event_id, after, limit)
        return [
            Irregular(
                row["ticket_id"],
                row["outcome"],
                Entry(row["device"], row["scanned_at"]),
                Entry(row["first_device"], row["first_at"]) if row["first_device"] else None,
            )
            for row in rows
        ]

    def _ticket(self, event: Event, row: asyncpg.Record) -> Ticket:
        kind = event.type_numbers[row["type"]]
        code = self._codes.make(event.id, row["id"])
        return Ticket(row["id"], code, kind.name, _seat(event, row["seat"]), row["price"])


def _seat(event: Event, idx: int | None) -> Seat | None:
    if idx is None:
        return None
    seat = event.layout.seat(idx)
    return Seat(seat.section, seat.row, seat.number)
