"""Booking as the queue talks to it: several instances, some of them in trouble."""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tiketi_queue.adapters.booking import BookingTill
from tiketi_queue.domain.line import Ended
from tiketi_queue.ports import TillDown
from tiketi_queue.settings import Settings
from tiketi_shared.ids import AdmissionId, EventId, UserId
from tiketi_shared.service_client import ServiceClient, open_caller
from tiketi_shared.tokens import Identity, KeyRing
from tiketi_shared.web import IDENTITY_HEADER

KEYS = KeyRing(Settings().identity_keys)
TillAt = Callable[..., BookingTill]
NOBODY = "http://127.0.0.1:1"


@pytest.fixture
async def till_at() -> AsyncIterator[TillAt]:
    """A till for the base URLs of booking's instances."""
    async with open_caller("queue", KEYS, seconds=1) as caller:
        yield lambda *urls: BookingTill(ServiceClient(caller, urls, seconds=5))


@pytest.fixture
async def broken() -> AsyncIterator[str]:
    """An instance that answers everything with something else."""

    async def answer(request: web.Request) -> web.Response:
        status = 500 if request.path.endswith("revoke") else 200
        return web.Response(text="[]", status=status, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_the_next_instance_is_asked_when_one_is_gone(till_at: TillAt, booking: Any) -> None:
    event = booking.put_on_sale()
    till = till_at(NOBODY, booking.url)
    sales = await till.sales()
    assert [sale.event_id for sale in sales.sales] == [event]


async def test_when_all_are_gone_the_till_is_down(till_at: TillAt) -> None:
    till = till_at(NOBODY, "http://127.0.0.1:2")
    with pytest.raises(TillDown, match=r"127\.0\.0\.1"):
        await till.sales()


async def test_an_answer_that_makes_no_sense_is_no_answer(till_at: TillAt, broken: str) -> None:
    till = till_at(broken)
    for call in (
        till.sales(),
        till.record_draw(EventId("e1"), 5),
        till.recorded_draw(EventId("e1")),
    ):
        with pytest.raises(TillDown):
            await call


async def test_a_failing_instance_is_not_asked_twice_in_a_row(
    till_at: TillAt, broken: str, booking: Any
) -> None:
    till = till_at(broken, booking.url)
    ended = Ended(UserId("ann"), AdmissionId("a1"), 5_000)
    await till.revoke([ended])
    await till.revoke([ended])
    assert booking.revoked == ["a1", "a1"]


async def test_a_draw_that_nobody_recorded_is_none(till_at: TillAt, booking: Any) -> None:
    till = till_at(booking.url)
    event = EventId("e1")
    assert await till.recorded_draw(event) is None
    assert await till.record_draw(event, 40) == 40
    assert await till.record_draw(event, 50) == 40
    assert await till.recorded_draw(event) == 40


async def test_each_call_says_who_is_asking(till_at: TillAt) -> None:
    seen: list[Identity] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(KEYS.verify(Identity, request.headers[IDENTITY_HEADER], time.time()))
        return web.json_response({"participants": 1})

    app = web.Application()
    app.router.add_get("/internal/draws/{id}", answer)
    async with TestServer(app) as server:
        till = till_at(str(server.make_url("")).rstrip("/"))
        await till.recorded_draw(EventId("e1"))
    assert (seen[0].user_id, seen[0].role) == ("queue", "service")
