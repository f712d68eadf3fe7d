"""Events, seat maps and availability, as everyone sees them."""

from datetime import datetime

from tiketi_booking.domain.catalogue import Kind
from tiketi_booking.web.schemas.base import View
from tiketi_shared.sale import Phase


class TicketTypeView(View, frozen=True, kw_only=True):
    id: str
    name: str
    price: int
    kind: Kind
    capacity: int


class EventSummary(View, frozen=True, kw_only=True):
    """`time_zone` is where the event is, an IANA name such as `Asia/Seoul`: pages show its times in
    it, as tickets and mails do."""

    id: str
    name: str
    venue: str
    starts_at: datetime
    time_zone: str
    sale_opens_at: datetime
    sale_closes_at: datetime
    phase: Phase
    price_from: int
    currency: str
    seats_total: int
    seats_left: int


class EventList(View, frozen=True, kw_only=True):
    events: list[EventSummary]
    next_cursor: str | None


class EventView(EventSummary, frozen=True, kw_only=True):
    ticket_types: list[TicketTypeView]
    max_per_user: int


class SeatOnMap(View, frozen=True, kw_only=True):
    id: str
    section: str
    row: str
    number: str
    ticket_type_id: str
    x: float
    y: float
    accessible: bool


class SeatMapView(View, frozen=True, kw_only=True):
    event_id: str
    seats: list[SeatOnMap]


class GeneralLeft(View, frozen=True, kw_only=True):
    ticket_type_id: str
    left: int


class AvailabilityView(View, frozen=True, kw_only=True):
    version: int
    states: str
    general: list[GeneralLeft]
