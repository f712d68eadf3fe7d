"""What of an event's channel has been seen; pure.

However often a connection is lost or replaced, each change comes through once and in order: what
was seen is repeated to the server as `since`, and what comes again is dropped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """`{"type", "data"}` as it came."""

    type: str
    data: dict[str, Any]


class Following:
    """One event's position: `epoch` and `version`, None before the first answer."""

    def __init__(self, event_id: str) -> None:
        self.event_id = event_id
        self.epoch: str | None = None
        self.version = 0

    def request(self) -> dict[str, Any]:
        """The data of the `subscribe` that goes on from here."""
        if self.epoch is None:
            return {"event_id": self.event_id}
        since = {"epoch": self.epoch, "version": self.version}
        return {"event_id": self.event_id, "since": since}

    def take(self, message: Message) -> Iterator[Message]:
        """The messages to hand on: the answer to a subscription is followed by what was missed;
        a change that was seen before is not among them."""
        if message.type == "subscribed":
            yield from self._answered(message)
        elif "epoch" not in message.data or self._is_new(message.data):
            yield message

    def _answered(self, message: Message) -> Iterator[Message]:
        """The instance that answers may be behind what another has told already."""
        yield message
        data = message.data
        for missed in data["missed"]:
            if self._is_new(missed["data"]):
                yield Message(missed["type"], missed["data"])
        seen = self.version if data["recovered"] else 0
        self.epoch, self.version = data["epoch"], max(seen, data["version"])

    def _is_new(self, data: dict[str, Any]) -> bool:
        if data["epoch"] == self.epoch and data["version"] <= self.version:
            return False
        self.epoch, self.version = data["epoch"], data["version"]
        return True
