"""One connection to a service, on real sockets."""

import asyncio

import pytest
from aiohttp import web
from services.gateway.tests.harness import Eventually, Upstream

from tiketi_gateway.adapters import instances
from tiketi_gateway.adapters.upstream import Service
from tiketi_gateway.http1.outgoing import Outgoing

SMALL = Outgoing(b"GET", b"/api/small", b"")  # not repeated: a connection that is cut shows
LARGE = Outgoing(b"GET", b"/api/large", b"", repeatable=True)


async def test_a_response_that_is_read_slowly_survives_the_next_on_its_connection(
    upstream: Upstream, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is free when the service has sent everything, not when it was read."""
    monkeypatch.setattr(instances, "CONNECTIONS", 1)
    has_begun = asyncio.Event()

    async def serve_large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first")
        await has_begun.wait()
        for number in range(20):
            await response.write(b"%02d" % number * 500)
        return response

    upstream.handlers["/api/large"] = serve_large
    service = Service("booking", [upstream.url])
    slow = await service.send(LARGE)
    assert slow.body is None
    has_begun.set()

    async def is_free() -> bool:
        return not service.instances[0].busy

    await eventually(is_free)
    held = asyncio.Event()

    async def wait(_: web.Request) -> web.StreamResponse:
        await held.wait()
        return web.Response(text="x" * 17)

    upstream.handlers["/api/small"] = wait
    next_one = asyncio.ensure_future(service.send(SMALL))
    await asyncio.sleep(0.05)
    parts = [part async for part in slow.chunks()]
    rest = b"".join(b"%02d" % number * 500 for number in range(20))
    assert b"".join(parts) == b"first" + rest
    slow.close()
    held.set()
    assert (await next_one).body == b"x" * 17


async def test_a_service_that_sends_without_a_request_is_disconnected() -> None:
    """Nobody waits for it, and the next request must not get it as its response."""
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n%b"
    closed = asyncio.Event()
    peers = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal peers
        peers += 1
        is_first = peers == 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(response % b"ok")
        if is_first:
            await asyncio.sleep(0.05)
            writer.write(response % b"no")
        await reader.read()
        closed.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    service = Service("booking", [f"http://127.0.0.1:{port}"])
    async with server:
        assert (await service.send(SMALL)).body == b"ok"
        async with asyncio.timeout(5):
            await closed.wait()
        assert (await service.send(SMALL)).body == b"ok"
        for instance in service.instances:
            instance.retire()
    assert peers == 2
