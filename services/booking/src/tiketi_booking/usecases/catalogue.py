"""Events: made and changed by organisers, read by everyone from memory."""

import asyncio
import gzip
import hashlib
import random
import re
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from tiketi_booking.domain.availability import Availability
from tiketi_booking.domain.best_available import best_available
from tiketi_booking.domain.catalogue import (
    Event,
    EventChange,
    EventPage,
    NewEvent,
    QueueChange,
    SeatMap,
    TicketType,
    capacities,
    event_errors,
    seat_map,
)
from tiketi_booking.domain.changes import Changes, planned_change, planned_queue_change
from tiketi_booking.domain.holds import HoldOrder, Quantity, known_seats
from tiketi_booking.domain.layout import Layout, seat_id
from tiketi_booking.domain.nearest import with_others
from tiketi_booking.errors import SeatsTaken
from tiketi_booking.ports import CatalogueStore, Committed, SeatSource
from tiketi_booking.usecases.refilling import Refilling
from tiketi_shared.decoding import FIRST_MOMENT, LAST_MOMENT
from tiketi_shared.errors import BadRequest, Invalid, NotFound
from tiketi_shared.ids import EventId, TicketTypeId, is_id, new_id

FIRST_PAGE = ""
SHOWN_AFTER = timedelta(days=1)
"""How long an event is listed once its sale has closed and it has started."""

_MICROSECONDS = re.compile(r"[0-9]{1,18}")
_LAST_MICROSECOND = (LAST_MOMENT - FIRST_MOMENT) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Encoded:
    """An answer made once: plain and compressed by gzip, and its ETag (without quotes)."""

    etag: str
    plain: bytes
    gzipped: bytes
    version: int


@dataclass(slots=True)
class Catalogue:
    """Read from memory, at most `seconds` old, and forgotten when `changed` is called."""

    store: CatalogueStore
    seconds: float
    _events: Refilling[Event] = field(init=False)
    _pages: Refilling[EventPage] = field(init=False)
    _maps: Refilling[SeatMap] = field(init=False)

    def __post_init__(self) -> None:
        self._events = Refilling(self._load_event, seconds=self.seconds)
        self._pages = Refilling(self._load_page, seconds=self.seconds, limit=100)
        self._maps = Refilling(self._load_map, seconds=3600, limit=20)

    async def event(self, event_id: EventId) -> Event:
        """Raises NotFound."""
        if not is_id(event_id):
            raise NotFound("no such event")
        return await self._events.get(event_id)

    async def page(self, limit: int, cursor: str | None) -> tuple[EventPage, str | None]:
        """Events until a day after their sale and their start, and the cursor of the next page."""
        page = await self._pages.get(f"{limit}.{cursor or FIRST_PAGE}")
        return page, _following(page)

    async def seat_map(self, event_id: EventId) -> SeatMap:
        return await self._maps.get(event_id)

    def changed(self, event_id: EventId) -> None:
        """Forget what is kept of it."""
        self._events.clear(event_id)
        self._pages.clear_all()

    async def _load_event(self, event_id: str) -> Event:
        return await self.store.event(EventId(event_id))

    async def _load_map(self, event_id: str) -> SeatMap:
        return await self.store.seat_map(EventId(event_id))

    async def _load_page(self, key: str) -> EventPage:
        limit, _, cursor = key.partition(".")
        since = datetime.now(UTC) - SHOWN_AFTER
        return await self.store.page(int(limit), _after(cursor), since)


@dataclass(slots=True)
class SeatPictures:
    """Availability as clients get it, encoded once a version, and the choice of the best seats."""

    seats: SeatSource
    chance: random.Random
    limit: int = 200
    _encoded: OrderedDict[EventId, Encoded] = field(default_factory=OrderedDict, init=False)

    async def encoded(self, event_id: EventId) -> Encoded:
        picture = await self.seats.picture(event_id)
        known = self._encoded.get(event_id)
        if known is None or known.version != picture.version:
            known = self._encoded[event_id] = _encode(event_id, picture)
            while len(self._encoded) > self.limit:
                self._encoded.popitem(last=False)
        return known

    async def best(self, event: Event, wish: Quantity, avoid: set[int]) -> list[int] | None:
        """Seats to try for, none of those to `avoid`; None when there are not as many. Wheelchair
        seats only where nothing else is left."""
        picture = await self.seats.picture(event.id)
        states = bytearray(picture.states)
        for idx in avoid:
            states[idx] = ord("h")
        plain = event.layout.without_accessible(states)
        return self._best(event, wish, plain) or self._best(event, wish, states)

    def _best(self, event: Event, wish: Quantity, states: bytearray) -> list[int] | None:
        name = event.type_numbers[wish.type_number].name
        return best_available(states, event.layout.rows(name), wish.quantity, self.chance)

    async def with_others(self, event: Event, orders: Sequence[HoldOrder]) -> Sequence[HoldOrder]:
        """The orders, those of people who agreed to other seats with the ones that would do."""
        if all(order.wish is None for order in orders):
            return orders
        picture = await self.seats.picture(event.id)
        return with_others(orders, picture.states, event.layout)


@dataclass(frozen=True, slots=True)
class Organising:
    """What organisers change; every change is seen by all instances within a second."""

    store: CatalogueStore
    catalogue: Catalogue
    committed: Committed

    async def events(self, limit: int, cursor: str | None) -> tuple[EventPage, str | None]:
        """Every event, also those long over, and the cursor of the next page. The one that starts
        last comes first."""
        page = await self.store.all(limit, _after(cursor or FIRST_PAGE))
        return page, _following(page)

    async def create(self, new: NewEvent) -> Event:
        """Raises Invalid."""
        if errors := event_errors(new, datetime.now(UTC)):
            raise Invalid(errors=errors)
        event = _planned(new)
        await self.store.create(event, await asyncio.to_thread(_compressed, event))
        self._seen(event.id)
        return event

    async def change(self, event_id: EventId, change: EventChange, seen: int | None) -> Event:
        """`seen` is the version of the event that the organiser has before them, if known.

        Raises NotFound, Invalid, SeatsTaken, ChangedMeanwhile.
        """
        now = datetime.now(UTC)
        return await self._change(event_id, lambda event: planned_change(event, change, now, seen))

    async def change_queue(self, event_id: EventId, change: QueueChange, seen: int | None) -> Event:
        """As `change`, of the queue's settings."""
        return await self._change(event_id, lambda event: planned_queue_change(event, change, seen))

    async def block(self, event_id: EventId, seat_ids: tuple[str, ...], *, block: bool) -> None:
        """Take seats off sale, or put them back: all of them or none. Raises SeatsTaken."""
        event = await self.catalogue.event(event_id)
        seats = known_seats(seat_ids, event)
        in_the_way = await self.store.block(event_id, seats, block=block)
        self._seen(event_id)
        if in_the_way:
            raise SeatsTaken(
                "some of these seats are held or sold",
                unavailable=[seat_id(idx) for idx in in_the_way],
            )

    async def record_draw(self, event_id: EventId, participants: int) -> int:
        """The number that was recorded first. Raises NotFound."""
        return await self.store.record_draw(event_id, participants)

    async def draw(self, event_id: EventId) -> int:
        """Raises NotFound."""
        return await self.store.draw(event_id)

    async def _change(self, event_id: EventId, plan: Callable[[Event], Changes]) -> Event:
        await self.store.change(event_id, plan)
        self._seen(event_id)
        return await self.catalogue.event(event_id)

    def _seen(self, event_id: EventId) -> None:
        self.catalogue.changed(event_id)
        self.committed()


def _planned(new: NewEvent) -> Event:
    types = tuple(
        TicketType(number, TicketTypeId(new_id()), kind.name, kind.price, kind.kind, capacity)
        for number, (kind, capacity) in enumerate(
            zip(new.ticket_types, capacities(new), strict=True), 1
        )
    )
    return Event(
        EventId(new_id()), new.name.strip(), new.venue.strip(), new.starts_at, new.sale_opens_at,
        new.sale_closes_at, new.currency, new.max_per_user, new.queue, 1, False, types,
        Layout(new.layout.sections),
    )  # fmt: skip


def _compressed(event: Event) -> SeatMap:
    document = msgspec.json.encode(seat_map(event))
    etag = hashlib.sha256(document).hexdigest()[:32]
    return SeatMap(etag, gzip.compress(document, 6, mtime=0))


def _encode(event_id: EventId, picture: Availability) -> Encoded:
    general = [
        {"ticket_type_id": type_id, "left": left} for type_id, left in picture.general.items()
    ]
    plain = msgspec.json.encode(
        {"version": picture.version, "states": picture.states.decode(), "general": general}
    )
    compressor = zlib.compressobj(1, zlib.DEFLATED, 31)
    gzipped = compressor.compress(plain) + compressor.flush()
    return Encoded(f"{event_id}-{picture.version}", plain, gzipped, picture.version)


def _following(page: EventPage) -> str | None:
    if page.following is None:
        return None
    starts_at, event_id = page.following
    return f"{(starts_at - FIRST_MOMENT) // timedelta(microseconds=1)}-{event_id}"


def _after(cursor: str) -> tuple[datetime, str] | None:
    if cursor == FIRST_PAGE:
        return None
    micros, _, event_id = cursor.partition("-")
    known = _MICROSECONDS.fullmatch(micros) and is_id(event_id)
    if not known or int(micros) >= _LAST_MICROSECOND:
        raise BadRequest("`cursor` must be the `next_cursor` of an earlier page")
    return FIRST_MOMENT + timedelta(microseconds=int(micros)), event_id
