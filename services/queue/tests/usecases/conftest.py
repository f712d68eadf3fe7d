"""The use cases wired on a real Redis, with a clock that a test moves and a till that remembers."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
import pytest

from tiketi_queue.adapters.redis_line import RedisLine
from tiketi_queue.domain.limits import Knocks
from tiketi_queue.domain.line import Ended
from tiketi_queue.domain.sale_terms import Patience
from tiketi_queue.ports import TillDown
from tiketi_queue.usecases.lines import Line, Lines
from tiketi_queue.usecases.reports import Reports
from tiketi_queue.usecases.revocations import Revocations
from tiketi_queue.usecases.rounds import Rounds
from tiketi_queue.usecases.tickets import Tickets
from tiketi_queue.usecases.visits import FrontDesk
from tiketi_shared.batches import Answer, LineRequest
from tiketi_shared.ids import EventId, UserId, new_id
from tiketi_shared.messages import Tick
from tiketi_shared.resources import open_redis
from tiketi_shared.sale import QueueSettings, Sale, Sales
from tiketi_shared.tokens import KeyRing

NOW = 2_000_000_000.0
"""Ahead of the true time: Redis forgets a line a day after its sale, by its own clock."""
PLACES = KeyRing("test:a-key-for-places-only")
ADMISSIONS = KeyRing("test:a-key-for-admissions")
PATIENCE = Patience(present_ms=44_000, pickup_ms=11_000, recovery_ms=7_000, round_ms=200)


@dataclass
class Clock:
    """Unix seconds, moved by hand."""

    seconds: float = NOW

    def now(self) -> float:
        return self.seconds


@dataclass
class Till:
    """Booking, remembering what it was told."""

    away: bool = False
    revoked: list[Ended] = field(default_factory=list)
    draws: dict[EventId, int] = field(default_factory=dict)

    async def revoke(self, ended: Sequence[Ended]) -> None:
        self._answer()
        self.revoked += ended

    async def record_draw(self, event_id: EventId, participants: int) -> int:
        self._answer()
        return self.draws.setdefault(event_id, participants)

    async def recorded_draw(self, event_id: EventId) -> int | None:
        self._answer()
        return self.draws.get(event_id)

    async def sales(self) -> Sales:
        raise NotImplementedError

    async def tell_lines(self, waiting: Mapping[EventId, int]) -> None:
        raise NotImplementedError

    def _answer(self) -> None:
        if self.away:
            raise TillDown


@dataclass
class Ticks:
    published: list[Tick] = field(default_factory=list)

    async def publish(self, tick: Tick) -> None:
        self.published.append(tick)


@dataclass
class Told:
    """An answer, decoded."""

    status: int
    body: Any

    @property
    def code(self) -> str | None:
        return self.body["code"] if self.status >= 400 else None


class Instance:
    """One queue instance's use cases; its knowledge of the lines is its own."""

    def __init__(self, house: "House") -> None:
        self.house = house
        clock = house.clock.now
        self.lines = Lines("a-key-of-the-draw")
        self.tickets = Tickets(PLACES, ADMISSIONS)
        self.revocations = Revocations(house.till, clock)
        self.ticks = Ticks()
        self.desk = FrontDesk(
            self.lines, house.store, self.tickets, self.revocations, PATIENCE, Knocks(60), clock
        )
        self.reports = Reports(self.lines, house.store, PATIENCE, clock)
        self.rounds = Rounds(
            house.store, self.ticks, self.tickets, self.revocations, PATIENCE, clock
        )
        self.hear()

    def hear(self) -> None:
        """Takes in the sales as booking has them now."""
        sales = Sales(
            sales=list(self.house.sales.values()), hold_seconds_p95=0.011,
            checkout_seconds_p95=0.052, error_share=0.001,
        )  # fmt: skip
        self.lines.learn_sales(sales, self.house.clock.now())

    def line(self, event_id: EventId) -> Line:
        return self.lines.require(event_id)

    async def serve(self, *requests: LineRequest) -> list[Told]:
        return [_told(answer) for answer in await self.desk.serve(requests)]

    async def ask(
        self, op: Literal["join", "place", "leave"], event_id: EventId, user: str, **body: str
    ) -> Told:
        [told] = await self.serve(request(op, event_id, user, **body))
        return told

    async def round(self, event_id: EventId) -> None:
        """A quarter of a second later."""
        self.house.wait(0.25)
        await self.rounds.run(self.line(event_id))


@dataclass
class House:
    """A real Redis, the sales that booking tells of, and any number of instances."""

    store: RedisLine
    redis: Any
    clock: Clock = field(default_factory=Clock)
    till: Till = field(default_factory=Till)
    sales: dict[EventId, Sale] = field(default_factory=dict)
    instances: list[Instance] = field(default_factory=list)

    def start(self) -> Instance:
        instance = Instance(self)
        self.instances.append(instance)
        return instance

    def wait(self, seconds: float) -> None:
        self.clock.seconds += seconds

    def put_on_sale(self, *, opens_in: float = -3.0, seats: int = 5_000, **queue: Any) -> EventId:
        event_id = EventId(new_id())
        settings: dict[str, Any] = {
            "policy": "first_come", "capacity": 3, "per_second": 40.0, "admission_seconds": 37,
            "grace_seconds": 23,
        }  # fmt: skip
        self.sales[event_id] = Sale(
            event_id=event_id, name="A show", version=1,
            sale_opens_at=self.clock.now() + opens_in, sale_closes_at=self.clock.now() + 7_200,
            queue=QueueSettings(**(settings | queue)), seats_total=seats + 7, seats_left=seats,
            open_holds=0,
        )  # fmt: skip
        self._tell()
        return event_id

    def change(self, event_id: EventId, **changes: Any) -> None:
        self.sales[event_id] = msgspec.structs.replace(self.sales[event_id], **changes)
        self._tell()

    def change_queue(self, event_id: EventId, **changes: Any) -> None:
        queue = msgspec.structs.replace(self.sales[event_id].queue, **changes)
        self.change(event_id, queue=queue)

    async def lose_everything(self) -> None:
        """Redis is back a second later, with nothing."""
        await self.redis.flushall()
        self.wait(1)

    def _tell(self) -> None:
        for instance in self.instances:
            instance.hear()


def request(
    op: Literal["join", "place", "leave"], event_id: EventId, user: str, **body: str
) -> LineRequest:
    content = msgspec.json.encode(body) if body else b""
    return LineRequest(op, event_id, UserId(user), "a request", content)


def _told(answer: Answer) -> Told:
    return Told(answer.status, msgspec.json.decode(answer.body) if answer.body else None)


@pytest.fixture
async def house(redis_url: str) -> AsyncIterator[House]:
    async with open_redis(redis_url) as redis:
        await redis.flushall()
        yield House(RedisLine(redis), redis)


@pytest.fixture
def desk(house: House) -> Instance:
    return house.start()
