"""A queue service on a real Redis, with a till of the test's own in place of booking's."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tiketi_queue import metrics
from tiketi_queue.app import create_app
from tiketi_queue.settings import Settings
from tiketi_shared.batches import MAX_BATCH, Answer, Answers, Batch, LineRequest
from tiketi_shared.ids import EventId, UserId, new_id
from tiketi_shared.sale import QueueSettings, Sale, Sales
from tiketi_shared.tokens import Identity, KeyRing
from tiketi_shared.web import IDENTITY_HEADER

IDENTITIES = KeyRing(Settings().identity_keys)

Client = TestClient[web.Request, web.Application]


@dataclass
class FakeBooking:
    """The internal calls of booking that the queue makes, from memory."""

    sales: dict[EventId, Sale] = field(default_factory=dict)
    health: dict[str, float] = field(
        default_factory=lambda: {
            "hold_seconds_p95": 0.01,
            "checkout_seconds_p95": 0.05,
            "error_share": 0.0,
        }
    )
    revoked: list[str] = field(default_factory=list)
    draws: dict[str, int] = field(default_factory=dict)
    url: str = ""

    def put_on_sale(self, *, opens_in: float = -1.0, seats: int = 100_000, **queue: Any) -> EventId:
        """A sale that opens in so many seconds and lasts an hour."""
        event_id = EventId(new_id())
        now = time.time()
        self.sales[event_id] = Sale(
            event_id=event_id,
            name="A show",
            version=1,
            sale_opens_at=now + opens_in,
            sale_closes_at=now + 3600,
            queue=QueueSettings(**queue),
            seats_total=seats,
            seats_left=seats,
            open_holds=0,
        )
        return event_id

    def change(self, event_id: EventId, **changes: Any) -> None:
        self.sales[event_id] = msgspec.structs.replace(self.sales[event_id], **changes)

    def change_queue(self, event_id: EventId, **changes: Any) -> None:
        queue = msgspec.structs.replace(self.sales[event_id].queue, **changes)
        self.change(event_id, queue=queue)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/internal/sales", self._sales)
        app.router.add_post("/internal/admissions/revoke", self._revoke)
        app.router.add_post("/internal/draws", self._record)
        app.router.add_get("/internal/draws/{id}", self._recorded)
        return app

    async def _sales(self, request: web.Request) -> web.Response:
        sales = Sales(sales=list(self.sales.values()), **self.health)
        return web.Response(body=msgspec.json.encode(sales), content_type="application/json")

    async def _revoke(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.revoked += [each["admission_id"] for each in body["admissions"]]
        return web.Response(status=204)

    async def _record(self, request: web.Request) -> web.Response:
        body = await request.json()
        kept = self.draws.setdefault(body["event_id"], body["participants"])
        return web.json_response({"participants": kept})

    async def _recorded(self, request: web.Request) -> web.Response:
        kept = self.draws.get(request.match_info["id"])
        if kept is None:
            return web.json_response({"code": "not_found"}, status=404)
        return web.json_response({"participants": kept})


def signed(user_id: str, role: str) -> dict[str, str]:
    token = IDENTITIES.sign(Identity(UserId(user_id), role, int(time.time()) + 60))
    return {IDENTITY_HEADER: token}


@pytest.fixture
async def booking() -> AsyncIterator[FakeBooking]:
    booking = FakeBooking()
    async with TestServer(booking.application()) as server:
        booking.url = str(server.make_url("")).rstrip("/")
        yield booking


@dataclass(frozen=True)
class Answered:
    status: int
    body: Any
    retry_after: int | None = None

    @property
    def code(self) -> str | None:
        """The problem's code, None when it went well."""
        return self.body["code"] if self.status >= 400 else None


@dataclass(frozen=True)
class Instance:
    """One running queue service, and how the others talk to it."""

    client: Client

    async def ask(
        self, op: Literal["join", "place", "leave"], event_id: EventId, user: str, body: Any = None
    ) -> Answered:
        """As the gateway passes on a single request."""
        method = {"join": "POST", "place": "GET", "leave": "DELETE"}[op]
        content: dict[str, Any] = {}
        if body is not None:
            content["data"] = msgspec.json.encode(body)
        path = f"/api/events/{event_id}/queue"
        return await self.call(method, path, user, **content)

    async def call(
        self, method: str, path: str, user: str | None = None, role: str = "customer", **more: Any
    ) -> Answered:
        headers = more.pop("headers", {}) | (signed(user, role) if user else {})
        response = await self.client.request(method, path, headers=headers, **more)
        body = await response.read()
        retry_after = response.headers.get("Retry-After")
        return Answered(
            response.status,
            msgspec.json.decode(body) if body else None,
            int(retry_after) if retry_after else None,
        )

    async def ask_all(
        self,
        op: Literal["join", "place", "leave"],
        event_id: EventId,
        users: Sequence[str],
        bodies: Sequence[Any] | None = None,
    ) -> list[Answered]:
        """As the gateway sends what it has collected; answers in the order of the users."""
        answers: list[Answered] = []
        for start in range(0, len(users), MAX_BATCH):
            requests = [
                LineRequest(op, event_id, UserId(user), "test", _encoded(bodies, index))
                for index, user in enumerate(users[start : start + MAX_BATCH], start)
            ]
            response = await self.client.post(
                "/internal/line",
                data=msgspec.msgpack.encode(Batch(requests)),
                headers=signed("gateway", "service"),
            )
            assert response.status == 200, await response.text()
            batch = msgspec.msgpack.decode(await response.read(), type=Answers)
            answers += [_answered(answer) for answer in batch.answers]
        return answers

    async def status(self, event_id: EventId) -> Any:
        return (await self.call("GET", f"/api/events/{event_id}/queue/status")).body

    async def depth(self, event_id: EventId) -> Any:
        answer = await self.call("GET", "/internal/depths", "metrics", "service")
        return answer.body["events"][event_id]

    async def knows(self, event_id: EventId, **expected: Any) -> None:
        """Waits until the shared document is there, with the members expected."""

        async def right() -> bool:
            status = await self.status(event_id)
            return all(status.get(name) == value for name, value in expected.items()) and (
                "phase" in status
            )

        await until(right)

    async def holds(self, event_id: EventId, **expected: Any) -> None:
        """Waits until the line's numbers are those expected."""

        async def right() -> bool:
            depth = await self.depth(event_id)
            return all(depth[name] == value for name, value in expected.items())

        await until(right)

    async def rounds_pass(self, event_id: EventId, count: int) -> None:
        """Waits until so many rounds are over: each makes the shared document anew."""
        for _ in range(count):
            before = (await self.status(event_id))["as_of"]

            async def over(before: str = before) -> bool:
                return bool((await self.status(event_id))["as_of"] != before)

            await until(over)


def _encoded(bodies: Sequence[Any] | None, index: int) -> bytes:
    return msgspec.json.encode(bodies[index]) if bodies else b""


def _answered(answer: Answer) -> Answered:
    body = msgspec.json.decode(answer.body) if answer.body else None
    return Answered(answer.status, body, answer.retry_after)


async def until(question: Callable[[], Awaitable[Any]], seconds: float = 8.0) -> Any:
    """Asks again until the answer is true."""
    deadline = time.monotonic() + seconds
    while True:
        answer = await question()
        if answer:
            return answer
        assert time.monotonic() < deadline, "it did not become true"
        await asyncio.sleep(0.03)


@pytest.fixture
def eventually() -> Callable[..., Awaitable[Any]]:
    return until


@pytest.fixture
async def start_queue(
    booking: FakeBooking, redis_url: str
) -> AsyncIterator[Callable[..., Awaitable[Instance]]]:
    """Starts instances that poll booking often, so that tests need not wait."""
    clients: list[Client] = []

    async def start(**changes: Any) -> Instance:
        defaults: dict[str, Any] = {
            "redis_url": redis_url,
            "booking_urls": (booking.url,),
            "amqp_url": "amqp://127.0.0.1:1/",
            "sales_seconds": 0.05,
            "round_seconds": 0.1,
        }
        client = TestClient(TestServer(create_app(Settings(**(defaults | changes)))))
        clients.append(client)
        await client.start_server()
        return Instance(client)

    failures = _worker_failures()
    yield start
    for client in clients:
        await client.close()
    assert _worker_failures() == failures, "a worker failed; see the log"


def _worker_failures() -> float:
    return sum(
        sample.value
        for metric in metrics.WORKER_FAILURES.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    )


@pytest.fixture
async def queue(start_queue: Callable[..., Awaitable[Instance]]) -> Instance:
    return await start_queue()
