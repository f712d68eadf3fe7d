"""One line in a real Redis, for tests of the scripts: a test sets its clock and its terms."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

import msgspec
from redis.asyncio import Redis

from tiketi_queue.adapters.keys import line_keys
from tiketi_queue.adapters.redis_line import RedisLine
from tiketi_queue.domain.line import (
    Ended,
    Facts,
    Lane,
    Mode,
    Report,
    Round,
    Standing,
    Terms,
    Visit,
    Want,
)
from tiketi_shared.ids import AdmissionId, EventId, UserId, new_id

NOW = 1_700_000_000_000


class TermsOptions(TypedDict, total=False):
    """Fields of `Terms` that a test sets."""

    now: int
    mode: Mode
    opening_us: int
    participants: int
    capacity: int
    pace: float
    unpaced: bool
    makes_up: bool
    admission_ms: int
    pickup_ms: int
    grace_ms: int
    recovery_ms: int
    round_ms: int
    horizon: int
    known_last: int
    known_taken: int


class VisitOptions(TypedDict, total=False):
    """Fields of `Visit` that a test sets."""

    may_use_priority: bool
    drawn_score: int
    ticket_lane: Lane
    ticket_score: int


@dataclass
class Scene:
    redis: Redis
    event: EventId = field(default_factory=lambda: EventId(new_id()))
    terms: Terms = field(
        default_factory=lambda: Terms(
            now=NOW,
            mode="on_sale",
            opening_us=NOW * 1000,
            capacity=2,
            pace=100.0,
            forget_at=4_000_000_000,
        )
    )
    present_ms: int = 45_000
    admitted_last: list[UserId] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = RedisLine(self.redis)

    def set(self, **changes: Unpack[TermsOptions]) -> None:
        self.terms = msgspec.structs.replace(self.terms, **changes)

    def wait(self, seconds: float) -> None:
        self.set(now=self.terms.now + int(seconds * 1000))

    async def lose(self) -> None:
        """Redis loses the line, and is back a second later."""
        await self.redis.delete(*line_keys(self.event))
        self.wait(1)

    async def visit(self, *visits: Visit) -> list[Standing]:
        standings = await self.store.visit(self.event, self.terms, visits, self.present_ms)
        if standings.counter:
            last = max(self.terms.known_last, standings.counter)
            self.set(known_last=last, known_taken=standings.taken)
        return standings.standings

    async def join(self, *users: str, **options: Unpack[VisitOptions]) -> list[Standing]:
        return await self.visit(*(Visit(UserId(user), Want.JOIN, **options) for user in users))

    async def look(self, *users: str) -> list[Standing]:
        return await self.visit(*(Visit(UserId(user), Want.LOOK) for user in users))

    async def seen(self, *users: str) -> None:
        await self.visit(*(Visit(UserId(user), Want.BE_SEEN) for user in users))

    async def leave(self, *users: str) -> list[Ended]:
        return await self.store.leave(self.event, self.terms, [UserId(user) for user in users])

    async def report(self, user: str, admission_id: str, *, paid: bool) -> None:
        """Booking reports a hold or a purchase."""
        report = Report(UserId(user), AdmissionId(admission_id), paid)
        await self.store.settle(self.event, self.terms, [report])

    async def round(self, announced: Sequence[str] | None = None) -> Round:
        """Run a round that is due. Unless `announced` says otherwise, all admissions of the last
        round were published."""
        self.wait(0.25)
        names = self.admitted_last if announced is None else announced
        round_ = await self.store.round(self.event, self.terms, [UserId(user) for user in names])
        self.admitted_last = [entry.user_id for entry in round_.admitted]
        return round_

    async def round_at(self, now: int) -> Round:
        self.set(now=now)
        return await self.store.round(self.event, self.terms, [])

    async def facts(self) -> Facts:
        """The facts after a round."""
        return facts_of(await self.round())

    async def admitted(self, announced: Sequence[str] | None = None) -> list[str]:
        return [entry.user_id for entry in (await self.round(announced)).admitted]


def facts_of(round_: Round) -> Facts:
    assert round_.facts is not None
    return round_.facts
