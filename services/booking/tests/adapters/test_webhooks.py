import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.resolver import ThreadedResolver
from aiohttp.test_utils import TestServer

from tiketi_booking.adapters import webhooks
from tiketi_booking.adapters.webhooks import open_webhook_sender
from tiketi_booking.domain.deliveries import NotDelivered
from tiketi_booking.domain.webhooks import verify

SECRET, BODY = "whsec_something", b'{"type":"order_paid"}'

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Receiver = Callable[[Answer], Awaitable[str]]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    servers = []

    async def start(answer: Answer) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return str(server.make_url("/hook"))

    yield start
    for server in servers:
        await server.close()


async def test_the_receiver_gets_the_body_with_a_signature_it_can_verify(
    receiver: Receiver,
) -> None:
    got: dict[str, Any] = {}

    async def keep(request: web.Request) -> web.Response:
        got.update(body=await request.read(), headers=request.headers)
        return web.Response(status=204)

    url = await receiver(keep)
    async with open_webhook_sender(private_allowed=True) as sender:
        await sender.send(url, SECRET, "delivery-1", BODY)
    assert got["body"] == BODY
    assert got["headers"]["Tiketi-Delivery"] == "delivery-1"
    assert verify(SECRET, BODY, got["headers"]["Tiketi-Signature"], time.time())


async def test_a_refusal_is_told_with_the_beginning_of_its_reason(receiver: Receiver) -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=500, text="database is\n down" + "x" * 100_000)

    url = await receiver(refuse)
    async with open_webhook_sender(private_allowed=True) as sender:
        with pytest.raises(NotDelivered) as failure:
            await sender.send(url, SECRET, "d", BODY)
    assert str(failure.value).startswith("500 database is down")
    assert len(str(failure.value)) < 600


async def test_a_redirect_is_a_refusal_and_is_not_followed(receiver: Receiver) -> None:
    followed = []

    async def redirect(request: web.Request) -> web.Response:
        followed.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    url = await receiver(redirect)
    async with open_webhook_sender(private_allowed=True) as sender:
        with pytest.raises(NotDelivered, match="307"):
            await sender.send(url, SECRET, "d", BODY)
    assert followed == ["/hook"]


async def test_a_receiver_that_never_answers_is_given_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "TIMEOUT", aiohttp.ClientTimeout(total=0.2))

    async def hang(request: web.Request) -> web.Response:
        await asyncio.sleep(2)
        return web.Response()

    url = await receiver(hang)
    async with open_webhook_sender(private_allowed=True) as sender:
        with pytest.raises(NotDelivered, match=r"no answer within 0\.2 s"):
            await sender.send(url, SECRET, "d", BODY)


async def test_nobody_listening_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with open_webhook_sender(private_allowed=True) as sender:
        with pytest.raises(NotDelivered, match="not reached"):
            await sender.send(f"http://127.0.0.1:{port}/", SECRET, "d", BODY)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "2130706433", "0x7f.1"]
)
async def test_in_production_this_machine_is_out_of_reach_by_any_spelling(
    receiver: Receiver, host: str
) -> None:
    called = []

    async def keep(request: web.Request) -> web.Response:
        called.append(request.path)
        return web.Response()

    port = (await receiver(keep)).rpartition(":")[2]
    async with open_webhook_sender(private_allowed=False) as sender:
        with pytest.raises(NotDelivered, match=r"not a public address|not a canonical") as refused:
            await sender.send(f"http://{host}:{port}", SECRET, "d", BODY)
    assert refused.value.final
    assert called == []


async def test_a_name_with_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    async def resolve(
        self: ThreadedResolver, host: str, port: int, family: int
    ) -> list[dict[str, Any]]:
        asked.append(host)
        common = {"hostname": host, "port": port, "family": family, "proto": 0, "flags": 0}
        return [{**common, "host": "203.0.114.9"}, {**common, "host": "10.0.0.5"}]

    monkeypatch.setattr(ThreadedResolver, "resolve", resolve)
    async with open_webhook_sender(private_allowed=False) as sender:
        with pytest.raises(NotDelivered, match=r"10\.0\.0\.5"):
            await sender.send("http://rebinding.example/", SECRET, "d", BODY)
    assert asked == ["rebinding.example"]
