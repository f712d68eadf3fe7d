"""The rules of the line, by what people were told of their places."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.harness import Json
from tests.walk.facts import SLACK_SECONDS, Findings, History, Lane, Span

_Key = tuple[str, Lane, int]
"""Who was let in, and with which number."""


@dataclass(slots=True)
class _Waiting:
    """A place as the last answer showed it. Its owner has certainly been present since `run`."""

    lane: Lane
    number: int
    told: Span
    run: float


@dataclass(slots=True)
class _Entry:
    """A person was let in at some time from `since` to `first`, and was still inside at `last`."""

    who: str
    lane: Lane
    number: int
    since: float
    first: float
    last: float


@dataclass(slots=True)
class _Turn:
    told: Span
    expires: float


@dataclass(slots=True)
class _Reading:
    """A shared document: how many people are active, and when it was requested."""

    active: int
    told: Span


class Line:
    def __init__(
        self,
        findings: Findings,
        sold_out: Callable[[Span, str], None],
        *,
        capacity: float,
        pace: float,
    ) -> None:
        """`sold_out` is called for each person who gets that answer."""
        self._find = findings.add
        self._findings, self._terms, self._sold_out = findings, findings.terms, sold_out
        self.capacity, self.pace = History(capacity), History(pace)
        self._waiting: dict[str, _Waiting] = {}
        self._unsure: dict[str, float] = {}
        """Who may have come in since then, as far as was told."""
        self._turns: dict[str, _Turn] = {}
        self._entries: dict[_Key, _Entry] = {}
        self._last_entry: dict[str, _Key] = {}
        self._used_up: set[_Key] = set()
        """Admissions that a payment may end at any time."""
        self._given_up: set[str] = set()
        self._numbers: dict[tuple[Lane, int], str] = {}
        self._floor: dict[tuple[str, Lane], int] = {}
        self._readings: dict[int, _Reading] = {}

    def place(self, who: str, told: Span, place: Json, *, joined: bool) -> None:
        """Record an answer that shows a person's place."""
        if who in self._given_up and not joined:
            self._find("place", f"{who} gave the place up, and is told {place}")
        self._given_up.discard(who)
        if place["status"] == "sold_out":
            self._sold_out(told, f"{who} at number {place['number']}")
        number = place["number"]
        if number is None:  # in the lobby
            return
        lane: Lane = "priority" if place["lane"] == "priority" else "general"
        if place["lane"] != "lobby":  # drawn numbers may be shared, and come back (decision 0001)
            self._owns(who, lane, number)
        before = self._waiting.get(who)
        if before and before.lane == lane:
            self._keeps_number(who, before, told, number)
        if place["status"] == "admitted":
            self._let_in(who, told, lane, number, before)
            if (who, lane, number) not in self._used_up:
                expires = self._findings.clock(place["admission"]["expires_at"])
                self._turns[who] = _Turn(told, expires)
        else:
            self._waits(who, told, (lane, number), passed_over=place["status"] == "passed_over")

    def _owns(self, who: str, lane: Lane, number: int) -> None:
        owner = self._numbers.setdefault((lane, number), who)
        if owner != who:
            self._find("number", f"{number} ({lane}) was given to {owner} and to {who}")
        if number <= self._floor.get((who, lane), 0):
            self._find("number", f"{who} has {number} again after giving it up")

    def _keeps_number(self, who: str, before: _Waiting, told: Span, number: int) -> None:
        if number < before.number:
            self._find("number", f"{who} had {before.number}, and now the better {number}")
        away = told.received - before.told.sent
        if number > before.number and away < self._keeps_seconds():
            self._find("place", f"{who} was away for {away:.1f} s, and lost {before.number}")

    def _keeps_seconds(self) -> float:
        return self._terms.presence + self._terms.grace - SLACK_SECONDS

    def _waits(self, who: str, told: Span, place: tuple[Lane, int], *, passed_over: bool) -> None:
        lane, number = place
        self._turns.pop(who, None)
        before, run = self._waiting.get(who), told.received
        if before and (before.lane, before.number) == place:
            present_until = before.told.sent + self._terms.presence - SLACK_SECONDS
            if told.received < present_until:
                run = before.run
                if passed_over:
                    self._find("order", f"{who} ({number}) was present, and passed over")
        self._waiting[who] = _Waiting(lane, number, told, run)
        for entry in self._entries.values():
            within = run <= entry.since and entry.first <= told.sent
            if within and _is_behind(entry, lane, number):
                self._find(
                    "order",
                    f"{entry.who} ({entry.lane} {entry.number}) entered before {who} "
                    f"({lane} {number}), who was present for {told.sent - run:.2f} s",
                )

    def _let_in(
        self, who: str, told: Span, lane: Lane, number: int, before: _Waiting | None
    ) -> None:
        self._waiting.pop(who, None)
        key = self._last_entry[who] = (who, lane, number)
        unsure = self._unsure.pop(who, told.sent)
        since = before.told.sent if before else unsure
        entry = self._entries.setdefault(
            key, _Entry(who, lane, number, since, told.received, told.sent)
        )
        entry.last = told.sent
        self._check_capacity()

    def _check_capacity(self) -> None:
        entries = list(self._entries.values())
        for entry in entries:
            inside = 1 + sum(
                other.first <= entry.since and entry.first <= other.last for other in entries
            )
            most = self._findings.most(self.capacity, entry.since, entry.first)
            if inside > most:
                self._find("capacity", f"{entry.who} entered as number {inside} of {most}")

    def check_pace(self) -> None:
        """Check that nobody is let in faster than the pace and what gathers between two rounds."""
        if not self._terms.paced:
            return
        entries = sorted(self._entries.values(), key=lambda entry: entry.first)
        for start in entries:
            together = 0
            for entry in entries:
                if entry.since < start.since:
                    continue
                together += 1
                seconds = entry.first - start.since + SLACK_SECONDS
                pace = self._findings.most(self.pace, start.since, entry.first)
                most = max(1.0, 0.4 * pace) + pace * seconds
                if together > most + 1:
                    self._find("pace", f"{together} entered in {seconds:.2f} s at {pace} a second")

    def not_in_line(self, who: str, told: Span) -> None:
        """Record an answer that a person has no place."""
        before, turn = self._waiting.pop(who, None), self._turns.pop(who, None)
        if before and told.received - before.told.sent < self._terms.admission - SLACK_SECONDS:
            self._find("place", f"{who} waited with {before.number}, and has no place")
        if turn and told.received < turn.expires - SLACK_SECONDS:
            self._find("place", f"{who}'s turn ended {turn.expires - told.received:.1f} s early")

    def leaving(self, who: str) -> None:
        """Record that a person asks to leave the line."""
        self._turns.pop(who, None)
        if before := self._waiting.pop(who, None):
            self._floor[who, before.lane] = before.number

    def left(self, who: str) -> None:
        self._given_up.add(who)

    def changes_lane(self, who: str) -> None:
        """Record that a person sends a code. Their next place may be in the other lane."""
        if before := self._waiting.pop(who, None):
            self._unsure[who] = before.told.sent

    def pays(self, who: str) -> None:
        """Record that a payment may end the person's last turn at any time."""
        self._turns.pop(who, None)
        if who in self._last_entry:
            self._used_up.add(self._last_entry[who])
        if before := self._waiting.pop(who, None):  # told of their turn by a message alone
            self._used_up.add((who, before.lane, before.number))
            self._unsure[who] = before.told.sent

    def ended(self, who: str) -> None:
        """Record that the sale is over, so nobody has a place any more."""
        self._waiting.pop(who, None)
        self._turns.pop(who, None)

    def status(self, gateway: int, told: Span, document: Json) -> None:
        """Record and check the shared document of one gateway."""
        if document["phase"] == "sold_out":
            self._sold_out(told, f"the shared document of gateway {gateway}")
        before = self._readings.get(gateway)
        active = document["active"]
        self._readings[gateway] = _Reading(active, told)
        if before and active > before.active:
            since = before.told.sent - self._terms.fresh
            most = self._findings.most(self.capacity, since, told.received)
            if active > most:
                self._find("capacity", f"{active} are active of {most}")


def _is_behind(entry: _Entry, lane: Lane, number: int) -> bool:
    """Whether the person who entered was behind a place with this lane and number."""
    if entry.lane == lane:
        return entry.number > number
    return lane == "priority"
