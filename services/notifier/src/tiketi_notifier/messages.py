"""Every live message, each defined once: its name, the shape of its data, and when it is sent.

On the wire a message is `{"type": name, "data": data}`. The notifier encodes and decodes with these
definitions. The public AsyncAPI description is generated from them, and so are the types of the
TypeScript and the Python client. Places, holds, admissions and the line's shared document come
encoded from other services and are sent as they came.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from tiketi_shared.ids import EventId, HoldId
from tiketi_shared.messages import SeatState
from tiketi_shared.sale import Phase
from tiketi_shared.shapes import AdmissionGrant, HoldView, Place, Progress

D = TypeVar("D")

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Message(Generic[D]):
    """One kind of message; `summary` says when it is sent and what the receiver does then."""

    name: str
    shape: type[D]
    summary: str

    def encode(self, data: D) -> bytes:
        """The whole message."""
        return _encoder.encode({"type": self.name, "data": data})

    def decode(self, data: msgspec.Raw) -> D:
        """A message's `data`. Raises msgspec.DecodeError."""
        return msgspec.json.decode(data, type=self.shape)


class Envelope(msgspec.Struct, frozen=True):
    """A message from a client; `data` may be left out where there is none."""

    type: str
    data: msgspec.Raw = msgspec.Raw(b"{}")


# -- shapes of data -------------------------------------------------------------------------------


class Empty(msgspec.Struct, frozen=True):
    """Nothing."""


class OfEvent(msgspec.Struct, frozen=True):
    event_id: EventId


class Since(msgspec.Struct, frozen=True):
    """The last message seen."""

    epoch: str
    version: int


class Subscribe(msgspec.Struct, frozen=True):
    event_id: EventId
    since: Since | None = None


class SubscribedData(msgspec.Struct, frozen=True):
    """`missed` are the messages since `since`, whole. Not `recovered`: changes may have been
    missed, fetch the availability again; sent unasked when a channel had to begin anew."""

    event_id: EventId
    epoch: str
    version: int
    recovered: bool
    missed: list[Any]


class SeatChange(msgspec.Struct, frozen=True, kw_only=True):
    """A seat update before the channel gives it its place."""

    availability_version: int
    changes: list[tuple[int, SeatState]]
    general: dict[str, int]


class SeatUpdate(SeatChange, frozen=True, kw_only=True):
    """`changes` are [seat index, state]; `general` is what is left per ticket type where it
    changed; `availability_version` orders this against `GET /api/events/{id}/availability`."""

    event_id: EventId
    epoch: str
    version: int


class SaleChange(msgspec.Struct, frozen=True, kw_only=True):
    """A changed event before the channel gives the message its place."""

    sale_version: int


class EventChanged(SaleChange, frozen=True, kw_only=True):
    """An organiser changed the event: fetch it again."""

    event_id: EventId
    epoch: str
    version: int


class SaleMoved(msgspec.Struct, frozen=True):
    event_id: EventId
    phase: Phase


class Enter(msgspec.Struct, frozen=True):
    event_id: EventId
    admission: AdmissionGrant


class PlaceOf(Place, frozen=True, kw_only=True):
    """A place, and which event it is of: a client may stand in several lines."""

    event_id: EventId


class SeatsOffered(msgspec.Struct, frozen=True):
    """Seats that came back are held for you; `expires_at` is RFC 3339."""

    event_id: EventId
    hold_id: HoldId
    expires_at: str


class Restored(msgspec.Struct, frozen=True):
    """The place and the hold, each null where there is none."""

    event_id: EventId
    queue: PlaceOf | None
    hold: HoldView | None


class Reconnect(msgspec.Struct, frozen=True):
    """This instance is leaving: connect again after this time, to another one."""

    after_ms: int


class Refused(msgspec.Struct, frozen=True, omit_defaults=True):
    """`event_id` where it is about one."""

    code: str
    detail: str
    event_id: str | None = None


# -- the messages ---------------------------------------------------------------------------------

FROM_CLIENTS = (
    SUBSCRIBE := Message(
        "subscribe", Subscribe, "Follow an event, from the last message seen where there is one."
    ),
    UNSUBSCRIBE := Message("unsubscribe", OfEvent, "Follow the event no longer."),
    CHECK_QUEUE_STATUS := Message(
        "check-queue-status", OfEvent, "Ask for one's own place; answered by queue-restored."
    ),
    RESTORE_SESSION := Message(
        "restore-session", OfEvent, "Ask for the place and the hold; answered by session-restored."
    ),
    PING := Message("ping", Empty, "Ask whether the connection is alive; answered by pong."),
)

FROM_THE_SERVER = (
    SUBSCRIBED := Message(
        "subscribed", SubscribedData, "Answers subscribe: where the event's channel stands."
    ),
    UNSUBSCRIBED := Message("unsubscribed", OfEvent, "Answers unsubscribe."),
    QUEUE_RESTORED := Message("queue-restored", PlaceOf, "Answers check-queue-status."),
    SESSION_RESTORED := Message("session-restored", Restored, "Answers restore-session."),
    PONG := Message("pong", Empty, "Answers ping."),
    QUEUE_PROGRESS := Message(
        "queue-progress", Progress, "The line's shared document changed. Also follows subscribed."
    ),
    QUEUE_ENTER := Message("queue-enter", Enter, "The person is let in."),
    SEATS_OFFERED := Message(
        "seats-offered", SeatsOffered, "Seats that came back are held for the person."
    ),
    SEAT_UPDATE := Message("seat-update", SeatUpdate, "Seats changed."),
    EVENT_CHANGED := Message(
        "event-changed", EventChanged, "An organiser changed the event: fetch it again."
    ),
    EVENT_STARTED := Message("event-started", SaleMoved, "The sale began."),
    EVENT_PAUSED := Message("event-paused", SaleMoved, "The sale is paused."),
    EVENT_RESUMED := Message(
        "event-resumed", SaleMoved, "The sale goes on after a pause, or has seats again."
    ),
    EVENT_ENDED := Message("event-ended", SaleMoved, "The sale is over."),
    EVENT_SOLD_OUT := Message("event-sold-out", SaleMoved, "Nothing is left, and nothing returns."),
    RECONNECT := Message(
        "reconnect", Reconnect, "The instance shuts down: connect again after this time."
    ),
    ERROR := Message("error", Refused, "A message was refused, or live updates are interrupted."),
)

PHASE_MESSAGES: dict[str, Message[SaleMoved]] = {
    message.name: message
    for message in (EVENT_STARTED, EVENT_PAUSED, EVENT_RESUMED, EVENT_ENDED, EVENT_SOLD_OUT)
}
"""The messages that say to which phase a sale went, by their names."""
