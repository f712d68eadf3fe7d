"""A queue service on a real Redis, with a till of the test's own in place of booking's."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tiketi_queue.app import create_app
from tiketi_queue.settings import Settings
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


@pytest.fixture
async def booking() -> AsyncIterator[FakeBooking]:
    booking = FakeBooking()
    async with TestServer(booking.application()) as server:
        booking.url = str(server.make_url("")).rstrip("/")
        yield booking


@pytest.fixture
def start_queue(booking: FakeBooking, redis_url: str) -> Callable[..., Awaitable[Client]]:
    """Starts an instance that polls booking often, so that tests need not wait."""

    async def start(**changes: Any) -> Client:
        defaults: dict[str, Any] = {
            "redis_url": redis_url,
            "booking_urls": (booking.url,),
            "amqp_url": "amqp://127.0.0.1:1/",
            "sales_seconds": 0.05,
            "round_seconds": 0.1,
        }
        client = TestClient(TestServer(create_app(Settings(**(defaults | changes)))))
        await client.start_server()
        return client

    return start


@pytest.fixture
async def queue(
    start_queue: Callable[..., Awaitable[Client]], booking: FakeBooking
) -> AsyncIterator[Client]:
    client = await start_queue()
    yield client
    await client.close()


@pytest.fixture
def as_user() -> Callable[..., dict[str, str]]:
    """The headers of somebody's request, as the gateway signs them."""

    def headers(user: str | None = None, role: str = "customer") -> dict[str, str]:
        user_id = UserId(user or new_id())
        token = IDENTITIES.sign(Identity(user_id, role, int(time.time()) + 60))
        return {IDENTITY_HEADER: token}

    return headers


@pytest.fixture
def known() -> Callable[[Client, EventId], Awaitable[None]]:
    """Waits until the instance has heard of the event from booking."""

    async def wait(client: Client, event_id: EventId) -> None:
        for _ in range(100):
            response = await client.get(f"/api/events/{event_id}/queue/status")
            if response.status == 200:
                return
            await asyncio.sleep(0.02)
        raise AssertionError("the event did not become known")

    return wait
