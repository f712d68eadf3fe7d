"""An event's channel: an epoch, consecutive versions, and the last messages.

The epoch is new whenever the store that assigns versions has lost its count; within an epoch no
version is missing or twice. What a client has seen is a `Position`; whether it can go on from
there without a gap is decided here, from memory, since after an outage everyone asks at once.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice

from tiketi_shared.ids import EventId


@dataclass(frozen=True, slots=True)
class Position:
    epoch: str
    version: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One published change: where it stands, what kind it is, and its message, encoded."""

    position: Position
    type: str
    message: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the store knows: its newest position, and the entries that lead up to it (not
    necessarily from the beginning)."""

    position: Position
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Recovery:
    """`missed` brings the client from where it was to the channel's position, if `recovered`."""

    recovered: bool
    missed: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The answer to a subscription, also sent when a channel had to begin anew: not `recovered`
    means that the client must fetch the state again."""

    event_id: EventId
    position: Position
    recovery: Recovery


class Verdict(Enum):
    """How a received entry relates to the log."""

    NEXT = auto()
    KNOWN = auto()
    GAP = auto()
    """Something between was not received: fetch it."""
    FOREIGN = auto()
    """Another epoch, or the store went back in time: the log is void."""


class ChannelLog:
    """The newest `keep` entries of one epoch, consecutive up to `position`."""

    __slots__ = ("_entries", "position")

    def __init__(self, snapshot: Snapshot, keep: int) -> None:
        self.position = snapshot.position
        self._entries: deque[Entry] = deque(snapshot.entries, maxlen=keep)

    def judge(self, entry: Entry) -> Verdict:
        if entry.position.epoch != self.position.epoch:
            return Verdict.FOREIGN
        ahead = entry.position.version - self.position.version
        if ahead == 1:
            return Verdict.NEXT
        if ahead > 1:
            return Verdict.GAP
        return Verdict.KNOWN if self._holds(entry) else Verdict.FOREIGN

    def append(self, entry: Entry) -> None:
        """`entry` must have been judged `NEXT`."""
        self._entries.append(entry)
        self.position = entry.position

    def since(self, position: Position) -> Recovery:
        """What follows `position`."""
        behind = self.position.version - position.version
        same_epoch = position.epoch == self.position.epoch
        if not same_epoch or behind < 0 or behind > len(self._entries):
            return Recovery(recovered=False, missed=())
        missed = islice(self._entries, len(self._entries) - behind, None)
        return Recovery(recovered=True, missed=tuple(missed))

    def _holds(self, entry: Entry) -> bool:
        """Whether the entry is the one seen at its version; too old to tell counts as seen."""
        behind = self.position.version - entry.position.version
        if behind >= len(self._entries):
            return True
        return self._entries[-1 - behind].message == entry.message


def continuation(log: ChannelLog, snapshot: Snapshot) -> tuple[Entry, ...] | None:
    """The entries of `snapshot` that follow the log, or None when it does not continue it."""
    behind = snapshot.position.version - log.position.version
    if snapshot.position.epoch != log.position.epoch or behind < 0:
        return None
    if behind > len(snapshot.entries):
        return None
    return snapshot.entries[len(snapshot.entries) - behind :]
