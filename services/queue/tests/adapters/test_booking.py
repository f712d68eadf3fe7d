"""The client of booking: several instances, some of which fail."""

import time
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from services.queue.tests.harness import FakeBooking

from tiketi_queue.adapters.booking import BookingClient
from tiketi_queue.domain.line import Ended
from tiketi_queue.ports import BookingUnavailable
from tiketi_queue.settings import Settings
from tiketi_shared.ids import AdmissionId, EventId, UserId
from tiketi_shared.service_client import ServiceClient, open_caller
from tiketi_shared.tokens import Identity, KeyRing
from tiketi_shared.web import IDENTITY_HEADER

KEYS = KeyRing(Settings().identity_keys)
ClientAt = Callable[..., BookingClient]
NOBODY = "http://127.0.0.1:1"


@pytest.fixture
async def client_at() -> AsyncIterator[ClientAt]:
    """A client for the base URLs of booking's instances."""
    async with open_caller("queue", KEYS, seconds=1) as caller:
        yield lambda *urls: BookingClient(ServiceClient(caller, urls, seconds=5))


@pytest.fixture
async def broken() -> AsyncIterator[str]:
    """The URL of an instance whose answers cannot be used."""

    async def answer(request: web.Request) -> web.Response:
        status = 500 if request.path.endswith("revoke") else 200
        return web.Response(text="[]", status=status, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_the_next_instance_is_asked_when_one_is_gone(
    client_at: ClientAt, booking: FakeBooking
) -> None:
    event = booking.put_on_sale()
    client = client_at(NOBODY, booking.url)
    sales = await client.sales()
    assert [sale.event_id for sale in sales.sales] == [event]


async def test_when_all_are_gone_booking_is_unavailable(client_at: ClientAt) -> None:
    client = client_at(NOBODY, "http://127.0.0.1:2")
    with pytest.raises(BookingUnavailable, match=r"127\.0\.0\.1"):
        await client.sales()


async def test_an_answer_that_cannot_be_decoded_is_a_failure(
    client_at: ClientAt, broken: str
) -> None:
    client = client_at(broken)
    for call in (
        client.sales(),
        client.record_draw(EventId("e1"), 5),
        client.recorded_draw(EventId("e1")),
    ):
        with pytest.raises(BookingUnavailable):
            await call


async def test_a_failing_instance_is_not_asked_twice_in_a_row(
    client_at: ClientAt, broken: str, booking: FakeBooking
) -> None:
    client = client_at(broken, booking.url)
    ended = Ended(UserId("ann"), AdmissionId("a1"), 5_000)
    await client.revoke([ended])
    await client.revoke([ended])
    assert booking.revoked == ["a1", "a1"]


async def test_a_draw_that_nobody_recorded_is_none(
    client_at: ClientAt, booking: FakeBooking
) -> None:
    client = client_at(booking.url)
    event = EventId("e1")
    assert await client.recorded_draw(event) is None
    assert await client.record_draw(event, 40) == 40
    assert await client.record_draw(event, 50) == 40
    assert await client.recorded_draw(event) == 40


async def test_each_call_says_who_is_asking(client_at: ClientAt) -> None:
    seen: list[Identity] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(KEYS.verify(Identity, request.headers[IDENTITY_HEADER], time.time()))
        return web.json_response({"participants": 1})

    app = web.Application()
    app.router.add_get("/internal/draws/{id}", answer)
    async with TestServer(app) as server:
        client = client_at(str(server.make_url("")).rstrip("/"))
        await client.recorded_draw(EventId("e1"))
    assert (seen[0].user_id, seen[0].role) == ("queue", "service")
