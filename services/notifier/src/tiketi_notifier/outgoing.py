"""A message on its way out: encoded once, for every connection that gets it."""

from typing import TypeVar

import msgspec

from tiketi_notifier.domain.channel import Entry, Position, Subscribed
from tiketi_notifier.domain.frames import text_frame
from tiketi_notifier.messages import SUBSCRIBED, Message, SubscribedData

D = TypeVar("D")


class Outgoing:
    """`document` is the whole message, `{"type", "data"}`, encoded; `position` its place in the
    event's channel where it has one."""

    __slots__ = ("_event", "document", "frame", "position", "type")

    def __init__(self, type_: str, document: bytes, position: Position | None = None) -> None:
        self.type = type_
        self.document = document
        self.position = position
        self.frame = text_frame(document)
        self._event: bytes | None = None

    @property
    def event(self) -> bytes:
        """The same as a Server-Sent Event: `id` is `epoch:version`, `data` the whole
        message."""
        if self._event is None:
            self._event = self._as_event()
        return self._event

    def _as_event(self) -> bytes:
        lines = [b"event: " + self.type.encode()]
        if self.position is not None:
            lines.append(f"id: {self.position.epoch}:{self.position.version}".encode())
        lines.append(b"data: " + self.document)
        return b"\n".join(lines) + b"\n\n"


def subscribed(answer: Subscribed) -> Outgoing:
    """What was missed travels in the answer."""
    return message(SUBSCRIBED, _place(answer, answer.recovery.missed))


def subscribed_events(answer: Subscribed) -> list[Outgoing]:
    """The same for a stream of events, where each missed message is an event of its own."""
    missed = [
        Outgoing(entry.type, entry.message, entry.position) for entry in answer.recovery.missed
    ]
    return [message(SUBSCRIBED, _place(answer, ())), *missed]


def _place(answer: Subscribed, missed: tuple[Entry, ...]) -> SubscribedData:
    return SubscribedData(
        event_id=answer.event_id,
        epoch=answer.position.epoch,
        version=answer.position.version,
        recovered=answer.recovery.recovered,
        missed=[msgspec.Raw(entry.message) for entry in missed],
    )


def message(kind: Message[D], data: D) -> Outgoing:
    """A message that is not part of a channel."""
    return Outgoing(kind.name, kind.encode(data))
