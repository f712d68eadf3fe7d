"""The use cases on a real Redis, with a clock that a test moves and a booking that records its
calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Unpack

import msgspec
from redis.asyncio import Redis
from services.queue.tests.harness import Answered, Op, QueueOptions, SaleOptions, answered

from tiketi_queue.adapters.redis_line import RedisLine
from tiketi_queue.domain.limits import JoinLimiter
from tiketi_queue.domain.line import Ended
from tiketi_queue.domain.sale_terms import Patience
from tiketi_queue.ports import BookingUnavailable
from tiketi_queue.usecases.lines import Line, Lines
from tiketi_queue.usecases.reports import Reports
from tiketi_queue.usecases.revocations import Revocations
from tiketi_queue.usecases.rounds import Rounds
from tiketi_queue.usecases.tokens import LineTokens
from tiketi_queue.usecases.visits import FrontDesk
from tiketi_queue.web.answers import serve
from tiketi_shared.batches import LineRequest
from tiketi_shared.ids import EventId, UserId, new_id
from tiketi_shared.messages import Tick
from tiketi_shared.sale import QueueSettings, Sale, Sales
from tiketi_shared.shapes import Progress
from tiketi_shared.tokens import Admission, KeyRing

NOW = 2_000_000_000.0
"""In the future: Redis deletes a line a day after its sale, by its own clock."""
PLACES = KeyRing("test:a-key-for-places-only")
ADMISSIONS = KeyRing("test:a-key-for-admissions")
PATIENCE = Patience(present_ms=44_000, pickup_ms=11_000, recovery_ms=7_000, round_ms=200)


@dataclass
class Clock:
    """Unix seconds, moved by the test."""

    seconds: float = NOW

    def now(self) -> float:
        return self.seconds


@dataclass
class RecordingBooking:
    """Implements BookingService in memory, and records what it receives."""

    unavailable: bool = False
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
        if self.unavailable:
            raise BookingUnavailable


@dataclass
class Ticks:
    published: list[Tick] = field(default_factory=list)

    async def publish(self, tick: Tick) -> None:
        self.published.append(tick)


class Desk:
    """The use cases of one instance, which knows the lines by itself."""

    def __init__(self, house: "House") -> None:
        self.house = house
        clock = house.clock.now
        self.lines = Lines("a-key-of-the-draw")
        self.tokens = LineTokens(PLACES, ADMISSIONS)
        self.revocations = Revocations(house.booking, clock)
        self.ticks = Ticks()
        self.desk = FrontDesk(
            self.lines, house.store, self.tokens, self.revocations, PATIENCE, JoinLimiter(60), clock
        )
        self.reports = Reports(self.lines, house.store, PATIENCE, clock)
        self.rounds = Rounds(
            house.store, self.ticks, self.tokens, self.revocations, PATIENCE, clock
        )
        self.update_sales()

    def update_sales(self) -> None:
        sales = Sales(
            sales=list(self.house.sales.values()), hold_seconds_p95=0.011,
            checkout_seconds_p95=0.052, error_share=0.001,
        )  # fmt: skip
        self.lines.update_sales(sales, self.house.clock.now())

    def line(self, event_id: EventId) -> Line:
        return self.lines.require(event_id)

    def progress(self, event_id: EventId) -> Progress:
        """The shared document after a round."""
        progress = self.line(event_id).progress
        assert progress is not None
        return progress

    async def serve(self, *requests: LineRequest) -> list[Answered]:
        return [answered(answer) for answer in await serve(self.desk, requests)]

    async def ask(self, op: Op, event_id: EventId, user: str, **body: str) -> Answered:
        [answer] = await self.serve(request(op, event_id, user, **body))
        return answer

    async def round(self, event_id: EventId) -> None:
        """A round a quarter of a second later."""
        self.house.wait(0.25)
        await self.rounds.run(self.line(event_id))


@dataclass
class House:
    """A real Redis, the sales that booking returns, and any number of instances."""

    redis: Redis
    clock: Clock = field(default_factory=Clock)
    booking: RecordingBooking = field(default_factory=RecordingBooking)
    sales: dict[EventId, Sale] = field(default_factory=dict)
    desks: list[Desk] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = RedisLine(self.redis)

    def start(self) -> Desk:
        desk = Desk(self)
        self.desks.append(desk)
        return desk

    def wait(self, seconds: float) -> None:
        self.clock.seconds += seconds

    def put_on_sale(
        self, *, opens_in: float = -3.0, seats: int = 5_000, **queue: Unpack[QueueOptions]
    ) -> EventId:
        event_id = EventId(new_id())
        defaults: QueueOptions = {
            "policy": "first_come", "capacity": 3, "per_second": 40.0, "admission_seconds": 37,
            "grace_seconds": 23,
        }  # fmt: skip
        self.sales[event_id] = Sale(
            event_id=event_id, name="A show", version=1,
            sale_opens_at=self.clock.now() + opens_in, sale_closes_at=self.clock.now() + 7_200,
            queue=QueueSettings(**(defaults | queue)), seats_total=seats + 7, seats_left=seats,
            open_holds=0,
        )  # fmt: skip
        self._update_desks()
        return event_id

    def change(self, event_id: EventId, **changes: Unpack[SaleOptions]) -> None:
        self.sales[event_id] = msgspec.structs.replace(self.sales[event_id], **changes)
        self._update_desks()

    def change_queue(self, event_id: EventId, **changes: Unpack[QueueOptions]) -> None:
        queue = msgspec.structs.replace(self.sales[event_id].queue, **changes)
        self.change(event_id, queue=queue)

    async def lose_everything(self) -> None:
        """Redis loses everything, and is back a second later."""
        await self.redis.flushall()
        self.wait(1)

    def admission(self, token: str) -> Admission:
        """The content of an admission that is valid now."""
        return ADMISSIONS.verify(Admission, token, self.clock.now())

    def _update_desks(self) -> None:
        for desk in self.desks:
            desk.update_sales()


def request(op: Op, event_id: EventId, user: str, **body: str) -> LineRequest:
    content = msgspec.json.encode(body) if body else b""
    return LineRequest(op, event_id, UserId(user), "a request", content)
