"""A service behind several base URLs, some of whose instances fail."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tiketi_shared.service_client import Caller, CallFailed, NotThere, ServiceClient, open_caller
from tiketi_shared.tokens import Identity, KeyRing
from tiketi_shared.tracing import TRACEPARENT, span
from tiketi_shared.web import IDENTITY_HEADER

KEYS = KeyRing("test:a-secret-for-the-tests-0")
NOBODY = "http://127.0.0.1:1"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
decode = msgspec.json.Decoder(int).decode


class Instance:
    """Answers every request with `handler` and keeps what it was asked."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.url = ""
        self.asked: list[web.Request] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.asked.append(request)
        return await self._handler(request)


@asynccontextmanager
async def instance(handler: Handler) -> AsyncIterator[Instance]:
    made = Instance(handler)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    async with TestServer(app) as server:
        made.url = str(server.make_url("")).rstrip("/")
        yield made


def answering(body: str = "7", status: int = 200) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        headers = {"Location": "/elsewhere"} if status == 302 else None
        return web.Response(text=body, status=status, headers=headers)

    return answer


async def hanging(_: web.Request) -> web.Response:
    await asyncio.sleep(60)
    raise AssertionError("nobody waits this long")


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with open_caller("metrics", KEYS, seconds=0.5) as opened:
        yield opened


@pytest.mark.parametrize(
    "broken",
    [
        answering(status=500),
        answering(status=403),
        answering(status=302),
        answering("no number"),
        hanging,
    ],
    ids=["fault", "refusal", "redirect", "unreadable", "hanging"],
)
async def test_the_next_instance_answers_where_one_does_not(
    caller: Caller, broken: Handler
) -> None:
    async with instance(broken) as bad, instance(answering()) as good:
        client = ServiceClient(caller, [bad.url, good.url], seconds=10)
        assert await client.call("GET", "/number", decode) == 7
        assert await client.call("GET", "/number", decode) == 7
        assert (len(bad.asked), len(good.asked)) == (1, 2)


async def test_an_instance_that_nobody_listens_for_is_asked_last(caller: Caller) -> None:
    async with instance(answering()) as good:
        client = ServiceClient(caller, [NOBODY, good.url], seconds=10)
        assert await client.call("GET", "/number", decode) == 7


async def test_each_instance_is_asked_once_before_the_call_fails(caller: Caller) -> None:
    async with instance(answering(status=503)) as one, instance(answering(status=500)) as other:
        client = ServiceClient(caller, [one.url, other.url], seconds=10)
        with pytest.raises(CallFailed, match=f"/number: {other.url}: status 500"):
            await client.call("GET", "/number", decode)
        assert (len(one.asked), len(other.asked)) == (1, 1)


async def test_what_is_not_there_is_not_sought_at_other_instances(caller: Caller) -> None:
    async with instance(answering(status=404)) as one, instance(answering()) as other:
        with pytest.raises(NotThere):
            await ServiceClient(caller, [one.url, other.url], seconds=10).call(
                "GET", "/number", decode
            )
        assert other.asked == []


async def test_all_instances_together_have_a_limit_of_time(caller: Caller) -> None:
    async with instance(hanging) as one, instance(hanging) as other:
        client = ServiceClient(caller, [one.url, other.url], seconds=0.7)
        started = time.monotonic()
        with pytest.raises(CallFailed, match=r"no answer within 0\.7 s"):
            await client.call("GET", "/number", decode)
        assert 0.6 < time.monotonic() - started < 5


async def test_without_instances_a_call_fails(caller: Caller) -> None:
    with pytest.raises(CallFailed, match="no instance is configured"):
        await ServiceClient(caller, [], seconds=1).call("GET", "/number", decode)


async def test_a_request_carries_who_calls_the_trace_the_query_and_the_body(
    caller: Caller,
) -> None:
    bodies: list[bytes] = []

    async def keep(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response(text="8")

    async with instance(keep) as one:
        client = ServiceClient(caller, [one.url], seconds=10)
        with span("poll", "client", TRACE):
            number = await client.call(
                "POST", "/number", decode, body=b"\x93", content_type="application/msgpack",
                query={"event_id": "e 1"},
            )  # fmt: skip
    assert (number, bodies) == (8, [b"\x93"])
    (request,) = one.asked
    assert request.query == {"event_id": "e 1"}
    assert request.content_type == "application/msgpack"
    assert request.headers[TRACEPARENT] == TRACE
    identity = KEYS.verify(Identity, request.headers[IDENTITY_HEADER], time.time())
    assert (identity.user_id, identity.role) == ("metrics", "service")
