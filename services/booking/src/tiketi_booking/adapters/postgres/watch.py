"""What every instance knows of the sales without asking: counters, settings, pictures of seats.

One query every `seconds` reads the counters of all current events; they tell when an event's facts
changed (its cached copy is dropped) and when its seats did. The picture of an event's seats is made
when it is first asked for, and then brought up to date from the outbox, whose rows of an event have
consecutive versions. A change made by this instance is looked at when it is next asked for, so that
whoever holds a seat sees it held.
"""

import asyncio
import time
from collections.abc import Callable, Iterable

import asyncpg
import msgspec

from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.adapters.postgres.event_rows import READ_TIMES, queue_of, unreadable_times
from tiketi_booking.domain.availability import Availability
from tiketi_booking.domain.counters import Counters
from tiketi_shared.errors import NotFound
from tiketi_shared.ids import EventId
from tiketi_shared.logs import get_logger
from tiketi_shared.messages import SeatsChanged
from tiketi_shared.sale import QueueSettings, Sale

_COUNTERS = f"""
SELECT e.id, e.name, e.version, {READ_TIMES}, e.queue, e.cancelled,
    e.currency, s.version AS seats_version, s.total, s.available, s.held, s.sold, s.open_holds,
    s.holds_returned, s.orders, s.refunds, s.revenue, s.admissions_used
FROM events e JOIN stock s ON s.event_id = e.id
WHERE e.sale_closes_at > now() - interval '1 day'
ORDER BY e.starts_at, e.id LIMIT 10000
"""  # noqa: S608  made of constants  # nosec B608

_PICTURE = """
SELECT s.version,
    coalesce((SELECT string_agg(state::text, '' ORDER BY idx) FROM seats WHERE event_id = $1), '')
        AS states,
    (SELECT array_agg((t.id, t.capacity - t.held - t.sold)) FROM ticket_types t
     WHERE t.event_id = $1 AND t.kind = 'general') AS general
FROM stock s WHERE s.event_id = $1
"""

_CHANGES = """
SELECT version, messages FROM outbox WHERE event_id = $1 AND version > $2
ORDER BY version LIMIT 500
"""

_MESSAGES = msgspec.json.Decoder(list[msgspec.Raw])
_CHANGED = msgspec.json.Decoder(SeatsChanged)

MAX_PICTURES = 500

log = get_logger(__name__)


class Watch:
    def __init__(
        self, database: Database, changed: Callable[[EventId], None], *, seconds: float = 0.25
    ) -> None:
        self._database, self._changed, self._seconds = database, changed, seconds
        self._counters: dict[EventId, Counters] = {}
        self._pictures: dict[EventId, Availability] = {}
        self._locks: dict[EventId, asyncio.Lock] = {}
        self._unreadable: dict[EventId, int] = {}
        self._reading: asyncio.Task[None] | None = None
        self._read_at = float("-inf")
        self._changes = self._changes_seen = 0

    async def counters(self) -> dict[EventId, Counters]:
        """The counters of all current events, at most `seconds` old. Raises Unavailable."""
        changes = self._changes
        if time.monotonic() - self._read_at > self._seconds:
            await self._read()
        while self._changes_seen < changes:  # a reading under way may have begun before the last
            await self._read()
        return self._counters

    async def known_counters(self) -> dict[EventId, Counters]:
        """As `counters`, but returns the last known ones while Postgres is unavailable."""
        if self._read_at == float("-inf"):
            return await self.counters()
        return self._counters

    def touched(self) -> None:
        """Call after a change by this instance: the next reader waits for fresh counters."""
        self._changes += 1

    async def picture(self, event_id: EventId) -> Availability:
        """The seats as last read; do not change the result. Raises NotFound, Unavailable."""
        known = self._pictures.get(event_id)
        counters = (await self.counters()).get(event_id)
        if known is not None and counters is not None and known.version >= counters.seats_version:
            return known
        lock = self._locks.setdefault(event_id, asyncio.Lock())
        async with lock:
            return await self._brought_up(event_id)

    async def keep_reading(self) -> None:
        """Reads the counters again and again, for a background task."""
        while True:
            await self.counters()
            await asyncio.sleep(self._seconds)

    async def _read(self) -> None:
        """Runs one query at a time and shares its result with all callers that wait."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.ensure_future(self._read_now())
        await asyncio.shield(self._reading)

    async def _read_now(self) -> None:
        changes, started = self._changes, time.monotonic()
        rows = await self._database.fetch(_COUNTERS)
        before, self._counters = self._counters, self._readable(rows)
        self._read_at, self._changes_seen = started, changes
        self._notice(before)

    def _readable(self, rows: Iterable[asyncpg.Record]) -> dict[EventId, Counters]:
        """Leaves out events that cannot be read, and logs each once per version."""
        counters: dict[EventId, Counters] = {}
        unreadable: dict[EventId, int] = {}
        for row in rows:
            event_id = row["id"]
            queue, fields = queue_of(row), unreadable_times(row)
            if queue is not None and not fields:
                counters[event_id] = _counters(row, queue)
                continue
            unreadable[event_id] = row["version"]
            if self._unreadable.get(event_id) != row["version"]:
                fields += ["queue"] * (queue is None)
                log.error("event unreadable", event_id=event_id, fields=fields)
        self._unreadable = unreadable
        return counters

    def _notice(self, before: dict[EventId, Counters]) -> None:
        for event_id, now in self._counters.items():
            old = before.get(event_id)
            if old is None or old.sale.version != now.sale.version:
                self._changed(event_id)
        for event_id in before.keys() - self._counters.keys():
            self._pictures.pop(event_id, None)
            self._locks.pop(event_id, None)

    async def _brought_up(self, event_id: EventId) -> Availability:
        picture = self._pictures.get(event_id)
        if picture is not None:
            rows = await self._database.fetch(_CHANGES, event_id, picture.version)
            if _painted(picture, ((row["version"], row["messages"]) for row in rows)):
                return picture
        picture = await self._taken(event_id)
        self._pictures[event_id] = picture
        while len(self._pictures) > MAX_PICTURES:
            self._pictures.pop(next(iter(self._pictures)))
        return picture

    async def _taken(self, event_id: EventId) -> Availability:
        row = await self._database.row(_PICTURE, event_id)
        if row is None:
            raise NotFound("no such event")
        return Availability(
            row["version"], bytearray(row["states"].encode()), dict(row["general"] or ())
        )


def _painted(picture: Availability, rows: Iterable[tuple[int, str]]) -> bool:
    """Applies the changes to the picture. Returns False if a version is missing."""
    count = 0
    for version, messages in rows:
        count += 1
        first = _CHANGED.decode(_MESSAGES.decode(messages)[0])
        if not picture.apply(version, first.changes, first.general):
            return False
    return 0 < count < 500


def _counters(row: asyncpg.Record, queue: QueueSettings) -> Counters:
    sale = Sale(
        event_id=row["id"],
        name=row["name"],
        version=row["version"],
        sale_opens_at=row["sale_opens_at"].timestamp(),
        sale_closes_at=row["sale_closes_at"].timestamp(),
        queue=queue,
        seats_total=row["total"],
        seats_left=row["available"],
        open_holds=row["open_holds"],
        seats_held=row["held"],
        seats_sold=row["sold"],
        holds_paid=row["orders"],
        holds_returned=row["holds_returned"],
        cancelled=row["cancelled"],
    )
    return Counters(
        sale, row["currency"], row["seats_version"], row["held"], row["sold"], row["orders"],
        row["refunds"], row["revenue"], row["admissions_used"],
    )  # fmt: skip
