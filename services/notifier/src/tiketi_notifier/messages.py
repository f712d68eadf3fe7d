"""The shapes of the live messages, each the `data` of `{"type", "data"}`.

The public AsyncAPI description is generated from these. What the queue and booking say (places,
holds, admissions, the line's shared document) is passed on as it came.
"""

from typing import Any

import msgspec

from tiketi_shared.ids import EventId, HoldId
from tiketi_shared.messages import SeatState
from tiketi_shared.sale import Phase

# -- from clients ---------------------------------------------------------------------------------


class Envelope(msgspec.Struct, frozen=True):
    """Every message is `{"type", "data"}`; `data` may be left out where there is none."""

    type: str
    data: msgspec.Raw = msgspec.Raw(b"{}")


class Since(msgspec.Struct, frozen=True):
    """The last message seen."""

    epoch: str
    version: int


class Subscribe(msgspec.Struct, frozen=True):
    event_id: EventId
    since: Since | None = None


class OfEvent(msgspec.Struct, frozen=True):
    event_id: EventId


# -- from the server ------------------------------------------------------------------------------


class SubscribedData(msgspec.Struct, frozen=True):
    """`missed` are the messages since `since`, whole. Not `recovered`: changes may have been
    missed, fetch the availability again; sent unasked when a channel had to begin anew."""

    event_id: EventId
    epoch: str
    version: int
    recovered: bool
    missed: list[Any]


class SeatUpdate(msgspec.Struct, frozen=True):
    """`changes` are [seat index, state]; `general` is what is left per ticket type where it
    changed; `availability_version` orders this against `GET /api/events/{id}/availability`."""

    event_id: EventId
    epoch: str
    version: int
    availability_version: int
    changes: list[tuple[int, SeatState]]
    general: dict[str, int]


class EventChanged(msgspec.Struct, frozen=True):
    """An organiser changed the event: fetch it again."""

    event_id: EventId
    epoch: str
    version: int
    sale_version: int


class SaleMoved(msgspec.Struct, frozen=True):
    event_id: EventId
    phase: Phase


class Entered(msgspec.Struct, frozen=True):
    """You are admitted."""

    event_id: EventId
    admission: Any


class SeatsOffered(msgspec.Struct, frozen=True):
    """Seats that came back are held for you; `expires_at` is RFC 3339."""

    event_id: EventId
    hold_id: HoldId
    expires_at: str


class Restored(msgspec.Struct, frozen=True):
    """The place and the hold, each null where there is none."""

    event_id: EventId
    queue: Any
    hold: Any


class Reconnect(msgspec.Struct, frozen=True):
    """This instance is leaving: connect again after this time, to another one."""

    after_ms: int


class Refused(msgspec.Struct, frozen=True, omit_defaults=True):
    """`event_id` where it is about one."""

    code: str
    detail: str
    event_id: str | None = None
