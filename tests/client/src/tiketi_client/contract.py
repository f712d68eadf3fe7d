"""Generated from the gateway's openapi.json and asyncapi.json by `make openapi`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminEventView:
    """What organisers see besides. `unreadable` names fields whose stored value cannot be used; the event is neither listed nor sold until they are changed."""

    id: str
    name: str
    venue: str
    starts_at: str
    time_zone: str
    sale_opens_at: str
    sale_closes_at: str
    phase: Literal["ended", "lobby", "on_sale", "paused", "scheduled", "sold_out"]
    price_from: int
    currency: str
    seats_total: int
    seats_left: int
    ticket_types: list[TicketTypeView]
    max_per_user: int
    queue: QueueSettings
    cancelled: bool
    version: int
    unreadable: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class AdmissionGrant:
    """`token` is the header `Queue-Admission` of a hold."""

    token: str
    expires_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AdmittedAnswer:
    ticket: AdmittedTicket


@dataclass(frozen=True, kw_only=True, slots=True)
class AdmittedTicket:
    """`seat` is null for general admission."""

    id: str
    order_id: str
    event_id: str
    event: str
    ticket_type: str
    seat: DoorSeat | None
    holder: str
    used_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiNow:
    """The gateways' requests of the last minute."""

    requests_per_second: float | None
    p95_seconds: float | None
    error_share: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AvailabilityView:
    version: int
    states: str
    general: list[GeneralLeft]


@dataclass(frozen=True, kw_only=True, slots=True)
class BookingHealthNow:
    """Booking's health as it measures it itself."""

    hold_seconds_p95: float | None
    checkout_seconds_p95: float | None
    error_share: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckIn:
    """With `event_id`, tickets of other events are refused; `device` names the door."""

    code: str
    event_id: str | None = None
    device: str | None = "door"


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkout:
    payment: PaymentWith


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """One event over time; each list is as long as `Series.at`, null where nothing was known."""

    waiting: list[int | None]
    active: list[int | None]
    admitted_per_second: list[float | None]
    sold: list[int | None]
    held: list[int | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryList:
    deliveries: list[DeliveryView]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryView:
    """`url` is the webhook's; `message` is the domain event that is delivered."""

    id: str
    kind: Literal["mail", "webhook"]
    url: str | None
    message_id: str
    message: dict[str, Any]
    status: Literal["delivered", "parked", "pending", "unsent"]
    attempts: int
    next_attempt_at: str | None
    last_error: str | None
    created_at: str
    delivered_at: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DoorSeat:
    section: str
    row: str
    number: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawDocument:
    """What proves the draw. `secret`, `opened_at_us` and `participants` are null before the opening. `tiketi-verify-draw` needs all of them."""

    event_id: str
    commitment: str
    algorithm: str
    secret: str | None
    opened_at_us: int | None
    participants: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Empty:
    """Nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Enter:
    event_id: str
    admission: AdmissionGrant


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryView:
    device: str
    scanned_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Error:
    field: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EventChange:
    """What is absent stays. `cancelled` cannot be taken back: everyone is refunded."""

    name: str | None = None
    venue: str | None = None
    starts_at: str | None = None
    sale_opens_at: str | None = None
    sale_closes_at: str | None = None
    max_per_user: int | None = None
    ticket_types: list[TicketTypeChange] | None = field(default_factory=list)
    cancelled: Literal[True] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EventChanged:
    """An organiser changed the event: fetch it again."""

    sale_version: int
    event_id: str
    epoch: str
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class EventList:
    events: list[EventSummary]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class EventNow:
    """One event whose line or sale is of interest now."""

    id: str
    name: str
    phase: Literal["ended", "lobby", "on_sale", "paused", "scheduled", "sold_out"]
    lobby: int | None
    waiting: int | None
    active: int | None
    capacity: int | None
    per_second: float | None
    pace: float | None
    admitted_per_second: float | None
    admitted_total: int | None
    drain_seconds: float | None
    oldest_wait_seconds: float | None
    passed_over: int | None
    no_shows_total: int | None
    seats_total: int | None
    sold: int | None
    held: int | None
    left: int | None
    revenue: int | None
    currency: str | None
    orders: int | None
    refunds: int | None
    sold_last_hour: int | None
    conversion: float | None
    series: Columns


@dataclass(frozen=True, kw_only=True, slots=True)
class EventSummary:
    """`time_zone` is where the event is, an IANA name such as `Asia/Seoul`: pages show its times in it, as tickets and mails do."""

    id: str
    name: str
    venue: str
    starts_at: str
    time_zone: str
    sale_opens_at: str
    sale_closes_at: str
    phase: Literal["ended", "lobby", "on_sale", "paused", "scheduled", "sold_out"]
    price_from: int
    currency: str
    seats_total: int
    seats_left: int


@dataclass(frozen=True, kw_only=True, slots=True)
class EventView:
    id: str
    name: str
    venue: str
    starts_at: str
    time_zone: str
    sale_opens_at: str
    sale_closes_at: str
    phase: Literal["ended", "lobby", "on_sale", "paused", "scheduled", "sold_out"]
    price_from: int
    currency: str
    seats_total: int
    seats_left: int
    ticket_types: list[TicketTypeView]
    max_per_user: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """Numbers that nobody has; to be left out when a position is computed from a number."""

    first: int
    last: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GeneralLeft:
    ticket_type_id: str
    left: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldSeat:
    """`id`, `section`, `row` and `number` are null for general admission."""

    id: str | None
    section: str | None
    row: str | None
    number: str | None
    ticket_type_id: str
    ticket_type: str
    price: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldAnswer:
    hold: HoldView


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldList:
    holds: list[HoldView]


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldView:
    """`order_id` is the order that its payment makes or has made; null before a payment begins and after one was declined."""

    id: str
    event_id: str
    seats: list[HeldSeat]
    total: int
    currency: str
    expires_at: str
    order_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldWish:
    """Either `seat_ids`, or `ticket_type_id` and `quantity`. `or_nearest`: where others were faster, as many seats of the same ticket type as near as can be are held at once; where there are none, those that come back, for as long as this is asked again at least every 30 seconds."""

    seat_ids: list[str] | None = None
    ticket_type_id: str | None = None
    quantity: int | None = None
    or_nearest: bool | None = False


@dataclass(frozen=True, kw_only=True, slots=True)
class HourReport:
    hour: str
    orders: int
    amount: int


@dataclass(frozen=True, kw_only=True, slots=True)
class IrregularList:
    irregular: list[IrregularView]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class IrregularView:
    """`double`: two doors let in the same ticket; `cancelled`: it had been refunded."""

    ticket_id: str
    outcome: Literal["cancelled", "double"]
    entry: EntryView
    first: EntryView | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LogIn:
    email: str
    password: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """What a door takes along to work offline: how to verify codes, and which ones open nothing. `revoked` tickets were refunded, `used` ones are inside already."""

    event_id: str
    event: str
    starts_at: str
    keys: list[PublicKeyView]
    revoked: list[str]
    used: list[str]
    as_of: str


Model: TypeAlias = Any


@dataclass(frozen=True, kw_only=True, slots=True)
class NewEvent:
    name: str
    venue: str
    starts_at: str
    sale_opens_at: str
    sale_closes_at: str
    ticket_types: list[NewTicketType]
    currency: str | None = "KRW"
    max_per_user: int | None = 4
    layout: NewLayout | None = None
    queue: QueueSettings | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewLayout:
    sections: list[Section] | None = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTicketType:
    """`capacity` of a seated type is the number of its seats, and may be left out."""

    name: str
    price: int
    kind: Literal["general", "seated"] | None = "seated"
    capacity: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewWebhook:
    url: str
    events: list[Literal["order_paid", "order_refunded"]]


@dataclass(frozen=True, kw_only=True, slots=True)
class OfEvent:
    event_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferView:
    """The hold made for the person: to be checked out before it expires."""

    hold_id: str
    expires_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OfflineScan:
    """`scanned_at` is the device's clock; together with `device` it names the scan."""

    code: str
    scanned_at: str
    device: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderAnswer:
    order: OrderView


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderLineList:
    orders: list[OrderLineView]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderLineView:
    id: str
    user_id: str
    email: str
    name: str
    status: str
    total: int
    refunded: int
    currency: str
    created_at: str
    tickets: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderList:
    orders: list[OrderView]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderView:
    """`pending` and `declined` orders have no tickets; `action` is what the buyer's browser needs to go on with the payment, where the provider asks for more."""

    id: str
    event_id: str
    event_name: str
    venue: str
    starts_at: str
    time_zone: str
    status: Literal["declined", "paid", "partly_refunded", "pending", "refunded"]
    total: int
    refunded: int
    currency: str
    created_at: str
    tickets: list[TicketView]
    action: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    as_of: str
    events: list[EventNow]
    services: list[ServiceNow]
    api: ApiNow
    till: BookingHealthNow
    connections: int | None
    scaling: ScalingNow
    sources: list[SourceNow]
    series: Series


@dataclass(frozen=True, kw_only=True, slots=True)
class PasswordReset:
    """`token` is the part of the mailed link after `#`."""

    token: str
    password: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PasswordResetRequest:
    email: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentWith:
    provider: str | None = "sandbox"
    token: str | None = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where one person stands. `number` and `position` are null where there is none: in the lobby before the draw, and for the admitted (`position`)."""

    status: Literal["admitted", "lobby", "passed_over", "paused", "sold_out", "waiting"]
    lane: Literal["general", "lobby", "priority"]
    number: int | None
    position: int | None
    total: int
    eta_seconds: Range | None
    chance: float | None
    ticket: str
    poll_after_seconds: int
    admission: AdmissionGrant | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceOf:
    """A place, and which event it is of: a client may stand in several lines."""

    status: Literal["admitted", "lobby", "passed_over", "paused", "sold_out", "waiting"]
    lane: Literal["general", "lobby", "priority"]
    number: int | None
    position: int | None
    total: int
    eta_seconds: Range | None
    chance: float | None
    ticket: str
    poll_after_seconds: int
    admission: AdmissionGrant | None
    event_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PriorityLane:
    waiting: int
    serving_number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[Error] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileChange:
    """What is absent stays. A new address or password needs `current_password`."""

    name: str | None = None
    email: str | None = None
    password: str | None = None
    current_password: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """The shared document. A client's position is about `number - serving_number`, less the numbers of `gap` in between, plus `priority.waiting`; see docs of the contract."""

    event_id: str
    phase: Literal["ended", "lobby", "on_sale", "paused", "scheduled", "sold_out"]
    waiting: int
    active: int
    capacity: int
    serving_number: int
    last_number: int
    admitted_per_second: float
    seats_left: int
    seats_held: int
    poll_after_seconds: int
    as_of: str
    priority: PriorityLane
    gap: Gap | None
    opens_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicKeyView:
    """`x` as in a JWK of kind OKP, curve Ed25519 (base64url of the 32 bytes)."""

    key_id: str
    x: str


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueChange:
    """What is absent stays."""

    policy: Literal["first_come", "invite", "lobby", "open"] | None = None
    capacity: int | None = None
    per_second: float | None = None
    admission_seconds: int | None = None
    grace_seconds: int | None = None
    lobby_seconds: int | None = None
    adaptive: bool | None = None
    invite_codes: list[str] | None = None
    paused: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueSettings:
    """How the line of one event is run; see the numbers in the product's definition."""

    policy: Literal["first_come", "invite", "lobby", "open"] | None = "lobby"
    capacity: int | None = 1000
    per_second: float | None = 50.0
    admission_seconds: int | None = 300
    grace_seconds: int | None = 300
    lobby_seconds: int | None = 900
    adaptive: bool | None = True
    invite_codes: list[str] | None = field(default_factory=list)
    paused: bool | None = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    low: int
    high: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reconnect:
    """This instance is leaving: connect again after this time, to another one."""

    after_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundRequest:
    """Without `ticket_ids` the whole order."""

    ticket_ids: list[str] | None = None
    reason: str | None = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """`event_id` where it is about one."""

    code: str
    detail: str
    event_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """The place and the hold, each null where there is none."""

    event_id: str
    queue: PlaceOf | None
    hold: HoldView | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SaleMoved:
    event_id: str
    phase: Literal["ended", "lobby", "on_sale", "paused", "scheduled", "sold_out"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SalesReport:
    """`revenue` is what was paid and not given back."""

    event_id: str
    name: str
    currency: str
    seats_total: int
    seats_left: int
    held: int
    sold: int
    orders: int
    refunds: int
    revenue: int
    ticket_types: list[TypeReport]
    by_hour: list[HourReport]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScalingChange:
    at: str
    before: int
    after: int
    waiting: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ScalingNow:
    desired: int | None
    running: int
    minimum: int
    maximum: int
    waiting: int | None
    reason: str
    leader: str | None
    history: list[ScalingChange]


@dataclass(frozen=True, kw_only=True, slots=True)
class SeatAt:
    """A seat of a section; both count from 1."""

    row: int
    number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SeatIds:
    seat_ids: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class SeatMapView:
    event_id: str
    seats: list[SeatOnMap]


@dataclass(frozen=True, kw_only=True, slots=True)
class SeatOnMap:
    id: str
    section: str
    row: str
    number: str
    ticket_type_id: str
    x: float
    y: float
    accessible: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SeatUpdate:
    """`changes` are [seat index, state]; `general` is what is left per ticket type where it changed; `availability_version` orders this against `GET /api/events/{id}/availability`."""

    availability_version: int
    changes: list[tuple[int, Literal["a", "h", "s", "x"]]]
    general: dict[str, int]
    event_id: str
    epoch: str
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SeatsOffered:
    """Seats that came back are held for you; `expires_at` is RFC 3339."""

    event_id: str
    hold_id: str
    expires_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """`ticket_type` is the type's name; blocked seats are not on sale at first; `curve` is the angle in degrees that its first row spans, 0 where rows are straight."""

    name: str
    rows: int
    seats_per_row: int
    ticket_type: str
    accessible: list[SeatAt] | None = field(default_factory=list)
    blocked: list[SeatAt] | None = field(default_factory=list)
    curve: float | None = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """The last 10 minutes in steps of 5 s, oldest first; every list is as long as `at`."""

    at: list[str]
    waiting: list[int | None]
    active: list[int | None]
    admitted_per_second: list[float | None]
    sold: list[int | None]
    connections: list[int | None]
    requests_per_second: list[float | None]
    p95_seconds: list[float | None]
    error_share: list[float | None]
    desired: list[int | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceNow:
    """One service: how many instances answer, and how hard they work."""

    name: str
    instances: int
    ready: int
    cpu: float | None
    cpu_mean: float | None
    loop_lag_p99_seconds: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SignUp:
    email: str
    password: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    user: UserView
    token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """The last message seen."""

    epoch: str
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceNow:
    """Whether what is shown of one service is fresh."""

    name: str
    age_seconds: float | None
    stale: bool
    error: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffChange:
    email: str
    role: Literal["admin", "customer", "staff"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffList:
    staff: list[UserView]


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscribe:
    event_id: str
    since: Since | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SubscribedData:
    """`missed` are the messages since `since`, whole. Not `recovered`: changes may have been missed, fetch the availability again; sent unasked when a channel had to begin anew."""

    event_id: str
    epoch: str
    version: int
    recovered: bool
    missed: list[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sync:
    scans: list[OfflineScan]
    event_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncedAnswer:
    """In the order of the scans that were sent."""

    results: list[SyncedView]


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncedView:
    """`first` is the scan that used the ticket, where `outcome` is `double`."""

    outcome: Literal["admitted", "double", "ticket_cancelled", "unknown_ticket", "wrong_event"]
    ticket_id: str | None
    scan: EntryView
    first: EntryView | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketTypeChange:
    """`capacity` changes for general admission only."""

    id: str
    name: str | None = None
    price: int | None = None
    capacity: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketTypeView:
    id: str
    name: str
    price: int
    kind: Literal["general", "seated"]
    capacity: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketView:
    """`code` is what the QR shows; `seat` is null for general admission."""

    id: str
    code: str
    seat: HeldSeat | None
    ticket_type: str
    price: int
    state: Literal["refunded", "used", "valid"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TypeReport:
    ticket_type_id: str
    name: str
    price: int
    capacity: int
    sold: int
    used: int
    refunded: int
    revenue: int


@dataclass(frozen=True, kw_only=True, slots=True)
class UserView:
    id: str
    email: str
    name: str
    role: Literal["admin", "customer", "staff"]


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitBody:
    """What a person may present: the restore ticket of their place and their admission, both for use after a loss of the line, and a code that admits to the priority lane."""

    ticket: str | None = None
    code: str | None = None
    admission: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitlistJoin:
    """Without `ticket_type_id` any type will do."""

    quantity: int | None = 1
    ticket_type_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitlistPlace:
    """`position` counts from 1 and is null unless `status` is `waiting`."""

    status: Literal["lapsed", "left", "offered", "taken", "waiting"]
    position: int | None
    total: int
    quantity: int
    ticket_type_id: str | None
    joined_at: str
    offer: OfferView | None


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookCreated:
    """The `secret` signs every delivery and is told this once."""

    id: str
    url: str
    events: list[Literal["order_paid", "order_refunded"]]
    created_at: str
    secret: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookList:
    webhooks: list[WebhookView]


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookView:
    id: str
    url: str
    events: list[Literal["order_paid", "order_refunded"]]
    created_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WsTicket:
    """`GET /ws?ticket=` takes it once, within `expires_in` seconds."""

    ticket: str
    expires_in: int
