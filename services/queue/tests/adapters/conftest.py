"""A line in a real Redis, and what tests of it need."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from tiketi_queue.adapters.keys import line_keys
from tiketi_queue.adapters.redis_line import RedisLine
from tiketi_queue.domain.line import Round, Standing, Terms, Visit, Want
from tiketi_shared.ids import EventId, UserId, new_id
from tiketi_shared.resources import open_redis

NOW = 1_700_000_000_000


@dataclass
class Scene:
    """One line in Redis. A test sets its clock and its terms."""

    store: RedisLine
    redis: Any
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
    untold: list[UserId] = field(default_factory=list)

    def set(self, **changes: Any) -> None:
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

    async def join(self, *users: str, **more: Any) -> list[Standing]:
        return await self.visit(*(Visit(UserId(user), Want.JOIN, **more) for user in users))

    async def look(self, *users: str) -> list[Standing]:
        return await self.visit(*(Visit(UserId(user), Want.LOOK) for user in users))

    async def seen(self, *users: str) -> None:
        await self.visit(*(Visit(UserId(user), Want.BE_SEEN) for user in users))

    async def round(self, told: Sequence[str] | None = None) -> Round:
        """A round that is due; unless `told` says otherwise, all of the last one were told."""
        self.wait(0.25)
        names = self.untold if told is None else told
        round_ = await self.store.round(self.event, self.terms, [UserId(user) for user in names])
        self.untold = [entry.user_id for entry in round_.admitted]
        return round_

    async def admitted(self, told: Sequence[str] | None = None) -> list[str]:
        return [entry.user_id for entry in (await self.round(told)).admitted]


@pytest.fixture
async def scene(redis_url: str) -> AsyncIterator[Scene]:
    async with open_redis(redis_url) as redis:
        yield Scene(RedisLine(redis), redis)
