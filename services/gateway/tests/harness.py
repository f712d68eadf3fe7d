"""What the gateway's tests work with: a gateway, and the services behind it, on real sockets.

The fixtures of `conftest.py` return these types; tests name them in their parameters.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import aiohttp
import msgspec
from aiohttp import web

from tiketi_gateway.settings import Settings
from tiketi_local.stores import RedisServer
from tiketi_shared.batches import Answer, Answers, Batch, HoldRequest, LineRequest
from tiketi_shared.tokens import Identity, KeyRing

SESSION = "session-of-ada-0123456789"
"""A session that booking knows from the start."""

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FreePort = Callable[[], int]
StartRedis = Callable[[], RedisServer]
Proof = Callable[[str, str], dict[str, str]]


class StartGateway(Protocol):
    async def __call__(self, **settings: Any) -> "Gateway":
        """Start a gateway with settings of the test's own."""


class StartUpstream(Protocol):
    async def __call__(self) -> "Upstream":
        """Start a service behind the gateway."""


class SignIn(Protocol):
    async def __call__(
        self, user: str = "ada", role: str = "customer", device: str = "0123456789"
    ) -> str:
        """Begin a session as booking does, one for each device of a user."""


class Eventually(Protocol):
    async def __call__(self, question: Callable[[], Awaitable[T]], seconds: float = 10) -> T:
        """Ask again until the answer is true; returns that answer."""


class Stalled(Protocol):
    async def __call__(self, count: Callable[[], int], still_seconds: float = 0.4) -> int:
        """Wait until a count has begun to grow and grows no more; returns it."""


def hash_of(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()


def proof(session: str, by: str) -> dict[str, str]:
    """The headers that present a session `by` Bearer token, or by cookie from a page of ours."""
    if by == "bearer":
        return {"Authorization": f"Bearer {session}"}
    return {"Cookie": f"tiketi_session={session}", "Origin": "http://127.0.0.1:8080"}


Received = tuple[str, str, dict[str, str], bytes]
"""Method, path, headers by lower-case name, and body."""


@dataclass
class Upstream:
    """A service behind the gateway: records its requests, and answers as a test says in
    `handlers`."""

    url: str = ""
    requests: list[Received] = field(default_factory=list)
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

    def to(self, path: str) -> list[Received]:
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
        """What a client receives that sends these bytes, until the gateway closes the
        connection."""
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
