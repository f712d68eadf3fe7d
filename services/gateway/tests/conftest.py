"""The fixtures of the gateway's tests; see `harness.py` for what they return."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
import uvloop
from aiohttp import web
from redis.asyncio import Redis
from services.gateway.tests.harness import (
    SESSION,
    Clock,
    Eventually,
    Gateway,
    Proof,
    SignIn,
    Stalled,
    StartGateway,
    StartUpstream,
    T,
    Upstream,
    hash_of,
    proof,
    serving,
)

from tiketi_gateway.adapters import cache, sessions, statuses
from tiketi_gateway.app import create_app, make_runner
from tiketi_gateway.settings import Settings
from tiketi_shared.messages import session_key
from tiketi_shared.resources import open_redis


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that the gateway runs on in production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def make_upstream() -> AsyncIterator[StartUpstream]:
    async with AsyncExitStack() as stack:

        async def make() -> Upstream:
            upstream = Upstream()
            upstream.sessions[hash_of(SESSION)] = {"user_id": "ada", "role": "customer"}
            port = await stack.enter_async_context(serving(upstream.app()))
            upstream.url = f"http://127.0.0.1:{port}"
            return upstream

        yield make


@pytest.fixture
async def upstream(make_upstream: StartUpstream) -> Upstream:
    return await make_upstream()


@pytest.fixture
def runners() -> list[web.BaseRunner]:
    """Of the gateways started, in order."""
    return []


@pytest.fixture
async def start(
    redis_url: str, upstream: Upstream, runners: list[web.BaseRunner]
) -> AsyncIterator[StartGateway]:
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
async def gateway(start: StartGateway) -> Gateway:
    return await start()


@pytest.fixture
def eventually() -> Eventually:
    async def wait(question: Callable[[], Awaitable[T]], seconds: float = 10) -> T:
        async with asyncio.timeout(seconds):
            while not (answer := await question()):  # noqa: ASYNC110  it tells no event
                await asyncio.sleep(0.02)
            return answer

    return wait


@pytest.fixture
def stalled() -> Stalled:
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
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """An empty Redis."""
    async with open_redis(redis_url) as client:
        await client.flushall()
        yield client


@pytest.fixture
def signed_in(redis: Redis, upstream: Upstream) -> SignIn:
    """Booking knows the sessions, too, for when Redis does not."""

    async def sign_in(user: str = "ada", role: str = "customer", device: str = "0123456789") -> str:
        session = f"session-of-{user}-{device}"
        cached = {"user_id": user, "role": role, "name": "Ada", "email": "ada@example.org"}
        upstream.sessions[hash_of(session)] = {"user_id": user, "role": role}
        await redis.set(session_key(hash_of(session)), json.dumps(cached), ex=1800)
        return session

    return sign_in


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Moves the time of sessions and of what is kept in memory; sockets keep the real one."""
    moved = Clock()
    for module in (cache, sessions, statuses):
        monkeypatch.setattr(module, "asyncio", moved)
    return moved


@pytest.fixture
def prove() -> Proof:
    return proof
