"""Requests of one batch each get their own answer, whatever fails."""

import asyncio
from typing import Literal

import msgspec
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from services.gateway.tests.harness import FreePort, Upstream, serving

from tiketi_gateway.adapters.batcher import Batcher
from tiketi_gateway.adapters.internal import Internal
from tiketi_gateway.adapters.upstream import Service
from tiketi_gateway.settings import Settings
from tiketi_shared.batches import MAX_BATCH, Answer, Answers, Batch, LineRequest
from tiketi_shared.errors import TiketiError
from tiketi_shared.ids import EventId, UserId
from tiketi_shared.tokens import KeyRing

Reply = Answer | TiketiError
Operation = Literal["join", "place", "leave"]


class Line:
    """A service that answers each request with its id, and may hang up, be slow or wait."""

    def __init__(self, upstream: Upstream) -> None:
        self.batches: list[list[LineRequest]] = []
        self.hang_ups = 0
        self.left_out = 0
        self.delay = 0.0
        self.held: asyncio.Event | None = None
        self.asked = asyncio.Event()
        upstream.handlers["/internal/line"] = self._answer

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        batch = msgspec.msgpack.decode(body, type=Batch[LineRequest]).requests
        self.batches.append(batch)
        held = self.held
        self.asked.set()
        await asyncio.sleep(self.delay)
        if held:
            await held.wait()
        if self.hang_ups:
            self.hang_ups -= 1
            assert request.transport is not None
            request.transport.abort()
        answered = batch[self.left_out :]
        answers = Answers([Answer(200, each.request_id.encode()) for each in answered])
        return web.Response(body=msgspec.msgpack.encode(answers))


@pytest.fixture
def line(upstream: Upstream) -> Line:
    return Line(upstream)


@pytest.fixture
def batcher(upstream: Upstream) -> Batcher[LineRequest]:
    return batcher_of(upstream)


def batcher_of(upstream: Upstream, seconds: float = 2.0) -> Batcher[LineRequest]:
    return Batcher(
        Internal(KeyRing(Settings().identity_keys)), Service("queue", [upstream.url]),
        b"/internal/line", may_repeat=lambda request: request.op != "leave", seconds=seconds,
    )  # fmt: skip


def ask(
    batcher: Batcher[LineRequest], request_id: str, op: Operation = "join"
) -> "asyncio.Future[Reply]":
    answered: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
    request = LineRequest(op, EventId("e1"), UserId("ada"), request_id)
    batcher.add(request, answered.set_result)
    return answered


async def test_each_gets_its_own_answer(batcher: Batcher[LineRequest], line: Line) -> None:
    asked = [ask(batcher, str(number)) for number in range(1500)]
    answers = await asyncio.gather(*asked)
    assert [answer.body for answer in answers if isinstance(answer, Answer)] == [
        str(number).encode() for number in range(1500)
    ]
    assert [len(batch) for batch in line.batches] == [MAX_BATCH, MAX_BATCH, 1500 - 2 * MAX_BATCH]


async def test_requests_that_arrive_during_a_call_form_the_next_batch(
    batcher: Batcher[LineRequest], line: Line
) -> None:
    line.delay = 0.008
    asked = []
    for number in range(20):
        asked.append(ask(batcher, str(number)))
        await asyncio.sleep(0.001)
    await asyncio.gather(*asked)
    assert len(line.batches) < 12


async def test_a_slow_call_does_not_hold_up_those_behind_it(upstream: Upstream, line: Line) -> None:
    batcher = batcher_of(upstream, seconds=60)
    for number in range(20):  # a timer that rounds down does so only now and then
        line.asked.clear()
        line.held = held = asyncio.Event()
        slow = ask(batcher, f"slow {number}")
        async with asyncio.timeout(10):
            await line.asked.wait()
            line.held = None
            await ask(batcher, f"quick {number}")
        assert not slow.done()
        held.set()
        await slow


async def test_after_a_lost_connection_only_repeatable_requests_are_repeated(
    batcher: Batcher[LineRequest], line: Line
) -> None:
    line.hang_ups = 1
    join, leave = ask(batcher, "1"), ask(batcher, "2", "leave")
    joined, left = await asyncio.gather(join, leave)
    assert isinstance(joined, Answer)
    assert isinstance(left, TiketiError)
    assert (left.status, left.code) == (503, "outcome_unknown")
    assert [len(batch) for batch in line.batches] == [2, 1]


@pytest.mark.parametrize("left_out", [1, 3, 7])
async def test_when_an_answer_is_missing_nobody_gets_another_persons_answer(
    batcher: Batcher[LineRequest], line: Line, left_out: int
) -> None:
    line.left_out = left_out
    answers = await asyncio.gather(*(ask(batcher, str(number)) for number in range(7)))
    assert {answer.status for answer in answers} == {500}


async def test_a_service_that_is_down_is_an_answer_for_everyone(free_port: FreePort) -> None:
    batcher = batcher_of(Upstream(url=f"http://127.0.0.1:{free_port()}"))
    answers = await asyncio.gather(*(ask(batcher, str(number)) for number in range(10)))
    assert {answer.status for answer in answers} == {503}


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["join", "leave"])), max_size=60),
    st.integers(0, 2),
)
def test_requests_are_answered_once_whenever_they_arrive(
    arrivals: list[tuple[int, Operation]], hang_ups: int
) -> None:
    async def story() -> None:
        upstream = Upstream()
        async with serving(upstream.app()) as port:
            upstream.url = f"http://127.0.0.1:{port}"
            line = Line(upstream)
            line.hang_ups = hang_ups
            batcher = batcher_of(upstream)
            asked = []
            for number, (pause, op) in enumerate(arrivals):
                for _ in range(pause):
                    await asyncio.sleep(0)
                asked.append(ask(batcher, str(number), op))
            async with asyncio.timeout(5):
                answers = await asyncio.gather(*asked)
            for number, answer in enumerate(answers):
                if isinstance(answer, Answer):
                    assert answer.body == str(number).encode()
                else:
                    assert answer.status == 503
            carried = [each.request_id for batch in line.batches for each in batch]
            leaves = [str(n) for n, (_, op) in enumerate(arrivals) if op == "leave"]
            assert all(carried.count(each) == 1 for each in leaves)

    asyncio.run(story())
