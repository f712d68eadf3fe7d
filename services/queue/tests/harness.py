"""A queue service on a real Redis, with a booking of the test's own: for tests over HTTP."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypedDict, TypeVar, Unpack

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestClient

from tiketi_queue.settings import Settings
from tiketi_shared.batches import MAX_BATCH, Answer, Answers, Batch, LineRequest
from tiketi_shared.ids import EventId, UserId, new_id
from tiketi_shared.sale import Policy, QueueSettings, Sale, Sales
from tiketi_shared.tokens import Identity, KeyRing
from tiketi_shared.web import IDENTITY_HEADER

IDENTITIES = KeyRing(Settings().identity_keys)

Client = TestClient[web.Request, web.Application]
Op = Literal["join", "place", "leave"]
T = TypeVar("T")


class QueueOptions(TypedDict, total=False):
    """Fields of `QueueSettings` that a test sets."""

    policy: Policy
    capacity: int
    per_second: float
    admission_seconds: int
    grace_seconds: int
    lobby_seconds: int
    adaptive: bool
    invite_codes: tuple[str, ...]
    paused: bool


class SaleOptions(TypedDict, total=False):
    """Fields of `Sale` that a test sets."""

    sale_opens_at: float
    sale_closes_at: float
    seats_total: int
    seats_left: int
    seats_held: int
    seats_sold: int
    open_holds: int
    holds_paid: int
    holds_returned: int
    cancelled: bool
    queue: QueueSettings


class ServiceOptions(TypedDict, total=False):
    """Settings of the service that a test sets."""

    redis_url: str
    redis_timeout: float
    amqp_url: str
    booking_urls: tuple[str, ...]
    sales_seconds: float
    round_seconds: float
    presence_seconds: int
    recovery_seconds: float


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
    draws: dict[EventId, int] = field(default_factory=dict)
    url: str = ""

    def put_on_sale(
        self, *, opens_in: float = -1.0, seats: int = 100_000, **queue: Unpack[QueueOptions]
    ) -> EventId:
        """Add a sale that opens in so many seconds and closes in an hour."""
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

    def change(self, event_id: EventId, **changes: Unpack[SaleOptions]) -> None:
        self.sales[event_id] = msgspec.structs.replace(self.sales[event_id], **changes)

    def change_queue(self, event_id: EventId, **changes: Unpack[QueueOptions]) -> None:
        queue = msgspec.structs.replace(self.sales[event_id].queue, **changes)
        self.change(event_id, queue=queue)

    async def has_recorded(self, event_id: EventId) -> bool:
        return event_id in self.draws

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
        recorded = self.draws.setdefault(body["event_id"], body["participants"])
        return web.json_response({"participants": recorded})

    async def _recorded(self, request: web.Request) -> web.Response:
        recorded = self.draws.get(EventId(request.match_info["id"]))
        if recorded is None:
            return web.json_response({"code": "not_found"}, status=404)
        return web.json_response({"participants": recorded})


@dataclass(frozen=True)
class Answered:
    """An answer of the service; `body` is its JSON."""

    status: int
    body: Any
    retry_after: int | None = None

    @property
    def code(self) -> str | None:
        """The code of the problem, None for an answer below 400."""
        return self.body["code"] if self.status >= 400 else None


@dataclass(frozen=True)
class Queue:
    """One running instance of the service, and the calls that others make to it."""

    client: Client

    async def ask(self, op: Op, event_id: EventId, user: str, body: object = None) -> Answered:
        """Send one request, as the gateway passes it on."""
        method = {"join": "POST", "place": "GET", "leave": "DELETE"}[op]
        data = b"" if body is None else msgspec.json.encode(body)
        return await self.call(method, f"/api/events/{event_id}/queue", user, data=data)

    async def call(
        self, method: str, path: str, user: str | None = None, role: str = "customer", *,
        data: bytes = b"", headers: dict[str, str] | None = None,
    ) -> Answered:  # fmt: skip
        sent = (headers or {}) | (signed(user, role) if user else {})
        response = await self.client.request(method, path, headers=sent, data=data or None)
        body = await response.read()
        retry_after = response.headers.get("Retry-After")
        return Answered(
            response.status,
            msgspec.json.decode(body) if body else None,
            int(retry_after) if retry_after else None,
        )

    async def ask_all(
        self, op: Op, event_id: EventId, users: Sequence[str],
        bodies: Sequence[object] | None = None,
    ) -> list[Answered]:  # fmt: skip
        """Send requests in batches, as the gateway does. The answers are in the users' order."""
        answers: list[Answered] = []
        for start in range(0, len(users), MAX_BATCH):
            requests = [
                LineRequest(op, event_id, UserId(user), f"test-{index}", _encoded(bodies, index))
                for index, user in enumerate(users[start : start + MAX_BATCH], start)
            ]
            response = await self.client.post(
                "/internal/line",
                data=msgspec.msgpack.encode(Batch(requests)),
                headers=signed("gateway", "service"),
            )
            assert response.status == 200, await response.text()
            batch = msgspec.msgpack.decode(await response.read(), type=Answers)
            answers += [answered(answer) for answer in batch.answers]
        return answers

    async def status(self, event_id: EventId) -> Any:
        """The shared document."""
        return (await self.call("GET", f"/api/events/{event_id}/queue/status")).body

    async def depth(self, event_id: EventId) -> Any:
        answer = await self.call("GET", "/internal/depths", "metrics", "service")
        return answer.body["events"][event_id]

    async def metrics(self) -> str:
        return await (await self.client.get("/metrics")).text()

    async def knows(self, event_id: EventId, **expected: object) -> None:
        """Wait until there is a shared document with these members."""

        async def right() -> bool:
            status = await self.status(event_id)
            return all(status.get(name) == value for name, value in expected.items()) and (
                "phase" in status
            )

        await until(right)

    async def holds(self, event_id: EventId, **expected: object) -> None:
        """Wait until the depth of the line has these members."""

        async def right() -> bool:
            depth = await self.depth(event_id)
            return all(depth[name] == value for name, value in expected.items())

        await until(right)

    async def rounds_pass(self, event_id: EventId, count: int) -> None:
        """Wait until so many rounds are over. Each of them renews the shared document."""
        for _ in range(count):
            before = (await self.status(event_id))["as_of"]

            async def over(before: str = before) -> bool:
                return bool((await self.status(event_id))["as_of"] != before)

            await until(over)


class StartQueue(Protocol):
    """The fixture `start_queue`."""

    async def __call__(self, **options: Unpack[ServiceOptions]) -> Queue: ...


def signed(user_id: str, role: str) -> dict[str, str]:
    token = IDENTITIES.sign(Identity(UserId(user_id), role, int(time.time()) + 60))
    return {IDENTITY_HEADER: token}


def _encoded(bodies: Sequence[object] | None, index: int) -> bytes:
    return msgspec.json.encode(bodies[index]) if bodies else b""


def answered(answer: Answer) -> Answered:
    body = msgspec.json.decode(answer.body) if answer.body else None
    return Answered(answer.status, body, answer.retry_after)


async def until(question: Callable[[], Awaitable[T]], seconds: float = 8.0) -> T:
    """Ask again until the answer is true, and return it."""
    deadline = time.monotonic() + seconds
    while True:
        answer = await question()
        if answer:
            return answer
        assert time.monotonic() < deadline, "it did not become true"
        await asyncio.sleep(0.03)
