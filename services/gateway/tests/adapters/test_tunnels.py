"""WebSocket through the gateway, against a real WebSocket server."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from redis.asyncio import Redis
from services.gateway.tests.harness import (
    Eventually,
    FreePort,
    Gateway,
    Handler,
    SignIn,
    Stalled,
    StartGateway,
    StartUpstream,
    Upstream,
)


@dataclass
class Notifier:
    """What the notifier saw: the headers of the last handshake, and the close codes."""

    headers: dict[str, str] = field(default_factory=dict)
    closed: list[int | None] = field(default_factory=list)


@pytest.fixture(autouse=True)
def notifier(upstream: Upstream) -> Notifier:
    """Echoes, and records what it saw."""
    seen = Notifier()

    async def serve(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=1 << 26)
        seen.headers = {name.lower(): value for name, value in request.headers.items()}
        await socket.prepare(request)
        async for message in socket:
            if message.data == "close":
                await socket.close(code=4408, message=b"too slow")
            else:
                await socket.send_str(message.data)
        seen.closed.append(socket.close_code)
        return socket

    upstream.handlers["/ws"] = serve
    return seen


def connect(gateway: Gateway, path: str = "/ws", **headers: str) -> Any:
    return gateway.client.ws_connect(gateway.url + path, headers=headers, max_msg_size=1 << 26)


async def close_code_of(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    await socket.receive(timeout=5)
    return socket.close_code


async def test_frames_of_any_size_go_both_ways(
    gateway: Gateway, upstream: Upstream, notifier: Notifier, signed_in: SignIn
) -> None:
    async with connect(gateway, Authorization=f"Bearer {await signed_in()}") as socket:
        for size in (0, 1, 125, 126, 65535, 65536, 3_000_000):
            await socket.send_str("x" * size)
            assert await socket.receive_str() == "x" * size
    assert upstream.identity(notifier.headers).user_id == "ada"
    assert "authorization" not in notifier.headers


async def test_a_close_code_of_the_notifier_reaches_the_client(
    gateway: Gateway, signed_in: SignIn
) -> None:
    async with connect(gateway, Authorization=f"Bearer {await signed_in()}") as socket:
        await socket.send_str("close")
        assert await close_code_of(socket) == 4408


async def test_a_client_that_disconnects_is_disconnected_from_the_notifier(
    gateway: Gateway, notifier: Notifier, signed_in: SignIn
) -> None:
    socket = await connect(gateway, Authorization=f"Bearer {await signed_in()}")
    await socket.close()
    for _ in range(50):
        if notifier.closed:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the notifier still holds the connection")


async def test_without_a_session_the_script_is_told_4401(gateway: Gateway) -> None:
    async with connect(gateway) as socket:
        assert await close_code_of(socket) == 4401
    async with connect(gateway, Authorization="Bearer " + "x" * 30) as socket:
        assert await close_code_of(socket) == 4401


async def test_a_ticket_opens_one_connection(gateway: Gateway, signed_in: SignIn) -> None:
    session = await signed_in()
    _, body, _ = await gateway.ask("POST", "/api/ws-ticket", session=session)
    assert body["expires_in"] == 30
    async with connect(gateway, f"/ws?ticket={body['ticket']}") as socket:
        await socket.send_str("hello")
        assert await socket.receive_str() == "hello"
    async with connect(gateway, f"/ws?ticket={body['ticket']}") as socket:
        assert await close_code_of(socket) == 4401


async def test_a_ticket_is_good_for_thirty_seconds_at_any_gateway_once(
    start: StartGateway, redis: Redis, signed_in: SignIn, eventually: Eventually
) -> None:
    here, there = await start(), await start()
    session = await signed_in()
    _, body, _ = await here.ask("POST", "/api/ws-ticket", session=session)
    [key] = await redis.keys("ws-ticket:*")
    assert 25_000 < await redis.pttl(key) <= 30_000
    assert session not in str(key) + str(await redis.get(key))
    async with connect(there, f"/ws?ticket={body['ticket']}") as socket:
        await socket.send_str("hello")
        assert await socket.receive_str() == "hello"
    async with connect(here, f"/ws?ticket={body['ticket']}") as socket:
        assert await close_code_of(socket) == 4401
    _, body, _ = await here.ask("POST", "/api/ws-ticket", session=session)
    [key] = await redis.keys("ws-ticket:*")
    await redis.pexpire(key, 1)

    async def is_over() -> bool:
        return not await redis.exists(key)

    await eventually(is_over)
    async with connect(there, f"/ws?ticket={body['ticket']}") as socket:
        assert await close_code_of(socket) == 4401


@pytest.mark.parametrize(
    ("by", "origin", "status"),
    [
        ("cookie", "http://127.0.0.1:8080", 101),
        ("cookie", None, 403),
        ("cookie", "null", 403),
        ("cookie", "https://evil.example", 403),
        ("bearer", None, 101),
        ("bearer", "https://evil.example", 403),
        ("ticket", None, 101),
        ("ticket", "https://evil.example", 403),
    ],
)
async def test_a_websocket_must_come_from_a_page_of_this_site_or_from_no_browser(
    gateway: Gateway, signed_in: SignIn, by: str, origin: str | None, status: int
) -> None:
    session = await signed_in()
    _, body, _ = await gateway.ask("POST", "/api/ws-ticket", session=session)
    shown = {
        "cookie": {"Cookie": f"tiketi_session={session}"},
        "bearer": {"Authorization": f"Bearer {session}"},
    }
    path = f"/ws?ticket={body['ticket']}" if by == "ticket" else "/ws"
    headers = {**shown.get(by, {}), **({"Origin": origin} if origin else {})}
    if status == 101:
        async with connect(gateway, path, **headers) as socket:
            await socket.send_str("hello")
            assert await socket.receive_str() == "hello"
    else:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await connect(gateway, path, **headers)
        assert caught.value.status == status


async def test_the_live_connections_of_an_account_are_limited_over_all_its_sessions(
    gateway: Gateway, signed_in: SignIn
) -> None:
    sessions = [await signed_in("eager", device=f"device-{number}") for number in range(3)]
    codes = []
    for number in range(36):
        bearer = f"Bearer {sessions[number % 3]}"
        async with connect(gateway, Authorization=bearer) as socket:
            await socket.send_str("hello")
            codes.append((await socket.receive()).data)
    assert 20 <= codes.count("hello") <= 26
    assert set(codes) == {"hello", 4429}
    async with connect(gateway, Authorization=f"Bearer {await signed_in('calm')}") as socket:
        await socket.send_str("hello")
        assert await socket.receive_str() == "hello"


@pytest.fixture
def endless(upstream: Upstream) -> None:
    """A stream of events that says hello, and from then on only that it is still there."""

    async def serve(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: hello\n\n")
        while True:
            await asyncio.sleep(0.05)
            await response.write(b": still here\n\n")

    upstream.handlers["/api/events/e1/stream"] = serve


@pytest.mark.parametrize("kind", ["websocket", "stream"])
async def test_live_connections_are_spread_over_the_notifiers(  # noqa: PLR0917  fixtures and cases
    start: StartGateway, upstream: Upstream, make_upstream: StartUpstream, signed_in: SignIn,
    eventually: Eventually, endless: None, kind: str,
) -> None:  # fmt: skip
    """Also those that come one after the other, and again where one has ended."""
    other = await make_upstream()
    counts = [0, 0]
    for path in ("/ws", "/api/events/e1/stream"):
        serve = upstream.handlers[path]
        upstream.handlers[path] = counted(counts, 0, serve)
        other.handlers[path] = counted(counts, 1, serve)
    gateway = await start(notifier_urls=(upstream.url, other.url))
    sessions = [await signed_in(f"user{number}") for number in range(7)]
    listeners = [await Listener(gateway, session, kind).connect() for session in sessions[:6]]
    assert counts == [3, 3]
    for listener in listeners:
        listener.close()

    async def is_over() -> bool:
        return counts == [0, 0]

    await eventually(is_over)
    again = [await Listener(gateway, session, kind).connect() for session in sessions[3:]]
    assert sorted(counts) == [2, 2]
    for listener in again:
        listener.close()


def counted(counts: list[int], number: int, serve: Handler) -> Handler:
    """Counts the connections that `serve` holds."""

    async def counting(request: web.Request) -> web.StreamResponse:
        counts[number] += 1
        try:
            return await serve(request)
        finally:
            counts[number] -= 1

    return counting


class Listener:
    """A person with a live connection of either kind."""

    def __init__(self, gateway: Gateway, session: str, kind: str) -> None:
        self._gateway, self._kind = gateway, kind
        self._headers = {"Authorization": f"Bearer {session}"}
        self._live: Any = None

    async def connect(self) -> "Listener":
        if self._kind == "websocket":
            self._live = await connect(self._gateway, **self._headers)
            await self._live.send_str("hello")
            assert await self._live.receive_str() == "hello"
        else:
            url = self._gateway.url + "/api/events/e1/stream"
            self._live = await self._gateway.client.get(url, headers=self._headers)
            assert await self._live.content.readline() == b"data: hello\n"
        return self

    async def end(self) -> float:
        """When the gateway ends it, by the loop's clock."""
        if self._kind == "websocket":
            assert await close_code_of(self._live) == 1012
        else:
            with contextlib.suppress(aiohttp.ClientError):
                await self._live.content.read()
        return asyncio.get_running_loop().time()

    def close(self) -> None:
        (self._live._response if self._kind == "websocket" else self._live).close()


KINDS = pytest.mark.parametrize("kind", ["websocket", "stream"])


@KINDS
async def test_shutting_down_ends_live_connections_one_after_the_other(
    start: StartGateway, signed_in: SignIn, runners: list[web.BaseRunner], endless: None, kind: str
) -> None:
    """Evenly over the drain time, so that clients do not reconnect together."""
    gateway = await start(drain_seconds=2)
    sessions = [await signed_in(f"user{number}") for number in range(5)]
    listeners = [
        await Listener(gateway, sessions[number % 5], kind).connect() for number in range(20)
    ]
    began = asyncio.get_running_loop().time()
    leaving = asyncio.ensure_future(runners[0].cleanup())
    ended = sorted([at - began for at in await asyncio.gather(*(each.end() for each in listeners))])
    await leaving
    assert ended[9] > 0.5
    assert ended[14] > ended[4] + 0.5
    assert ended[-1] < 4


@KINDS
async def test_live_connections_count_towards_the_limit_of_an_address(
    start: StartGateway, signed_in: SignIn, eventually: Eventually, endless: None, kind: str
) -> None:
    gateway = await start(max_connections_per_address=3)
    held = [await Listener(gateway, await signed_in(), kind).connect() for _ in range(3)]
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert (await gateway.raw(request)).startswith(b"HTTP/1.1 429 ")
    held[0].close()

    async def is_taken() -> bool:
        answer: bytes = await gateway.raw(request)
        return answer.startswith(b"HTTP/1.1 200 ")

    await eventually(is_taken)
    for each in held[1:]:
        each.close()


async def test_a_page_of_another_origin_cannot_connect_with_the_cookie(
    gateway: Gateway, signed_in: SignIn
) -> None:
    cookie = f"tiketi_session={await signed_in()}"
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await connect(gateway, Cookie=cookie, Origin="https://evil.example")
    assert caught.value.status == 403
    async with connect(gateway, Cookie=cookie, Origin="http://127.0.0.1:8080") as socket:
        await socket.send_str("hello")
        assert await socket.receive_str() == "hello"


async def test_without_a_notifier_the_script_is_told_to_try_later(
    start: StartGateway, signed_in: SignIn, free_port: FreePort
) -> None:
    gateway = await start(notifier_urls=(f"http://127.0.0.1:{free_port()}",))
    async with connect(gateway, Authorization=f"Bearer {await signed_in()}") as socket:
        assert await close_code_of(socket) == 1013


async def test_a_client_that_does_not_read_holds_up_the_notifier_and_not_our_memory(
    gateway: Gateway, upstream: Upstream, signed_in: SignIn, stalled: Stalled
) -> None:
    sent = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        while True:
            await socket.send_bytes(b"x" * 65536)
            sent += 65536

    upstream.handlers["/ws"] = flood
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, limit=1024)
    writer.write(
        b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Authorization: Bearer %b\r\n\r\n" % (await signed_in()).encode()
    )
    assert await stalled(lambda: sent) < 32 * 1024 * 1024
    assert (await reader.readline()).startswith(b"HTTP/1.1 101 ")
    writer.transport.abort()


async def test_shutting_down_closes_every_websocket_with_1012(
    gateway: Gateway, signed_in: SignIn, runners: list[web.BaseRunner]
) -> None:
    session = await signed_in()
    sockets = [await connect(gateway, Authorization=f"Bearer {session}") for _ in range(5)]
    leaving = asyncio.ensure_future(runners[0].cleanup())
    codes = await asyncio.gather(*(close_code_of(socket) for socket in sockets))
    assert codes == [1012] * 5
    await leaving


async def test_a_stream_passes_as_it_comes(
    gateway: Gateway, upstream: Upstream, signed_in: SignIn
) -> None:
    async def events(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number in range(100):
            await response.write(b"data: %d\n\n" % number)
            await asyncio.sleep(0.05)
        return response

    upstream.handlers["/api/events/e1/stream"] = events
    headers = {"Authorization": f"Bearer {await signed_in()}"}
    async with gateway.client.get(
        gateway.url + "/api/events/e1/stream", headers=headers
    ) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        async with asyncio.timeout(0.5):
            assert await response.content.readline() == b"data: 0\n"
