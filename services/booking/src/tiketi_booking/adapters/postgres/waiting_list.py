"""The waiting list in Postgres.

Whoever changes an entry locks it first, then what its hold needs in the order of
`sql/functions/README.md`.
"""

from collections.abc import Mapping, Sequence

import asyncpg
import msgspec

from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.deliveries import MAIL, SeatsOffered
from tiketi_booking.domain.waiting_list import Offer, Place, Waiter
from tiketi_booking.errors import NotWaiting, PaymentUnderWay
from tiketi_shared.ids import EventId, HoldId, TicketTypeId, UserId, new_id

_PLACE = """
SELECT w.id, w.status, w.ticket_type, w.quantity, w.joined_at, w.hold_id, h.expires_at,
    (SELECT count(*) FROM waiting_list o
     WHERE o.event_id = w.event_id AND o.status = 'waiting' AND o.place <= w.place) AS position,
    (SELECT count(*) FROM waiting_list o
     WHERE o.event_id = w.event_id AND o.status = 'waiting') AS total
FROM waiting_list w LEFT JOIN holds h ON h.id = w.hold_id
WHERE w.event_id = $1 AND w.user_id = $2
ORDER BY w.place DESC LIMIT 1
"""

_LIVE = """
SELECT id, hold_id FROM waiting_list
WHERE event_id = $1 AND user_id = $2 AND status IN ('waiting', 'offered') FOR UPDATE
"""

_HOLD = """
SELECT h.state, EXISTS (
    SELECT FROM payments p WHERE p.hold_id = h.id AND p.status IN ('started', 'pending')
) AS under_way
FROM holds h WHERE h.id = $1 FOR NO KEY UPDATE
"""

_SETTLE = """
UPDATE waiting_list w
SET status = CASE h.state WHEN 'paid' THEN 'taken' WHEN 'expired' THEN 'lapsed' ELSE 'left' END
FROM holds h WHERE w.status = 'offered' AND h.id = w.hold_id AND h.state <> 'live'
"""

_EVENTS = """
SELECT e.id FROM events e JOIN stock s ON s.event_id = e.id
WHERE s.available > 0 AND NOT e.cancelled AND now() BETWEEN e.sale_opens_at AND e.sale_closes_at
    AND EXISTS (SELECT FROM waiting_list w WHERE w.event_id = e.id AND w.status = 'waiting')
    AND is_waiting_list_next(e.id, now())
"""

_WAITERS = """
SELECT w.id, w.user_id, w.quantity, w.ticket_type, w.place
FROM waiting_list w JOIN users u ON u.id = w.user_id AND u.erased_at IS NULL
WHERE w.event_id = $1 AND w.status = 'waiting' AND w.place > $2
    AND w.quantity <= CASE WHEN w.ticket_type IS NULL
        THEN (SELECT max(free) FROM unnest($4::integer[]) AS free)
        ELSE (SELECT f.free FROM unnest($3::smallint[], $4::integer[]) AS f (type, free)
              WHERE f.type = w.ticket_type) END
ORDER BY w.place LIMIT $5
"""

_LOCK = "SELECT FROM waiting_list WHERE id = $1 AND status = 'waiting' FOR UPDATE SKIP LOCKED"

_LOCK_OFFERED = "SELECT lock_offered($1, $2, $3, $4, $5)"

_TAKE = """
SELECT outcome, expires_at FROM take_holds(
    $1, $2, ARRAY[$3], ARRAY[$4], ARRAY[NULL]::text[], ARRAY[NULL]::timestamptz[],
    ARRAY[NULL]::bytea[], ARRAY[NULL]::bytea[], ARRAY[$5]::smallint[], ARRAY[$6]::integer[],
    array_fill(1, ARRAY[cardinality($7::integer[])]), $7::integer[])
"""

_TELL_LIVE = """
INSERT INTO outbox (event_id, messages)
VALUES ($1, json_build_array(hold_offered($1, $2, $3, $4)))
"""

_LINE_TOLD = """
INSERT INTO lines (event_id, waiting, told_at)
SELECT event_id, waiting, now() FROM unnest($1::text[], $2::integer[]) AS told (event_id, waiting)
ON CONFLICT (event_id) DO UPDATE SET waiting = excluded.waiting, told_at = excluded.told_at
"""

_TELL = """
INSERT INTO deliveries (id, lane, message_id, message) VALUES ($1, $2, $3, $4)
"""


class PostgresWaitingList:
    """Raises Unavailable when Postgres is not there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def join(
        self, event_id: EventId, user_id: UserId, ticket_type: int | None, quantity: int
    ) -> bool:
        new = await self._database.value(
            """
            INSERT INTO waiting_list (id, event_id, user_id, ticket_type, quantity)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (event_id, user_id) WHERE status IN ('waiting', 'offered') DO NOTHING
            RETURNING true
            """,
            new_id(), event_id, user_id, ticket_type, quantity,
        )  # fmt: skip
        return new is not None

    async def place(self, event_id: EventId, user_id: UserId) -> Place | None:
        row = await self._database.row(_PLACE, event_id, user_id)
        if row is None:
            return None
        offered = row["status"] == "offered"
        return Place(
            row["id"], row["status"], row["ticket_type"], row["quantity"], row["joined_at"],
            row["position"] if row["status"] == "waiting" else None, row["total"],
            row["hold_id"] if offered else None, row["expires_at"] if offered else None,
        )  # fmt: skip

    async def leave(self, event_id: EventId, user_id: UserId) -> bool:
        async with self._database.transaction() as connection:
            entry = await connection.fetchrow(_LIVE, event_id, user_id)
            if entry is None:
                return False
            if entry["hold_id"] is not None:
                await _give_up_offer(connection, event_id, entry["hold_id"])
            await connection.execute(
                "UPDATE waiting_list SET status = 'left' WHERE id = $1", entry["id"]
            )
        return True

    async def settle(self) -> None:
        await self._database.execute(_SETTLE)

    async def events(self) -> list[EventId]:
        return [row["id"] for row in await self._database.fetch(_EVENTS)]

    async def waiters(
        self, event: Event, free: Mapping[TicketTypeId, int], after: int, limit: int
    ) -> list[Waiter]:
        numbers = [event.type_ids[type_id].number for type_id in free]
        rows = await self._database.fetch(
            _WAITERS, event.id, after, numbers, list(free.values()), limit
        )
        types = event.type_numbers
        return [
            Waiter(
                row["id"], row["user_id"], row["quantity"],
                None if row["ticket_type"] is None else types[row["ticket_type"]].id,
                row["place"],
            )
            for row in rows
        ]  # fmt: skip

    async def line_told(self, waiting: Mapping[EventId, int]) -> None:
        known = sorted(waiting)  # in one order, so that two tellings do not wait for each other
        await self._database.execute(_LINE_TOLD, known, [waiting[event_id] for event_id in known])

    async def offer(self, event: Event, offer: Offer, seats: Sequence[int], seconds: float) -> bool:
        async with self._database.transaction() as connection:
            if await connection.fetchrow(_LOCK, offer.waiter.entry_id) is None:
                return False
            return await _offered(connection, event, offer, seats, seconds)


async def _give_up_offer(
    connection: asyncpg.Connection, event_id: EventId, hold_id: HoldId
) -> None:
    hold = await connection.fetchrow(_HOLD, hold_id)
    if hold["state"] == "paid":
        raise NotWaiting("the offer was taken")
    if hold["under_way"]:
        raise PaymentUnderWay("the offer is being paid for")
    await connection.fetch("SELECT end_holds($1, ARRAY[$2], 'released')", event_id, hold_id)


async def _offered(
    connection: asyncpg.Connection,
    event: Event,
    offer: Offer,
    seats: Sequence[int],
    seconds: float,
) -> bool:
    waiter, hold_id = offer.waiter, HoldId(new_id())
    kind = event.type_ids[offer.ticket_type_id]
    type_number = kind.number if kind.kind == "general" else 0
    await connection.execute(
        _LOCK_OFFERED, event.id, waiter.user_id, kind.number, waiter.quantity, seats
    )
    taken = await connection.fetchrow(
        _TAKE, event.id, seconds, hold_id, waiter.user_id, type_number, waiter.quantity, seats
    )
    if taken["outcome"] == "limit":
        await connection.execute(
            "UPDATE waiting_list SET status = 'lapsed' WHERE id = $1", waiter.entry_id
        )
    if taken["outcome"] != "held":
        return False
    await connection.execute(
        "UPDATE waiting_list SET status = 'offered', hold_id = $2 WHERE id = $1",
        waiter.entry_id, hold_id,
    )  # fmt: skip
    await connection.execute(_TELL_LIVE, event.id, waiter.user_id, hold_id, taken["expires_at"])
    message = SeatsOffered(
        event.id, waiter.user_id, hold_id, kind.id, waiter.quantity,
        taken["expires_at"].timestamp(),
    )  # fmt: skip
    await connection.execute(
        _TELL, new_id(), MAIL, f"offer-{hold_id}", msgspec.json.encode(message).decode()
    )
    return True
