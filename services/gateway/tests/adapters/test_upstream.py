"""Services that refuse connections, close them, hang, shut down and recover."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from services.gateway.tests.harness import FreePort, Gateway, StartGateway, StartUpstream, Upstream

from tiketi_gateway.adapters import instances
from tiketi_gateway.adapters.upstream import Service
from tiketi_gateway.errors import OutcomeUnknown, ServiceUnavailable, UpstreamTimeout
from tiketi_gateway.http1 import client_connection
from tiketi_gateway.http1.outgoing import Outgoing

GET = Outgoing(b"GET", b"/api/orders", b"", repeatable=True)
POST = Outgoing(b"POST", b"/api/orders", b"", b"{}")


async def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def test_connections_are_kept(upstream: Upstream) -> None:
    peers = set()

    async def remember(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        peers.add(request.transport.get_extra_info("peername"))
        return web.Response(text="x")

    upstream.handlers["/api/orders"] = remember
    service = Service("booking", [upstream.url])
    for _ in range(20):
        assert (await service.send(GET)).body == b"x"
    assert len(peers) == 1


async def test_a_refused_connection_goes_to_another_instance(
    upstream: Upstream, free_port: FreePort
) -> None:
    service = Service("booking", [f"http://127.0.0.1:{free_port()}", upstream.url])
    for _ in range(10):
        assert (await service.send(POST)).status == 200


async def test_without_an_instance_a_request_is_refused_at_once(free_port: FreePort) -> None:
    service = Service("booking", [f"http://127.0.0.1:{free_port()}"])
    for _ in range(3):
        started = time.monotonic()
        with pytest.raises(ServiceUnavailable) as caught:
            await service.send(POST)
        assert caught.value.retry_after == 2
        assert time.monotonic() - started < 0.5


async def test_a_repeatable_request_is_repeated_when_the_connection_is_lost(
    upstream: Upstream,
) -> None:
    asked = 0

    async def once(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        return await hang_up(request) if asked == 1 else web.Response(text="x")

    upstream.handlers["/api/orders"] = once
    service = Service("booking", [upstream.url])
    assert (await service.send(GET)).status == 200
    assert asked == 2


async def test_an_unrepeatable_request_is_not_repeated_and_the_client_is_told(
    upstream: Upstream,
) -> None:
    asked = 0

    async def count(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        return await hang_up(request)

    upstream.handlers["/api/orders"] = count
    with pytest.raises(OutcomeUnknown) as caught:
        await Service("booking", [upstream.url]).send(POST)
    assert asked == 1
    assert caught.value.retry_after == 1


async def test_a_service_that_hangs_is_given_up_in_time(upstream: Upstream) -> None:
    async def hang(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    upstream.handlers["/api/orders"] = hang
    service = Service("booking", [upstream.url])
    async with service.running():
        started = time.monotonic()
        with pytest.raises(UpstreamTimeout):
            await service.send(Outgoing(b"GET", b"/api/orders", b"", seconds=0.3))
        assert time.monotonic() - started < 1


async def test_requests_to_a_slow_service_are_refused_early(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instances, "CONNECTIONS", 2)
    monkeypatch.setattr(instances, "WAITING", 3)

    async def slow(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.3)
        return web.Response(text="x")

    upstream.handlers["/api/orders"] = slow
    service = Service("booking", [upstream.url])
    results = await asyncio.gather(*(service.send(GET) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(result, ServiceUnavailable) for result in results) == 5
    assert sum(not isinstance(result, BaseException) for result in results) == 5


async def test_an_instance_that_reports_not_ready_gets_no_requests(
    upstream: Upstream, make_upstream: StartUpstream
) -> None:
    other = await make_upstream()
    service = Service("booking", [upstream.url, other.url])
    upstream.ready = False
    async with service.running():
        await asyncio.sleep(0.2)
        for _ in range(10):
            await service.send(GET)
    assert len(other.requests) == 10
    assert upstream.requests == []


async def test_an_instance_that_recovers_gets_requests_again(
    free_port: FreePort, upstream: Upstream
) -> None:
    port = free_port()
    service = Service("booking", [f"http://127.0.0.1:{port}"])
    async with service.running():
        with pytest.raises(ServiceUnavailable):
            await service.send(GET)
        runner = web.AppRunner(upstream.app())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        for _ in range(100):
            await asyncio.sleep(0.05)
            if not service.instances[0].breaker.is_open:
                break
        assert (await service.send(GET)).status == 200
        await runner.cleanup()


async def test_a_name_is_resolved_to_its_instances(upstream: Upstream) -> None:
    port = upstream.url.rpartition(":")[2]
    service = Service("booking", [f"http://localhost:{port}"])
    async with service.running():
        await asyncio.sleep(0.2)
        assert "127.0.0.1" in {instance.host for instance in service.instances}
        assert (await service.send(GET)).status == 200


async def test_a_large_response_is_streamed(
    upstream: Upstream,
) -> None:
    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(200):
            await response.write(b"x" * 50_000)
        return response

    upstream.handlers["/api/orders"] = large
    incoming = await Service("booking", [upstream.url]).send(GET)
    assert incoming.body is None
    assert sum([len(chunk) async for chunk in incoming.chunks()]) == 10_000_000


async def test_an_answer_that_breaks_off_is_cut_for_the_client_too(
    gateway: Gateway, upstream: Upstream
) -> None:
    async def break_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x" * 200_000)
        return await hang_up(request)

    upstream.handlers["/api/orders/1"] = break_off
    answer = await gateway.raw(b"GET /api/orders/1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert not answer.endswith(b"0\r\n\r\n")


async def test_an_answer_that_stops_half_way_is_given_up(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_connection, "STALL_SECONDS", 0.3)

    async def stop(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x" * 1000)
        await asyncio.sleep(5)
        return response

    upstream.handlers["/api/orders"] = stop
    service = Service("booking", [upstream.url])
    async with service.running():
        incoming = await service.send(GET)
        with pytest.raises(UpstreamTimeout):
            await incoming.read()


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "service.py"
    path.write_text(
        """
import asyncio
from aiohttp import web
from tiketi_shared.run import run
from tiketi_shared.settings import ServiceSettings
from tiketi_shared.tokens import KeyRing
from tiketi_shared.web import create_base_app

async def work(request):
    await asyncio.sleep(0.01)
    return web.json_response({"bytes": len(await request.read())})

def create_app(settings):
    app = create_base_app(KeyRing(settings.identity_keys))
    app.router.add_route("*", "/api/{path:.*}", work)
    return app

run("service", ServiceSettings, create_app)
"""
    )
    return path


async def ready(port: int) -> None:
    async with aiohttp.ClientSession() as client:
        for _ in range(200):
            with contextlib.suppress(aiohttp.ClientError):
                async with client.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)
    raise AssertionError("it did not come up")


async def test_restarting_an_instance_under_load_costs_no_request(
    start: StartGateway, program: Path, free_port: FreePort
) -> None:
    ports = [free_port(), free_port()]

    def begin(port: int) -> "subprocess.Popen[bytes]":
        environ = {**os.environ, "PORT": str(port), "LEAVE_SECONDS": "1.5", "LOG_LEVEL": "error"}
        return subprocess.Popen([sys.executable, str(program)], env=environ)

    processes = [begin(port) for port in ports]
    try:
        gateway = await start(
            booking_urls=tuple(f"http://127.0.0.1:{port}" for port in ports), limits="off"
        )
        for port in ports:
            await ready(port)
        await asyncio.sleep(1.5)
        answers: list[tuple[int, Any]] = []
        stop = asyncio.Event()

        async def load(method: str) -> None:
            while not stop.is_set():
                status, body, _ = await gateway.ask(method, "/api/orders/1/x")
                answers.append((status, body))

        clients = [asyncio.ensure_future(load("GET" if n % 2 else "POST")) for n in range(8)]
        await asyncio.sleep(0.3)
        for index, port in enumerate(ports):
            processes[index].send_signal(signal.SIGTERM)
            await asyncio.to_thread(processes[index].wait, 10)
            processes[index] = begin(port)
            await ready(port)
            await asyncio.sleep(2.5)  # until the gateway has seen it
        stop.set()
        await asyncio.gather(*clients)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert len(answers) > 500
    assert [body for status, body in answers if status != 200] == []
