"""The shapes of requests and answers after the sale."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from tiketi_booking.domain.deliveries import Status as DeliveryStatus
from tiketi_booking.domain.waiting_list import Status as WaitingStatus
from tiketi_booking.usecases.checkin import Outcome
from tiketi_booking.web.schemas import Body, View

MAX_SCANS = 500

Device = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]+$")]
Code = Annotated[str, Meta(min_length=1, max_length=512)]
Aware = Annotated[datetime, Meta(tz=True)]


# --- at the door


class CheckIn(Body, frozen=True):
    """With `event_id`, tickets of other events are refused; `device` names the door."""

    code: Code
    event_id: str | None = None
    device: Device = "door"


class DoorSeat(View, frozen=True):
    section: str
    row: str
    number: str


class AdmittedTicket(View, frozen=True):
    """`seat` is null for general admission."""

    id: str
    order_id: str
    event_id: str
    event: str
    ticket_type: str
    seat: DoorSeat | None
    holder: str
    used_at: datetime


class AdmittedAnswer(View, frozen=True):
    ticket: AdmittedTicket


class OfflineScan(Body, frozen=True):
    """`scanned_at` is the device's clock; together with `device` it names the scan."""

    code: Code
    scanned_at: Aware
    device: Device


class Sync(Body, frozen=True):
    scans: Annotated[tuple[OfflineScan, ...], Meta(max_length=MAX_SCANS)]
    event_id: str | None = None


class EntryView(View, frozen=True):
    device: str
    scanned_at: datetime


class SyncedView(View, frozen=True):
    """`first` is the scan that used the ticket, where `outcome` is `double`."""

    outcome: Outcome
    ticket_id: str | None
    scan: EntryView
    first: EntryView | None


class SyncedAnswer(View, frozen=True):
    """In the order of the scans that were sent."""

    results: list[SyncedView]


class PublicKeyView(View, frozen=True):
    """`x` as in a JWK of kind OKP, curve Ed25519 (base64url of the 32 bytes)."""

    key_id: str
    x: str


class Manifest(View, frozen=True):
    """What a door takes along to work offline: how to verify codes, and which ones open nothing.
    `revoked` tickets were refunded, `used` ones are inside already."""

    event_id: str
    event: str
    starts_at: datetime
    keys: list[PublicKeyView]
    revoked: list[str]
    used: list[str]
    as_of: datetime


class IrregularView(View, frozen=True):
    """`double`: two doors let in the same ticket; `cancelled`: it had been refunded."""

    ticket_id: str
    outcome: Literal["double", "cancelled"]
    entry: EntryView
    first: EntryView | None


class IrregularList(View, frozen=True):
    irregular: list[IrregularView]
    next_cursor: str | None


# --- the waiting list


class WaitlistJoin(Body, frozen=True):
    """Without `ticket_type_id` any type will do."""

    quantity: int = 1
    ticket_type_id: str | None = None


class OfferView(View, frozen=True):
    """The hold made for the person: to be checked out before it expires."""

    hold_id: str
    expires_at: datetime


class WaitlistPlace(View, frozen=True):
    """`position` counts from 1 and is null unless `status` is `waiting`."""

    status: WaitingStatus
    position: int | None
    total: int
    quantity: int
    ticket_type_id: str | None
    joined_at: datetime
    offer: OfferView | None


# --- deliveries and webhooks


class DeliveryView(View, frozen=True):
    """`url` is the webhook's; `message` is the domain event that is delivered."""

    id: str
    kind: Literal["mail", "webhook"]
    url: str | None
    message_id: str
    message: dict[str, Any]
    status: DeliveryStatus
    attempts: int
    next_attempt_at: datetime | None
    last_error: str | None
    created_at: datetime
    delivered_at: datetime | None


class DeliveryList(View, frozen=True):
    deliveries: list[DeliveryView]
    next_cursor: str | None


EventType = Literal["order_paid", "order_refunded"]


class NewWebhook(Body, frozen=True):
    url: Annotated[str, Meta(min_length=8, max_length=2000, pattern="^[!-~]+$")]
    events: Annotated[tuple[EventType, ...], Meta(min_length=1, max_length=2)]


class WebhookView(View, frozen=True):
    id: str
    url: str
    events: list[EventType]
    created_at: datetime


class WebhookCreated(WebhookView, frozen=True):
    """The `secret` signs every delivery and is told this once."""

    secret: str


class WebhookList(View, frozen=True):
    webhooks: list[WebhookView]
