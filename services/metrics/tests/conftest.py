"""Fixtures: the service, and the services that it polls."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from redis.asyncio import Redis
from services.metrics.tests.harness import (
    GATHERING,
    NOBODY,
    Figures,
    Neighbours,
    Service,
    Start,
    gathering,
)

from tiketi_metrics.app import create_app
from tiketi_metrics.settings import Settings


@pytest.fixture
def other_line() -> dict[str, Figures]:
    """A second event's line, to be put beside the first."""
    return {GATHERING: gathering()}


@pytest.fixture
async def neighbours() -> AsyncIterator[Neighbours]:
    neighbours = Neighbours()
    async with TestServer(neighbours.app()) as server:
        neighbours.url = str(server.make_url("")).rstrip("/")
        yield neighbours


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def start_service(
    neighbours: Neighbours, redis: Redis, redis_url: str
) -> AsyncIterator[Start]:
    """Starts instances; every notifier is one that answers and one that does not."""
    async with AsyncExitStack() as running:

        async def start(**changes: object) -> Service:
            defaults: dict[str, Any] = {
                "redis_url": redis_url, "poll_seconds": 0.1, "gateway_urls": (neighbours.url,),
                "queue_urls": (neighbours.url,), "booking_urls": (neighbours.url,),
                "notifier_urls": (neighbours.url, NOBODY),
            }  # fmt: skip
            app = create_app(Settings(**(defaults | changes)))
            return Service(await running.enter_async_context(TestClient(TestServer(app))))

        yield start


@pytest.fixture
async def service(start_service: Start) -> Service:
    return await start_service()
