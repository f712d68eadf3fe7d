"""Events, ticket types and layouts in Postgres.

What cannot be used in a row (`event_rows`) is named by `Event.unreadable`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.adapters.postgres.event_rows import (
    ALL_USABLE,
    READ_TIMES,
    TIMES,
    decoded,
    queue_of,
    unreadable_times,
)
from tiketi_booking.domain.catalogue import Event, EventPage, SeatMap, TicketType
from tiketi_booking.domain.changes import Changes
from tiketi_booking.domain.layout import Layout, Section
from tiketi_booking.errors import SeatsTaken
from tiketi_shared.decoding import FIRST_MOMENT
from tiketi_shared.errors import NotFound
from tiketi_shared.ids import EventId, TicketTypeId
from tiketi_shared.logs import get_logger
from tiketi_shared.messages import SaleChanged
from tiketi_shared.sale import QueueSettings

_EVENTS = f"""
SELECT e.id, e.name, e.venue, e.currency, e.max_per_user, e.queue, e.version, e.cancelled,
    e.field_versions, {READ_TIMES}, l.sections, (
    SELECT json_agg(json_build_array(t.number, t.id, t.name, t.price, t.kind, t.capacity)
                    ORDER BY t.number)
    FROM ticket_types t WHERE t.event_id = e.id
) AS types
FROM events e JOIN layouts l ON l.event_id = e.id
"""  # noqa: S608  made of constants  # nosec B608

_SEATS = """
INSERT INTO seats (event_id, idx, type, state)
SELECT $1, idx, part.type, CASE WHEN idx = ANY ($5::integer[]) THEN 'x'::"char" ELSE 'a' END
FROM unnest($2::integer[], $3::integer[], $4::smallint[]) AS part (first, last, type)
CROSS JOIN LATERAL generate_series(part.first, part.last - 1) AS idx
"""

_CHANGE = """
UPDATE events SET
    name = coalesce($2, name), venue = coalesce($3, venue), starts_at = coalesce($4, starts_at),
    sale_opens_at = coalesce($5, sale_opens_at), sale_closes_at = coalesce($6, sale_closes_at),
    max_per_user = coalesce($7, max_per_user), cancelled = cancelled OR coalesce($8, false),
    queue = CASE jsonb_typeof(queue) WHEN 'object' THEN queue || $9 ELSE $9 END,
    version = version + 1,
    field_versions = field_versions || (
        SELECT coalesce(jsonb_object_agg(field, events.version + 1), '{}')
        FROM unnest($10::text[]) AS field)
WHERE id = $1 RETURNING version
"""
_COLUMNS = ("name", "venue", *TIMES, "max_per_user", "cancelled")

_VERSIONS = msgspec.json.Decoder(dict[str, int])
_SECTIONS = msgspec.json.Decoder(tuple[Section, ...])
_TYPES = msgspec.json.Decoder(tuple[tuple[int, TicketTypeId, str, int, Any, int], ...])

log = get_logger(__name__)


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
        one known. Unreadable ones are left out."""
        where = f"WHERE greatest(e.sale_closes_at, e.starts_at) > $2 AND {ALL_USABLE}"
        arguments: list[Any] = [limit + 1, since]
        if after is not None:
            where += " AND (e.starts_at, e.id) > ($3, $4)"
            arguments += after
        rows = await self._database.fetch(
            f"{_EVENTS} {where} ORDER BY e.starts_at, e.id LIMIT $1", *arguments
        )
        return _page(rows, limit)

    async def all(self, limit: int, before: tuple[datetime, str] | None) -> EventPage:
        """Every event, the one that starts last first; `before` is the last one known. Unreadable
        ones are left out."""
        where = f"WHERE {ALL_USABLE}"
        arguments: list[Any] = [limit + 1]
        if before is not None:
            where += " AND (e.starts_at, e.id) < ($2, $3)"
            arguments += before
        rows = await self._database.fetch(
            f"{_EVENTS} {where} ORDER BY e.starts_at DESC, e.id DESC LIMIT $1", *arguments
        )
        return _page(rows, limit)

    async def create(self, event: Event, seat_map: SeatMap) -> None:
        """Writes the event and its seats in one transaction."""
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

    async def change(self, event_id: EventId, plan: Callable[[Event], Changes]) -> None:
        """Raises SeatsTaken when a capacity would fall below what is held and sold."""
        async with self._database.transaction() as connection:
            # A statement of its own: the next one must see what whoever had the lock committed.
            await connection.execute("SELECT FROM events WHERE id = $1 FOR NO KEY UPDATE", event_id)
            row = await connection.fetchrow(f"{_EVENTS} WHERE e.id = $1", event_id)
            if row is None:
                raise NotFound("no such event")
            changes = plan(_event(row))
            if not changes.fields:
                return
            version = await connection.fetchval(
                _CHANGE, event_id, *(changes.columns.get(name) for name in _COLUMNS),
                _json(changes.queue), changes.fields,
            )  # fmt: skip
            try:
                await self._change_types(connection, event_id, changes.ticket_types)
            except asyncpg.CheckViolationError as error:
                raise SeatsTaken("more tickets are held and sold than the new capacity") from error
            await _tell(connection, event_id, version)

    async def _change_types(
        self, connection: asyncpg.Connection, event_id: EventId, types: Sequence[TicketType]
    ) -> None:
        for kind in types:
            await connection.execute(
                "SELECT change_ticket_type($1, $2::smallint, $3, $4, $5)",
                event_id, kind.number, kind.name, kind.price, kind.capacity,
            )  # fmt: skip

    async def seat_map(self, event_id: EventId) -> SeatMap:
        """Raises NotFound."""
        row = await self._database.row(
            "SELECT etag, document FROM layouts WHERE event_id = $1", event_id
        )
        if row is None:
            raise NotFound("no such event")
        return SeatMap(row["etag"], row["document"])

    async def block(self, event_id: EventId, seats: Sequence[int], *, block: bool) -> list[int]:
        """Blocks or unblocks all of the seats or none. Returns the seats that prevented it."""
        in_the_way: list[int] = await self._database.value(
            "SELECT block_seats($1, $2, $3)", event_id, seats, block
        )
        return in_the_way

    async def record_draw(self, event_id: EventId, participants: int) -> int:
        """Returns the number that was recorded first. Raises NotFound."""
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
        """Raises NotFound for an unknown event, and for one without a draw."""
        kept = await self._database.value("SELECT participants FROM events WHERE id = $1", event_id)
        if kept is None:
            raise NotFound("no draw is recorded")
        return int(kept)


async def _tell(connection: asyncpg.Connection, event_id: EventId, version: int) -> None:
    message = msgspec.json.encode([SaleChanged(event_id, version)]).decode()
    await connection.execute(
        "INSERT INTO outbox (event_id, messages) VALUES ($1, $2)", event_id, message
    )


def _page(rows: Sequence[asyncpg.Record], limit: int) -> EventPage:
    """The first `limit` rows; one more says that another page follows. Unreadable events are left
    out."""
    shown = [_event(row) for row in rows[:limit]]
    following = (shown[-1].starts_at, shown[-1].id) if len(rows) > limit else None
    return EventPage([event for event in shown if not event.unreadable], following)


def _event(row: asyncpg.Record) -> Event:
    unreadable = unreadable_times(row)
    queue, sections = queue_of(row), decoded(_SECTIONS, row["sections"])
    unreadable += ["queue"] * (queue is None) + ["layout"] * (sections is None)
    if unreadable:
        log.error("event unreadable", event_id=row["id"], fields=unreadable)
    starts_at, opens_at, closes_at = (row[name] or FIRST_MOMENT for name in TIMES)
    return Event(
        row["id"], row["name"], row["venue"], starts_at, opens_at, closes_at, row["currency"],
        row["max_per_user"], queue or QueueSettings(paused=True), row["version"], row["cancelled"],
        tuple(TicketType(*kind) for kind in _TYPES.decode(row["types"])), Layout(sections or ()),
        tuple(unreadable), _VERSIONS.decode(row["field_versions"]),
    )  # fmt: skip


def _json(content: Any) -> str:
    return msgspec.json.encode(content).decode()
