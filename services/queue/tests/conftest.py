"""The fixtures of the tests over HTTP; their classes are in `harness.py`."""

from collections.abc import AsyncIterator
from typing import Unpack

import pytest
from aiohttp.test_utils import TestClient, TestServer
from services.queue.tests.harness import Client, FakeBooking, Queue, ServiceOptions, StartQueue

from tiketi_queue import metrics
from tiketi_queue.app import create_app
from tiketi_queue.settings import Settings


@pytest.fixture
async def booking() -> AsyncIterator[FakeBooking]:
    booking = FakeBooking()
    async with TestServer(booking.application()) as server:
        booking.url = str(server.make_url("")).rstrip("/")
        yield booking


@pytest.fixture
async def start_queue(booking: FakeBooking, redis_url: str) -> AsyncIterator[StartQueue]:
    """Starts instances that poll booking often, so that tests need not wait."""
    clients: list[Client] = []

    async def start(**options: Unpack[ServiceOptions]) -> Queue:
        defaults: ServiceOptions = {
            "redis_url": redis_url,
            "booking_urls": (booking.url,),
            "amqp_url": "amqp://127.0.0.1:1/",
            "sales_seconds": 0.05,
            "round_seconds": 0.1,
        }
        client = TestClient(TestServer(create_app(Settings(**(defaults | options)))))
        clients.append(client)
        await client.start_server()
        return Queue(client)

    failures = _worker_failures()
    yield start
    for client in clients:
        await client.close()
    assert _worker_failures() == failures, "a worker failed; see the log"


def _worker_failures() -> float:
    return sum(
        sample.value
        for metric in metrics.WORKER_FAILURES.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    )


@pytest.fixture
async def queue(start_queue: StartQueue) -> Queue:
    return await start_queue()
