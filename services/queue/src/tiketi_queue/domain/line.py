"""The facts of a line that the use cases and the store exchange.

Times named `_ms` are Unix milliseconds. A score orders the people of a lane: below `LOBBY_SCORES`
it was drawn, above it comes from the counter. The scripts in `adapters/lua/` use the same field
names.
"""

from enum import IntEnum
from typing import Literal

import msgspec

from tiketi_shared import shapes
from tiketi_shared.ids import AdmissionId, UserId

LOBBY_SCORES = 2**50
"""Drawn scores are below, numbers of the counter (Unix microseconds) above."""

BURST_SECONDS = 0.4
"""How long the tokens of the pace gather between two rounds."""

Lane = shapes.Lane

Mode = Literal["before", "on_sale", "held"]
"""People gather; people are let in; nobody is let in and nobody new may join."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the store needs to know about the sale for one step."""

    now: int
    mode: Mode
    opening_us: int
    participants: int = -1
    """The size of the lobby as booking has recorded it, -1 before that."""
    capacity: int = 1000
    """How many people may be inside now: fewer than the organiser set when few seats are left."""
    pace: float = 50.0
    """People let in per second, after the adaptive rule."""
    unpaced: bool = False
    makes_up: bool = True
    """Whether the line lets in more people than the pace to make up for no-shows."""
    admission_ms: int = 300_000
    """How long an admission lasts after it was used last."""

    longest_ms: int = 1_200_000
    """How long an admission lasts at the most, however often it is used."""

    pickup_ms: int = 45_000
    grace_ms: int = 300_000
    recovery_ms: int = 10_000
    round_ms: int = 200
    horizon: int = 6000
    """For how many people at the head presence is stored."""
    forget_at: int
    """When Redis deletes the line (Unix seconds)."""
    known_last: int = 0
    """The highest number that this instance has seen. Above 0, a line is known to exist."""
    known_taken: int = 0
    """How many slots were taken at this instance's last step."""


class Want(IntEnum):
    """What a person who comes by wants. Each value includes the one before it."""

    BE_SEEN = 0
    LOOK = 1
    PRESENT_A_TICKET = 2
    JOIN = 3


class Visit(msgspec.Struct, frozen=True, omit_defaults=True):
    """One person who comes by. `ticket_lane` to `expires_ms` come from their verified tickets."""

    user_id: UserId
    want: Want
    may_use_priority: bool = False
    drawn_score: int = 0
    ticket_lane: Lane | Literal[""] = ""
    ticket_score: int = 0
    admission_id: AdmissionId | Literal[""] = ""
    admitted_ms: int = 0
    expires_ms: int = 0
    stays: bool = False
    """Whether an admission is renewed: the person says so, no page does it by itself."""


class Kind(IntEnum):
    NOT_IN_LINE = 0
    ADMITTED = 1
    WAITING = 2
    RETURNED = 3
    """Waiting again after having been passed over, and next to be let in."""


def both(first: Visit, second: Visit) -> Visit:
    """One visit for two of one person at the same moment: what the more demanding one presents, and
    a renewal if either is one."""
    kept = second if second.want > first.want else first
    return msgspec.structs.replace(kept, stays=first.stays or second.stays)


class Standing(msgspec.Struct, frozen=True):
    """Where one person stands. Only the admitted have the last three fields."""

    kind: Kind
    lane: Lane | Literal[""] = ""
    score: int = 0
    ahead: int = 0
    """People in front, both lanes together."""
    admission_id: AdmissionId | Literal[""] = ""
    admitted_ms: int = 0
    expires_ms: int = 0


class Standings(msgspec.Struct, frozen=True):
    standings: list[Standing]
    opened: int
    """When the lobby was opened (Unix microseconds), 0 before."""
    participants: int
    counter: int = 0
    taken: int = 0
    """Slots that nobody else can have: active ones, and reserved ones after a loss."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The line in numbers. To read them costs the same for any length of the line."""

    opened: int = 0
    participants: int = 0
    waiting: int = 0
    """People in the general lane, the lobby included."""
    priority: int = 0
    passed_over: int = 0
    active: int = 0
    reserved: int = 0
    """Slots of people who were inside when the store lost the line and have not come back."""
    served: int = 0
    """The highest score in the general lane whose turn has come."""
    head: int = 0
    priority_head: int = 0
    counter: int = 0
    priority_counter: int = 0
    admitted_total: int = 0
    passed_total: int = 0
    no_shows_total: int = 0
    freed_total: int = 0
    left_total: int = 0
    """People who gave up their place in the line."""
    restored_total: int = 0
    gap_from: int = 0
    gap_to: int = 0
    """Numbers that nobody has, from and to. There are none when `gap_to` is 0."""


class Entry(msgspec.Struct, frozen=True):
    """A person who was let in."""

    user_id: UserId
    lane: Lane
    score: int
    admission_id: AdmissionId
    admitted_ms: int
    expires_ms: int


class Ended(msgspec.Struct, frozen=True):
    """An admission that must not be used any more. Its token is valid until `expires_ms`."""

    user_id: UserId
    admission_id: AdmissionId
    expires_ms: int


class Round(msgspec.Struct, frozen=True):
    """The result of an admission round. `facts` is None while there is no line."""

    due: bool
    facts: Facts | None = None
    admitted: list[Entry] = []
    unused: list[Ended] = []


class Report(msgspec.Struct, frozen=True):
    """Booking's report about one admission: its holder is active, or has paid."""

    user_id: UserId
    admission_id: AdmissionId
    paid: bool
