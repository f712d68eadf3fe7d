"""Hostile and unusual input, byte by byte over real sockets."""

import asyncio
import time

import pytest
from aiohttp import web
from services.gateway.tests.harness import Eventually, Gateway, Stalled, StartGateway, Upstream

from tiketi_shared.health import READINESS

HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"


POST = b"POST /api/orders HTTP/1.1\r\nHost: localhost\r\n"
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (POST + b"Content-Length: 3\r\n" + CHUNKED + b"\r\n3\r\nabc\r\n0\r\n\r\n", 400),
        (POST + CHUNKED + b"Content-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 400),
        (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
        (POST + b"Content-Length: +3\r\n\r\nabc", 400),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
        (POST.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n0\r\n\r\n", 400),
        (POST + CHUNKED + b"\r\nzz\r\n", 400),
        (POST + b"Content-Length: 99999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (GET + b"Host: evil.example\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421),
        (GET.replace(b"1.1", b"2.0") + b"\r\n", 505),
        (GET.replace(b"/ ", b"http://evil.example/ ") + b"\r\n", 400),
        (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (GET.replace(b"/ ", b"/api/../internal/line ") + b"\r\n", 400),
        (GET.replace(b"/ ", b"/api/%2e%2e/internal/line ") + b"\r\n", 400),
        (GET.replace(b"/ ", b"/api/%252e%252e/x ") + b"\r\n", 400),
        (GET.replace(b"/ ", b"/api%2finternal ") + b"\r\n", 400),
        (GET.replace(b"/ ", b"//evil.example/x ") + b"\r\n", 400),
        (GET + b"X: a\x01b\r\n\r\n", 400),
        (GET + b" folded: x\r\n\r\n", 400),
        (GET.replace(b"\r", b"") + b"\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (GET + b"X: " + b"a" * 20000 + b"\r\n\r\n", 431),
        (GET.replace(b"/ ", b"/" + b"a" * 20000 + b" ") + b"\r\n", 431),
        (GET + b"X: a\r\n" * 150 + b"\r\n", 431),
    ],
)
async def test_malformed_and_hostile_input_is_refused_and_the_connection_closed(
    gateway: Gateway, upstream: Upstream, request_: bytes, status: int
) -> None:
    answer = await gateway.raw(request_)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"application/problem+json" in answer
    assert upstream.requests == []


async def test_a_smuggled_request_is_never_answered(gateway: Gateway, upstream: Upstream) -> None:
    smuggled = b"GET /api/me HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = await gateway.raw(
        b"POST /api/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n%b" % (5 + len(smuggled), smuggled)
    )
    assert answer.count(b"HTTP/1.1 ") == 1
    assert upstream.requests == []


async def test_a_chunked_body_too_large_is_refused_while_it_comes(gateway: Gateway) -> None:
    chunk = b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
    answer = await gateway.raw(
        b"POST /api/orders HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        + chunk * 6
    )
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("sent", [b"", b"GET / HT", HEAD, HEAD + b"X: a\r\n"])
async def test_a_half_sent_header_is_cut_in_time(start: StartGateway, sent: bytes) -> None:
    gateway = await start(header_seconds=0.5)
    started = time.monotonic()
    answer = await gateway.raw(sent)
    assert time.monotonic() - started < 3
    assert answer.startswith(b"HTTP/1.1 408 ") if sent else answer == b""


async def test_a_header_that_drips_in_is_cut_all_the_same(
    start: StartGateway,
) -> None:
    gateway = await start(header_seconds=0.6)
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(HEAD)
    started = time.monotonic()
    while time.monotonic() - started < 3 and not reader.at_eof():
        writer.write(b"X: a\r\n")
        await asyncio.sleep(0.1)
        with_answer = await _read_now(reader)
        if with_answer:
            break
    assert with_answer.startswith(b"HTTP/1.1 408 ")
    writer.close()


async def _read_now(reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(0.01):
            return await reader.read(65536)
    except TimeoutError:
        return b""


async def test_a_body_that_does_not_arrive_is_cut_in_time(
    start: StartGateway,
) -> None:
    gateway = await start(body_seconds=0.5)
    answer = await gateway.raw(
        b"POST /api/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc"
    )
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_a_streamed_body_that_stops_is_cut_in_time(
    start: StartGateway,
) -> None:
    gateway = await start(body_seconds=0.5)
    answer = await gateway.raw(
        b"POST /api/orders HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_a_client_that_does_not_read_is_cut_and_bounds_what_we_hold(
    start: StartGateway, upstream: Upstream, stalled: Stalled
) -> None:
    sent, cut = 0, asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
                sent += 65536
        finally:
            cut.set()

    upstream.handlers["/api/orders/big"] = endless
    gateway = await start(body_seconds=0.7)
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, limit=1024)
    writer.write(b"GET /api/orders/big HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert await stalled(lambda: sent) < 32 * 1024 * 1024
    async with asyncio.timeout(10):
        await cut.wait()
    writer.write(b"x")
    with pytest.raises(ConnectionError):
        await reader.read()
    writer.close()


async def test_connections_of_one_address_are_bounded(
    start: StartGateway, eventually: Eventually
) -> None:
    gateway = await start(max_connections_per_address=3)
    held = [await asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(3)]

    async def refused() -> bytes:
        answer: bytes = await gateway.raw(HEAD + b"Connection: close\r\n\r\n")
        return answer if answer.startswith(b"HTTP/1.1 429 ") else b""

    async def answered() -> bool:
        return not await refused()

    assert b"Retry-After: 5" in await eventually(refused)
    held[0][1].close()
    await eventually(answered)
    for _, writer in held[1:]:
        writer.close()


async def test_without_limits_one_address_may_open_as_many_connections_as_there_may_be(
    start: StartGateway,
) -> None:
    """A rehearsal's crowd comes from one address."""
    gateway = await start(max_connections_per_address=3, max_connections=16, limits="off")
    held = [await asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(15)]
    answer = await gateway.raw(HEAD + b"Connection: close\r\n\r\n")
    assert not answer.startswith(b"HTTP/1.1 429 ")
    for _, writer in held:
        writer.close()


async def test_a_balancer_may_open_more_connections_than_a_client(
    start: StartGateway,
) -> None:
    gateway = await start(
        max_connections_per_address=3, max_connections=16, trusted_proxies=("127.0.0.0/8",)
    )
    held = [await asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(15)]
    for reader, writer in held:
        writer.write(HEAD + b"\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
    extra = await asyncio.open_connection("127.0.0.1", gateway.port)
    await asyncio.sleep(0.05)
    assert (await gateway.raw(HEAD + b"\r\n")).startswith(b"HTTP/1.1 503 ")
    for _, writer in (*held, extra):
        writer.close()


async def answer_from(address: str, port: int) -> bytes:
    """The first line that a client at this address of the machine gets."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    writer.write(HEAD + b"Connection: close\r\n\r\n")
    try:
        return await reader.readline()
    finally:
        writer.close()


@pytest.mark.parametrize("sent", [b"", b"GET / HT", HEAD + b"\r\n"])
async def test_idle_connections_of_few_addresses_keep_nobody_out(
    start: StartGateway, sent: bytes
) -> None:
    """Whether they have sent nothing, half a request, or a request that was answered."""
    gateway = await start(max_connections=16, max_connections_per_address=8)
    held = []
    for number in range(16):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", gateway.port, local_addr=(f"127.0.0.{2 + number % 2}", 0)
        )
        writer.write(sent)
        if sent.endswith(b"\r\n\r\n"):
            await reader.readuntil(b'"}')
        held.append(writer)
    for number in range(5):
        assert (await answer_from(f"127.0.0.{7 + number}", gateway.port)).startswith(
            b"HTTP/1.1 200 "
        )
    for writer in held:
        writer.close()


async def test_connections_at_work_and_of_addresses_with_few_keep_their_place(
    start: StartGateway, upstream: Upstream
) -> None:
    at_work, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def work(_: web.Request) -> web.StreamResponse:
        at_work.release()
        await go_on.wait()
        return web.json_response({"done": True})

    upstream.handlers["/api/orders"] = work
    gateway = await start(max_connections=16)
    request = b"GET /api/orders HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    held = []
    for number in range(16):
        is_busy = number < 13
        address = "127.0.0.2" if is_busy else f"127.0.0.{number}"
        connection = await asyncio.open_connection(
            "127.0.0.1", gateway.port, local_addr=(address, 0)
        )
        held.append(connection)
        if is_busy:
            connection[1].write(request)
            await at_work.acquire()
    assert (await answer_from("127.0.0.99", gateway.port)).startswith(b"HTTP/1.1 503 ")
    go_on.set()
    for reader, writer in held:
        writer.write(request)
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
        writer.close()


async def test_pipelined_requests_are_answered_in_order(
    gateway: Gateway, upstream: Upstream
) -> None:
    async def slow(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.2)
        return web.json_response({"slow": True})

    upstream.handlers["/api/orders/slow"] = slow
    answer = await gateway.raw(
        b"GET /api/orders/slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
        b"GET /api/orders/fast HTTP/1.1\r\nHost: localhost\r\n\r\n"
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    places = [answer.index(part) for part in (b"slow", b"/api/orders/fast", b"alive")]
    assert places == sorted(places)


async def test_too_many_pipelined_requests_end_the_connection(
    gateway: Gateway, upstream: Upstream
) -> None:
    async def never(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    upstream.handlers["/api/orders/never"] = never
    flood = b"GET /api/orders/never HTTP/1.1\r\nHost: localhost\r\n\r\n" * 40
    assert await gateway.raw(flood) == b""


async def test_a_client_may_stop_sending_and_still_gets_its_answer(gateway: Gateway) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(b"GET /api/orders HTTP/1.1\r\nHost: localhost\r\n\r\n")
    writer.write_eof()
    assert b"/api/orders" in await reader.read()
    writer.close()


async def test_http_1_0_gets_no_chunks_and_a_closed_connection(
    gateway: Gateway, upstream: Upstream
) -> None:
    async def chunked(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(50):
            await response.write(b"x" * 10000)
        return response

    upstream.handlers["/api/orders/big"] = chunked
    answer = await gateway.raw(b"GET /api/orders/big HTTP/1.0\r\nHost: localhost\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert body == b"x" * 500_000


async def test_head_is_answered_without_a_body(gateway: Gateway) -> None:
    answer = await gateway.raw(
        b"HEAD /api/orders HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"\r\n\r\n")


async def test_an_unfinished_upgrade_to_something_else_is_an_ordinary_request(
    gateway: Gateway,
) -> None:
    answer = await gateway.raw(
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 OK")


async def test_others_are_served_while_many_send_slowly(gateway: Gateway) -> None:
    held = []
    for _ in range(100):
        _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(HEAD)
        held.append(writer)
    started = time.monotonic()
    status, _, _ = await gateway.ask("GET", "/healthz")
    assert status == 200
    assert time.monotonic() - started < 0.5
    for writer in held:
        writer.close()


async def test_a_gateway_that_shuts_down_answers_and_closes_its_connections(
    gateway: Gateway,
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    writer.write(request)
    assert b"Connection: close" not in await reader.readuntil(b'"}')
    gateway.app[READINESS].leaving = True
    writer.write(request)
    async with asyncio.timeout(5):
        last = await reader.read()
    assert last.startswith(b"HTTP/1.1 200 OK")
    assert b"\r\nConnection: close\r\n" in last
    writer.close()
