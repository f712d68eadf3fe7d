"""Events, ticket types and layouts in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.domain.catalogue import Event, EventPage, SeatMap, TicketType
from tiketi_booking.domain.layout import Layout, Section
from tiketi_booking.errors import SeatsTaken
from tiketi_shared.errors import NotFound
from tiketi_shared.ids import EventId, TicketTypeId
from tiketi_shared.messages import SaleChanged
from tiketi_shared.sale import QueueSettings

_EVENTS = """
SELECT e.*, l.sections, (
    SELECT json_agg(json_build_array(t.number, t.id, t.name, t.price, t.kind, t.capacity)
                    ORDER BY t.number)
    FROM ticket_types t WHERE t.event_id = e.id
) AS types
FROM events e JOIN layouts l ON l.event_id = e.id
"""

_SEATS = """
INSERT INTO seats (event_id, idx, type, state)
SELECT $1, idx, part.type, CASE WHEN idx = ANY ($5::integer[]) THEN 'x'::"char" ELSE 'a' END
FROM unnest($2::integer[], $3::integer[], $4::smallint[]) AS part (first, last, type)
CROSS JOIN LATERAL generate_series(part.first, part.last - 1) AS idx
"""

_QUEUE = msgspec.json.Decoder(QueueSettings)
_SECTIONS = msgspec.json.Decoder(tuple[Section, ...])
_TYPES = msgspec.json.Decoder(tuple[tuple[int, TicketTypeId, str, int, Any, int], ...])


class PostgresCatalogue:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def event(self, event_id: EventId) -> Event:
        """Raises NotFound."""
        row = await self._database.row(f"{_EVENTS} WHERE e.id = $1", event_id)
        if row is None:
            raise NotFound("no such event")
        return _event(row)

    async def page(
        self, limit: int, after: tuple[datetime, str] | None, since: datetime
    ) -> EventPage:
        """Events that start, or whose sale closes, after `since`, by start; `after` is the last
        one known."""
        where = "WHERE greatest(e.sale_closes_at, e.starts_at) > $2"
        arguments: list[Any] = [limit + 1, since]
        if after is not None:
            where += " AND (e.starts_at, e.id) > ($3, $4)"
            arguments += after
        rows = await self._database.fetch(
            f"{_EVENTS} {where} ORDER BY e.starts_at, e.id LIMIT $1", *arguments
        )
        return EventPage([_event(row) for row in rows[:limit]], more=len(rows) > limit)

    async def all(self, limit: int, before: tuple[datetime, str] | None) -> EventPage:
        """Every event, the one that starts last first; `before` is the last one known."""
        where, arguments = "", list[Any]([limit + 1])
        if before is not None:
            where = "WHERE (e.starts_at, e.id) < ($2, $3)"
            arguments += before
        rows = await self._database.fetch(
            f"{_EVENTS} {where} ORDER BY e.starts_at DESC, e.id DESC LIMIT $1", *arguments
        )
        return EventPage([_event(row) for row in rows[:limit]], more=len(rows) > limit)

    async def create(self, event: Event, seat_map: SeatMap) -> None:
        """The event with its seats, all or nothing."""
        total = sum(kind.capacity for kind in event.ticket_types)
        blocked = sorted(event.layout.blocked)
        async with self._database.transaction() as connection:
            await connection.execute(
                """
                INSERT INTO events (id, name, venue, starts_at, sale_opens_at, sale_closes_at,
                                    currency, max_per_user, queue)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                """,
                event.id, event.name, event.venue, event.starts_at, event.sale_opens_at,
                event.sale_closes_at, event.currency, event.max_per_user, _json(event.queue),
            )  # fmt: skip
            await connection.executemany(
                """
                INSERT INTO ticket_types (event_id, number, id, name, price, kind, capacity)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                """,
                [
                    (
                        event.id,
                        kind.number,
                        kind.id,
                        kind.name,
                        kind.price,
                        kind.kind,
                        kind.capacity,
                    )
                    for kind in event.ticket_types
                ],
            )
            await connection.execute(
                """
                INSERT INTO stock (event_id, total, available, blocked)
                VALUES ($1, $2, $2 - $3::integer, $3)
                """,
                event.id, total, len(blocked),
            )  # fmt: skip
            await connection.execute(
                "INSERT INTO layouts (event_id, etag, sections, document) VALUES ($1, $2, $3, $4)",
                event.id, seat_map.etag, _json(event.layout.sections), seat_map.document,
            )  # fmt: skip
            parts = list(event.layout.ticket_types())
            await connection.execute(
                _SEATS, event.id, [indices.start for indices, _ in parts],
                [indices.stop for indices, _ in parts],
                [event.type_names[name].number for _, name in parts], blocked, timeout=60,
            )  # fmt: skip
            await _tell(connection, event.id, event.version)

    async def change(self, before: Event, after: Event) -> None:
        """Raises SeatsTaken when a capacity would fall below what is held and sold."""
        async with self._database.transaction() as connection:
            version = await connection.fetchval(
                """
                UPDATE events SET name = $2, venue = $3, starts_at = $4, sale_opens_at = $5,
                    sale_closes_at = $6, max_per_user = $7, cancelled = $8, version = version + 1
                WHERE id = $1 RETURNING version
                """,
                after.id, after.name, after.venue, after.starts_at,
                after.sale_opens_at, after.sale_closes_at, after.max_per_user, after.cancelled,
            )  # fmt: skip
            try:
                await self._change_types(connection, before, after)
            except asyncpg.CheckViolationError as error:
                raise SeatsTaken("more are held and sold than the new capacity") from error
            await _tell(connection, after.id, version)

    async def _change_types(
        self, connection: asyncpg.Connection, before: Event, after: Event
    ) -> None:
        for kind, old in zip(after.ticket_types, before.ticket_types, strict=True):
            if kind != old:
                await connection.execute(
                    "SELECT change_ticket_type($1, $2::smallint, $3, $4, $5)",
                    after.id, kind.number, kind.name, kind.price, kind.capacity,
                )  # fmt: skip

    async def change_queue(self, event_id: EventId, queue: QueueSettings) -> None:
        async with self._database.transaction() as connection:
            version = await connection.fetchval(
                """
                UPDATE events SET queue = $2, version = version + 1 WHERE id = $1
                RETURNING version
                """,
                event_id, _json(queue),
            )  # fmt: skip
            await _tell(connection, event_id, version)

    async def seat_map(self, event_id: EventId) -> SeatMap:
        """Raises NotFound."""
        row = await self._database.row(
            "SELECT etag, document FROM layouts WHERE event_id = $1", event_id
        )
        if row is None:
            raise NotFound("no such event")
        return SeatMap(row["etag"], row["document"])

    async def block(self, event_id: EventId, seats: Sequence[int], *, block: bool) -> list[int]:
        """All of them or none; the seats that stood in the way."""
        in_the_way: list[int] = await self._database.value(
            "SELECT block_seats($1, $2, $3)", event_id, seats, block
        )
        return in_the_way

    async def record_draw(self, event_id: EventId, participants: int) -> int:
        """The number recorded first. Raises NotFound."""
        kept = await self._database.value(
            """
            UPDATE events SET participants = coalesce(participants, $2) WHERE id = $1
            RETURNING participants
            """,
            event_id, participants,
        )  # fmt: skip
        if kept is None:
            raise NotFound("no such event")
        return int(kept)

    async def draw(self, event_id: EventId) -> int:
        """Raises NotFound for an event that is not there or not drawn."""
        kept = await self._database.value("SELECT participants FROM events WHERE id = $1", event_id)
        if kept is None:
            raise NotFound("no draw is recorded")
        return int(kept)


async def _tell(connection: asyncpg.Connection, event_id: EventId, version: int) -> None:
    message = msgspec.json.encode([SaleChanged(event_id, version)]).decode()
    await connection.execute(
        "INSERT INTO outbox (event_id, messages) VALUES ($1, $2)", event_id, message
    )


def _event(row: asyncpg.Record) -> Event:
    return Event(
        row["id"], row["name"], row["venue"], row["starts_at"], row["sale_opens_at"],
        row["sale_closes_at"], row["currency"], row["max_per_user"], _QUEUE.decode(row["queue"]),
        row["version"], row["cancelled"],
        tuple(TicketType(*kind) for kind in _TYPES.decode(row["types"])),
        Layout(_SECTIONS.decode(row["sections"])),
    )  # fmt: skip


def _json(content: Any) -> str:
    return msgspec.json.encode(content).decode()
