"""The facts of a line, as they travel between the use cases and the store that keeps it.

Times named `_ms` are Unix milliseconds. A score orders people within a lane: below `LOBBY_SCORES`
it was drawn, above it is a number of the counter.
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
"""People gather; people are let in; nobody is let in and nobody new is taken."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the store needs to know about the sale to take one step."""

    now: int
    mode: Mode
    opening_us: int
    participants: int = -1
    """The lobby's size as booking recorded it, or -1 while it has not."""
    capacity: int = 1000
    """How many may be inside now: fewer than the organiser set when less is left to choose."""
    pace: float = 50.0
    """People let in a second, as the till can take now."""
    unpaced: bool = False
    makes_up: bool = True
    """Whether admissions that nobody picked up are made up for, above the pace."""
    admission_ms: int = 300_000
    pickup_ms: int = 45_000
    grace_ms: int = 300_000
    recovery_ms: int = 10_000
    round_ms: int = 200
    horizon: int = 6000
    """How many people at the head are watched for presence."""
    forget_at: int
    """Unix seconds after which nothing of the line is kept."""
    known_last: int = 0
    """The highest number that this instance has seen; above 0 the line is known to exist."""
    known_taken: int = 0
    """How many slots were taken when this instance last looked."""


class Want(IntEnum):
    """What someone who comes by wants, each including the one before it."""

    BE_SEEN = 0
    LOOK = 1
    PRESENT_A_TICKET = 2
    JOIN = 3


class Visit(msgspec.Struct, frozen=True, omit_defaults=True):
    """One person who comes by. The last five fields are what their verified tickets say."""

    user_id: UserId
    want: Want
    may_use_priority: bool = False
    drawn_score: int = 0
    ticket_lane: Lane | Literal[""] = ""
    ticket_score: int = 0
    admission_id: AdmissionId | Literal[""] = ""
    admitted_ms: int = 0
    expires_ms: int = 0


class Kind(IntEnum):
    NOT_IN_LINE = 0
    ADMITTED = 1
    WAITING = 2
    RETURNED = 3
    """Waiting, next in, after having been passed over."""


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
    """Slots that nobody else can have: the active, and those reserved after a loss."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The whole line in numbers; what it costs to know does not depend on its length."""

    opened: int = 0
    participants: int = 0
    waiting: int = 0
    """People in the general lane, the lobby included."""
    priority: int = 0
    passed_over: int = 0
    active: int = 0
    reserved: int = 0
    """Slots of people who were active when the store lost the line, and have not come back."""
    served: int = 0
    """The highest score of the general lane whose turn has come."""
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
    """Numbers that nobody has: from, to (none when `gap_to` is 0)."""


class Entry(msgspec.Struct, frozen=True):
    """One person let in."""

    user_id: UserId
    lane: Lane
    score: int
    admission_id: AdmissionId
    admitted_ms: int
    expires_ms: int


class Ended(msgspec.Struct, frozen=True):
    """An admission that must not be used any more, and until when it could have been."""

    user_id: UserId
    admission_id: AdmissionId
    expires_ms: int


class Round(msgspec.Struct, frozen=True):
    """What an admission round did; `facts` is None where there is no line."""

    due: bool
    facts: Facts | None = None
    admitted: list[Entry] = []
    unused: list[Ended] = []


class Report(msgspec.Struct, frozen=True):
    """What the till says about one admission: activity, or that it was paid for."""

    user_id: UserId
    admission_id: AdmissionId
    paid: bool
