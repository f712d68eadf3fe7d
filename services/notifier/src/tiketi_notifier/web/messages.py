"""The shapes of what clients say on the WebSocket."""

import msgspec

from tiketi_shared.ids import EventId


class Envelope(msgspec.Struct, frozen=True):
    """Every message is `{"type", "data"}`; `data` may be left out where there is none."""

    type: str
    data: msgspec.Raw = msgspec.Raw(b"{}")


class Since(msgspec.Struct, frozen=True):
    epoch: str
    version: int


class Subscribe(msgspec.Struct, frozen=True):
    event_id: EventId
    since: Since | None = None


class OfEvent(msgspec.Struct, frozen=True):
    event_id: EventId
