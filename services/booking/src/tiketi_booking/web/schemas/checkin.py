"""At the door."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from tiketi_booking.domain.door import Outcome
from tiketi_booking.web.schemas.base import Body, View

MAX_SCANS = 500


Device = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]+$")]


Code = Annotated[str, Meta(min_length=1, max_length=512)]


Aware = Annotated[datetime, Meta(tz=True)]


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
