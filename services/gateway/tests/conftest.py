"""A gateway with a service behind it that does what a test tells it, both on real sockets."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec
import pytest
import uvloop
from aiohttp import web

from tiketi_gateway.adapters import memory, sessions, statuses
from tiketi_gateway.app import create_app, make_runner
from tiketi_gateway.settings import Settings
from tiketi_shared.batches import Answer, Answers, Batch, HoldRequest, LineRequest
from tiketi_shared.messages import session_key
from tiketi_shared.resources import open_redis
from tiketi_shared.tokens import Identity, KeyRing

SESSION = "session-of-ada-0123456789"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that the gateway really runs on."""
    return {"uvloop": uvloop.new_event_loop}


def hash_of(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()


@dataclass
class Upstream:
    """A service behind the gateway: remembers what it was asked, answers as it is told."""

    url: str = ""
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    batches: list[list[LineRequest]] = field(default_factory=list)
    holds: list[list[HoldRequest]] = field(default_factory=list)
    sessions: dict[str, dict[str, str]] = field(default_factory=dict)
    touched: list[str] = field(default_factory=list)
    touch: Handler | None = None
    handlers: dict[str, Handler] = field(default_factory=dict)
    statuses: dict[str, Any] = field(default_factory=dict)
    ready: bool = True
    keys: KeyRing = field(default_factory=lambda: KeyRing(Settings().identity_keys))

    def app(self) -> web.Application:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/internal/statuses", self._statuses)
        app.router.add_post("/internal/line", self._line)
        app.router.add_post("/internal/holds", self._hold)
        app.router.add_post("/internal/sessions/resolve", self._resolve)
        app.router.add_post("/internal/sessions/touch", self._touch)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    def to(self, path: str) -> list[tuple[str, str, dict[str, str], bytes]]:
        return [request for request in self.requests if request[1] == path]

    def identity(self, headers: dict[str, str]) -> Identity:
        return self.keys.verify(Identity, headers["x-tiketi-identity"], 0)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if (handler := self.handlers.get(request.path)) is not None:
            return await handler(request)
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((request.method, request.path, headers, body))
        return web.json_response({"path": request.path_qs, "bytes": len(body)})

    async def _readyz(self, _: web.Request) -> web.Response:
        return web.Response(status=200 if self.ready else 503)

    async def _statuses(self, _: web.Request) -> web.Response:
        return web.json_response({"statuses": self.statuses})

    async def _line(self, request: web.Request) -> web.Response:
        body = await request.read()
        batch = msgspec.msgpack.decode(body, type=Batch[LineRequest])
        self.batches.append(batch.requests)
        if (handler := self.handlers.get("/internal/line")) is not None:
            return await handler(request)  # type: ignore[return-value]  # a test's own answer
        answers = [
            Answer(202, json.dumps({"user": each.user_id, "op": each.op}).encode())
            for each in batch.requests
        ]
        return web.Response(body=msgspec.msgpack.encode(Answers(answers)))

    async def _hold(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        batch = msgspec.msgpack.decode(body, type=Batch[HoldRequest])
        self.holds.append(batch.requests)
        if (handler := self.handlers.get("/internal/holds")) is not None:
            return await handler(request)
        answers = [
            Answer(201, json.dumps({"user": each.user_id}).encode()) for each in batch.requests
        ]
        return web.Response(body=msgspec.msgpack.encode(Answers(answers)))

    async def _resolve(self, request: web.Request) -> web.StreamResponse:
        if (handler := self.handlers.get("/internal/sessions/resolve")) is not None:
            return await handler(request)
        hash_ = (await request.json())["session_hash"]
        if hash_ not in self.sessions:
            return web.json_response({"code": "not_found"}, status=404)
        return web.json_response({**self.sessions[hash_], "name": "Ada", "email": "a@example.org"})

    async def _touch(self, request: web.Request) -> web.StreamResponse:
        if self.touch is not None:
            return await self.touch(request)
        self.touched += (await request.json())["session_hashes"]
        return web.Response(status=204)


@dataclass
class Gateway:
    """A running gateway; `client` keeps no cookies of its own."""

    port: int
    client: aiohttp.ClientSession
    app: web.Application

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ask(
        self, method: str, path: str, *, session: str | None = None, **options: Any
    ) -> tuple[int, Any, "aiohttp.ClientResponse"]:
        """Status, decoded JSON (None without a body), and the response for its headers."""
        headers = {**options.pop("headers", {})}
        if session is not None:
            headers["Authorization"] = f"Bearer {session}"
        async with self.client.request(
            method, self.url + path, headers=headers, **options
        ) as response:
            body = await response.read()
            return response.status, json.loads(body) if body else None, response

    async def raw(self, data: bytes, *, pause: float = 0.0, rest: bytes = b"") -> bytes:
        """What a client gets that sends these very bytes, until the gateway hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(data)
            if rest:
                await asyncio.sleep(pause)
                writer.write(rest)
            async with asyncio.timeout(8):
                return await reader.read()
        finally:
            writer.close()


@asynccontextmanager
async def serving(app: web.Application, port: int = 0) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@pytest.fixture
async def make_upstream() -> AsyncIterator[Callable[[], Awaitable[Upstream]]]:
    """Starts services behind the gateway."""
    async with AsyncExitStack() as stack:

        async def make() -> Upstream:
            upstream = Upstream()
            upstream.sessions[hash_of(SESSION)] = {"user_id": "ada", "role": "customer"}
            port = await stack.enter_async_context(serving(upstream.app()))
            upstream.url = f"http://127.0.0.1:{port}"
            return upstream

        yield make


@pytest.fixture
async def upstream(make_upstream: Callable[[], Awaitable[Upstream]]) -> Upstream:
    return await make_upstream()


@pytest.fixture
def runners() -> list[web.BaseRunner]:
    """Of the gateways started, in order."""
    return []


@pytest.fixture
async def start(
    redis_url: str, upstream: Upstream, runners: list[web.BaseRunner]
) -> AsyncIterator[Callable[..., Awaitable[Gateway]]]:
    """Starts gateways with settings of the test's own."""
    async with AsyncExitStack() as stack:

        async def start(**overrides: Any) -> Gateway:
            options = {
                "port": 0, "metrics_port": 0, "redis_url": redis_url, "drain_seconds": 0.3,
                "queue_urls": (upstream.url,), "booking_urls": (upstream.url,),
                "notifier_urls": (upstream.url,), "metrics_urls": (upstream.url,),
            }  # fmt: skip
            settings = Settings(**{**options, **overrides})
            app = create_app(settings)
            runner = make_runner(app, settings)
            await runner.setup()
            runners.append(runner)
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            client = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
            await stack.enter_async_context(client)
            return Gateway(runner.addresses[0][1], client, app)

        yield start


@pytest.fixture
async def gateway(start: Callable[..., Awaitable[Gateway]]) -> Gateway:
    return await start()


@pytest.fixture
def eventually() -> Callable[..., Awaitable[Any]]:
    """Asks again until the answer is true; gives that answer."""

    async def wait(question: Callable[[], Awaitable[Any]], seconds: float = 10) -> Any:
        async with asyncio.timeout(seconds):
            while not (answer := await question()):  # noqa: ASYNC110  it tells no event
                await asyncio.sleep(0.02)
            return answer

    return wait


@pytest.fixture
def stalled() -> Callable[..., Awaitable[int]]:
    """Waits until a count has begun to grow and grows no more; gives it."""

    async def wait(count: Callable[[], int], still_seconds: float = 0.4) -> int:
        async with asyncio.timeout(20):
            seen, since = 0, time.monotonic()
            while not seen or time.monotonic() - since < still_seconds:
                await asyncio.sleep(0.02)
                if count() != seen:
                    seen, since = count(), time.monotonic()
            return seen

    return wait


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    """An empty Redis."""
    async with open_redis(redis_url) as client:
        await client.flushall()
        yield client


@pytest.fixture
def signed_in(redis: Any, upstream: Upstream) -> Callable[..., Awaitable[str]]:
    """Begins sessions as booking does, which remembers them when Redis does not; one for each
    device of a user."""

    async def sign_in(user: str = "ada", role: str = "customer", device: str = "0123456789") -> str:
        session = f"session-of-{user}-{device}"
        cached = {"user_id": user, "role": role, "name": "Ada", "email": "ada@example.org"}
        upstream.sessions[hash_of(session)] = {"user_id": user, "role": role}
        await redis.set(session_key(hash_of(session)), json.dumps(cached), ex=1800)
        return session

    return sign_in


class _ClockedLoop:
    """The running loop, by another clock."""

    def __init__(self, clock: "Clock") -> None:
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio.get_running_loop(), name)

    def time(self) -> float:
        return asyncio.get_running_loop().time() + self._clock.ahead


class Clock:
    """Stands in for `asyncio` in a module, whose clock is `ahead` seconds ahead of the loop's."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._loop = _ClockedLoop(self)

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    def get_running_loop(self) -> Any:
        return self._loop


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Moves the time of sessions and of what is kept in memory; sockets keep the real one."""
    moved = Clock()
    for module in (memory, sessions, statuses):
        monkeypatch.setattr(module, "asyncio", moved)
    return moved


def proof(session: str, by: str) -> dict[str, str]:
    """The headers of somebody who shows a session `by` Bearer token, or by cookie on our page."""
    if by == "bearer":
        return {"Authorization": f"Bearer {session}"}
    return {"Cookie": f"tiketi_session={session}", "Origin": "http://127.0.0.1:8080"}


@pytest.fixture
def prove() -> Callable[[str, str], dict[str, str]]:
    return proof
