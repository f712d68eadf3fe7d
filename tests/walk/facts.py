"""What is certain from the answers that people got, and the findings that contradict it.

A service decides on a request at some time between `sent` and `received`; a client cannot know it
more exactly. So every rule uses only what is certain. For example, a hold is live from the arrival
of its answer until it expires or its owner asks to give it up. A person was admitted at some time
between the last answer that said "waiting" and the first that said "admitted". So a finding is
right however slow the machine is.
"""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Literal, NamedTuple

Lane = Literal["general", "priority"]

SLACK_SECONDS = 0.3
"""The most by which this process's clock and the stores' may differ, rounding included."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The times that the services run with (seconds)."""

    presence: float
    """How long a request counts as being present."""
    grace: float
    """How long a person who was passed over keeps their number."""
    admission: float
    settings: float
    """Within this time an organiser's change takes effect everywhere."""
    fresh: float
    """The greatest age of a shared document."""
    max_per_user: int
    paced: bool
    """Whether the pace is an upper bound. It is none with the policy `open`, or when the line lets
    in more people to make up for no-shows."""


class Span(NamedTuple):
    sent: float
    received: float


class Broken(NamedTuple):
    rule: str
    what: str


@dataclass(slots=True)
class _Change:
    sent: float
    done: float
    value: int | float


class History:
    """A setting that an organiser changes, one change after another."""

    def __init__(self, value: float) -> None:
        self._changes = [_Change(-inf, -inf, value)]

    @property
    def value(self) -> float:
        """The value after the last change."""
        return self._changes[-1].value

    def begin(self, value: float, sent: float) -> _Change:
        """A change is requested. From now on either value may be in force."""
        change = _Change(sent, inf, value)
        self._changes.append(change)
        return change

    def done(self, change: _Change, received: float) -> None:
        change.done = received

    def refused(self, change: _Change) -> None:
        self._changes.remove(change)

    def possible(self, since: float, until: float, lag: float) -> list[float]:
        """The values that may have been in force, if a change takes `lag` seconds everywhere."""
        followers = [change.done for change in self._changes[1:]] + [inf]
        return [
            change.value
            for change, next_done in zip(self._changes, followers, strict=True)
            if change.sent <= until and next_done + lag >= since
        ]


class Findings:
    """Contradictions that were found, each with the name of the rule that it breaks."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.broken: list[Broken] = []
        self.answers: Counter[str] = Counter()
        """How often each answer was given."""
        self._clock_offset = time.time() - time.monotonic()

    def add(self, rule: str, what: str) -> None:
        if (broken := Broken(rule, what)) not in self.broken:
            self.broken.append(broken)

    def clock(self, stamp: str) -> float:
        """Convert an RFC 3339 time to this process's monotonic clock."""
        return datetime.fromisoformat(stamp).timestamp() - self._clock_offset

    def most(self, history: History, since: float, until: float) -> float:
        """The greatest value that may have been in force in that time."""
        return max(history.possible(since, until, self.terms.settings))
