"""Repeated requests, timeouts of services, and Retry-After."""

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest
from aiohttp import web
from services.gateway.tests.harness import Gateway, SignIn, StartGateway, Upstream

from tiketi_shared.batches import Answer, Answers

HOLDS, CHECKOUT = "/api/events/e1/holds", "/api/holds/h1/checkout"
KEY = {"Idempotency-Key": "k-17"}


class HangingUp:
    """A service that carries the first request out and closes the connection before it answers."""

    def __init__(self, upstream: Upstream, path: str, answer: Callable[[], web.Response]) -> None:
        self.bodies: list[bytes] = []
        self._answer = answer
        upstream.handlers[path] = self._handle

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.read())
        if len(self.bodies) == 1:
            assert request.transport is not None
            request.transport.abort()
        return self._answer()


async def in_chunks() -> AsyncIterator[bytes]:
    yield b'{"payment":'
    yield b'{"provider":"sandbox","token":"tok_ok"}}'


def order() -> web.Response:
    return web.json_response({"order": {"id": "o1"}}, status=201)


def hold() -> web.Response:
    answers = Answers([Answer(201, b'{"hold":{"id":"h1"}}')])
    return web.Response(body=msgspec.msgpack.encode(answers))


@pytest.mark.parametrize(
    ("method", "headers", "streamed", "times"),
    [
        ("POST", {}, False, 1),
        ("POST", KEY, False, 2),
        ("POST", KEY, True, 1),
        ("PATCH", {}, False, 1),
        ("DELETE", {}, False, 1),
        ("GET", {}, False, 2),
    ],
)
async def test_a_request_is_sent_again_only_where_that_changes_nothing(  # noqa: PLR0917  cases
    gateway: Gateway, upstream: Upstream, signed_in: SignIn, method: str, headers: dict[str, str],
    streamed: bool, times: int,
) -> None:  # fmt: skip
    service = HangingUp(upstream, CHECKOUT, order)
    body = None if method == "GET" else in_chunks() if streamed else b'{"payment":1}'
    status, answer, response = await gateway.ask(
        method, CHECKOUT, session=await signed_in(), headers=headers, data=body
    )
    assert len(service.bodies) == times
    assert len(set(service.bodies)) == 1
    if times == 2:
        assert (status, answer) == (201, {"order": {"id": "o1"}})
    else:
        assert (status, answer["code"]) == (503, "outcome_unknown")
        assert int(response.headers["Retry-After"]) >= 1


@pytest.mark.parametrize(("headers", "times"), [({}, 1), (KEY, 2)])
async def test_a_hold_is_repeated_only_with_its_key(
    gateway: Gateway, upstream: Upstream, signed_in: SignIn, headers: dict[str, str], times: int
) -> None:
    HangingUp(upstream, "/internal/holds", hold)
    status, answer, _ = await gateway.ask(
        "POST", HOLDS, session=await signed_in(), headers=headers, json={"seat_ids": ["s1"]}
    )
    assert len(upstream.holds) == times
    expected = (201, None) if times == 2 else (503, "outcome_unknown")
    assert (status, answer.get("code")) == expected


async def test_a_hold_travels_with_its_person_admission_and_key(
    gateway: Gateway, upstream: Upstream, signed_in: SignIn
) -> None:
    sessions = {user: await signed_in(user) for user in ("ada", "bob")}
    for user, session in sessions.items():
        headers = {"Queue-Admission": f"admission-of-{user}", "Idempotency-Key": f"key-of-{user}"}
        status, answer, _ = await gateway.ask(
            "POST", HOLDS, session=session, headers=headers, json={"seat_ids": [user]}
        )
        assert (status, answer) == (201, {"user": user})
    for user, [request] in zip(sessions, upstream.holds, strict=True):
        assert request.user_id == user
        assert request.event_id == "e1"
        assert request.admission == f"admission-of-{user}"
        assert request.idempotency_key == f"key-of-{user}"
        assert msgspec.json.decode(request.body) == {"seat_ids": [user]}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/holds/h1/checkout", 200),
        ("POST", "/api/orders/o1/refund", 200),
        ("GET", "/api/orders/o1/tickets.pdf", 200),
        ("GET", "/api/orders/o1/receipt.pdf", 200),
        ("GET", "/api/orders/o1", 504),
        ("DELETE", "/api/holds/h1", 504),
    ],
)
async def test_paying_and_printing_have_more_time_than_the_rest(  # noqa: PLR0917  cases
    start: StartGateway, upstream: Upstream, signed_in: SignIn, method: str, path: str, status: int
) -> None:
    async def slow(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.9)
        return web.json_response({})

    upstream.handlers[path] = slow
    gateway = await start(upstream_seconds=0.3, checkout_seconds=20)
    assert (await gateway.ask(method, path, session=await signed_in()))[0] == status


@pytest.mark.parametrize(
    ("method", "path", "internal"),
    [
        ("POST", "/api/events/e1/queue", "/internal/line"),
        ("GET", "/api/events/e1/queue", "/internal/line"),
        ("DELETE", "/api/events/e1/queue", "/internal/line"),
        ("POST", HOLDS, "/internal/holds"),
    ],
)
async def test_clients_are_told_when_to_retry(  # noqa: PLR0917  cases
    gateway: Gateway, upstream: Upstream, signed_in: SignIn, method: str, path: str, internal: str
) -> None:
    async def paused(_: web.Request) -> web.StreamResponse:
        answers = Answers([Answer(503, b'{"code":"paused"}', retry_after=7)])
        return web.Response(body=msgspec.msgpack.encode(answers))

    upstream.handlers[internal] = paused
    status, answer, response = await gateway.ask(method, path, session=await signed_in())
    assert (status, answer["code"], response.headers["Retry-After"]) == (503, "paused", "7")
    assert response.headers["Content-Type"] == "application/problem+json"
