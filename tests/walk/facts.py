"""What is certain about what people were told, and what cannot be true.

A request is answered somewhere between `sent` and `received`; nothing is known more exactly from
outside. So every rule concludes only from what is certain: a hold is live from the moment its
answer has arrived until its end or until its owner asks to give it up; somebody was admitted at
some time between the last answer that said otherwise and the first that said so. A rule that is
broken on such grounds is broken, however slow the machine is.
"""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Literal, NamedTuple

Lane = Literal["general", "priority"]

SLACK_SECONDS = 0.3
"""How far the clocks of this process and of the stores, and roundings, may be apart."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The times that the services are run with (seconds)."""

    presence: float
    """How long a request counts as being present."""
    grace: float
    """How long somebody who was passed over keeps the number."""
    admission: float
    settings: float
    """Within this time an organiser's change takes effect everywhere."""
    fresh: float
    """At most so old are shared documents."""
    max_per_user: int
    paced: bool
    """Whether nobody is let in above the pace: not with the policy `open`, nor when no-shows are
    made up for."""


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
        """The latest."""
        return self._changes[-1].value

    def begin(self, value: float, sent: float) -> _Change:
        """A change that is asked for: from now on either value may be in force."""
        change = _Change(sent, inf, value)
        self._changes.append(change)
        return change

    def done(self, change: _Change, received: float) -> None:
        change.done = received

    def refused(self, change: _Change) -> None:
        self._changes.remove(change)

    def possible(self, since: float, until: float, lag: float) -> list[float]:
        """What may have been in force between, when a change takes `lag` seconds to reach all."""
        followers = [change.done for change in self._changes[1:]] + [inf]
        return [
            change.value
            for change, next_done in zip(self._changes, followers, strict=True)
            if change.sent <= until and next_done + lag >= since
        ]


class Findings:
    """What cannot be true, each with the name of the rule that it breaks."""

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
        """An RFC 3339 time on this process's monotonic clock."""
        return datetime.fromisoformat(stamp).timestamp() - self._clock_offset

    def most(self, history: History, since: float, until: float) -> float:
        """The most that may have been in force between."""
        return max(history.possible(since, until, self.terms.settings))
