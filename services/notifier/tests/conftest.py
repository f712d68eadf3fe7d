"""Fixtures: instances, the clients that connect to them, and the services around them.

`notifier` and `other_notifier` serve all tests of a module, so that most tests start no process.
A test that stops an instance, or needs settings or stores of its own, uses `start`.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Unpack

import msgspec
import pytest
import redis.asyncio
from aiohttp import ClientSession
from services.notifier.tests.harness import (
    IDENTITY_KEYS,
    Connection,
    Data,
    EventStream,
    Eventually,
    Fan,
    Follow,
    Join,
    Launch,
    Neighbours,
    NeighbourServer,
    Notifier,
    Outbox,
    PublishRound,
    RawConnection,
    SignIdentity,
    Start,
    Status,
    open_outbox,
    progress_of,
)
from websockets.asyncio.client import connect

from tiketi_shared.ids import EventId, UserId, new_id
from tiketi_shared.messages import UNCHANGED, Admitted, Tick, tick_channel
from tiketi_shared.tokens import Identity, KeyRing


@pytest.fixture(scope="session")
def played_neighbours() -> Iterator[Neighbours]:
    """The queue and booking of every instance."""
    server = NeighbourServer()
    yield server.start()
    server.stop()


@pytest.fixture
def neighbours(played_neighbours: Neighbours) -> Neighbours:
    """The queue and booking, with nothing asked or set yet."""
    played_neighbours.reset()
    return played_neighbours


@pytest.fixture(scope="module")
def launch(
    redis_url: str,
    amqp_url: str,
    free_port: Callable[[], int],
    played_neighbours: Neighbours,
) -> Iterator[Launch]:
    """Starts an instance, which lives until the tests of the module are over unless it is killed:
    instances share the broker's queue, so one left over would take the messages of others."""
    started: list[Notifier] = []

    def run(**settings: object) -> Notifier:
        port, url = free_port(), played_neighbours.url
        environ: dict[str, object] = {
            "PORT": port, "REDIS_URL": redis_url, "AMQP_URL": amqp_url, "LOG_LEVEL": "error",
            "IDENTITY_KEYS": IDENTITY_KEYS, "DRAIN_SECONDS": 1, "PRESENCE_SECONDS": 0.5,
            "QUEUE_URLS": url, "BOOKING_URLS": url, **settings,
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "tiketi_notifier"],
            env={**os.environ, **{name: str(value) for name, value in environ.items()}},
            start_new_session=True,  # so that it is killed with its workers
        )
        started.append(Notifier(process, port))
        return started[-1]

    yield run
    for notifier in started:
        notifier.kill()


@pytest.fixture(scope="module")
def launched(launch: Launch) -> Notifier:
    """An instance of all tests of a module."""
    return launch()


@pytest.fixture(scope="module")
def launched_beside(launch: Launch) -> Notifier:
    """Another instance of all tests of a module, with two processes."""
    return launch(WORKERS=2)


@pytest.fixture
async def notifier(launched: Notifier, neighbours: Neighbours) -> Notifier:
    """An instance that serves; do not stop it."""
    return await launched.until_serving()


@pytest.fixture
async def other_notifier(launched_beside: Notifier, neighbours: Neighbours) -> Notifier:
    """Another instance that serves, with two processes; do not stop it."""
    return await launched_beside.until_serving()


@pytest.fixture
def start(launch: Launch, neighbours: Neighbours) -> Iterator[Start]:
    """Starts an instance of the test's own and waits until it serves."""
    started: list[Notifier] = []

    async def run(**settings: object) -> Notifier:
        notifier = launch(**settings)
        started.append(notifier)
        return await notifier.until_serving()

    yield run
    for notifier in started:
        notifier.kill()


@pytest.fixture
async def follow_live(join: Join, identity: SignIdentity) -> AsyncIterator[Follow]:
    """Lets somebody follow an event, by a connection of either kind, and tells nothing before its
    answer; `since` is what they saw last."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession())

        async def begin(
            notifier: Notifier, event_id: EventId, user: str, kind: str, since: Data | None = None
        ) -> Connection:
            if kind == "websocket":
                fan = await join(notifier, user)
                await fan.send("subscribe", event_id=event_id, since=since)
                return fan
            headers = {"X-Tiketi-Identity": identity(user)}
            if since is not None:
                headers["Last-Event-ID"] = f"{since['epoch']}:{since['version']}"
            url = f"{notifier.url}/api/events/{event_id}/stream"
            response = await stack.enter_async_context(session.get(url, headers=headers))
            return EventStream(response)

        yield begin


@pytest.fixture
def identity() -> SignIdentity:
    """Signs who someone is, as the gateway does."""

    def sign(user: str, *, keys: str = IDENTITY_KEYS, seconds: int = 60) -> str:
        return KeyRing(keys).sign(Identity(UserId(user), "customer", int(time.time()) + seconds))

    return sign


@pytest.fixture
async def join(identity: SignIdentity) -> AsyncIterator[Join]:
    """Connects someone to an instance."""
    fans: list[Fan] = []

    async def enter(
        notifier: Notifier, user: str = "fan", *, headers: dict[str, str] | None = None
    ) -> Fan:
        sent = {"X-Tiketi-Identity": identity(user), **(headers or {})}
        socket = await connect(
            f"ws://127.0.0.1:{notifier.port}/ws",
            additional_headers=sent, compression=None, ping_interval=None, max_queue=None,
        )  # fmt: skip
        fans.append(Fan(socket))
        return fans[-1]

    yield enter
    for fan in fans:
        fan.socket.transport.abort()


@pytest.fixture
def eventually() -> Eventually:
    """Waits until a condition holds."""

    async def wait(condition: Callable[[], bool], timeout: float = 10) -> None:
        async with asyncio.timeout(timeout):
            while not condition():  # noqa: ASYNC110  what is waited for is in another process
                await asyncio.sleep(0.02)

    return wait


@pytest.fixture
def event_id() -> EventId:
    return EventId(new_id())


@pytest.fixture
def outbox_at() -> Callable[[str, EventId], AbstractAsyncContextManager[Outbox]]:
    """Opens an outbox at a broker of the test's own."""
    return open_outbox


@pytest.fixture
async def outbox(amqp_url: str, event_id: EventId) -> AsyncIterator[Outbox]:
    async with open_outbox(amqp_url, event_id) as opened:
        yield opened


@pytest.fixture
def publish_round(redis_url: str) -> PublishRound:
    """Publishes a round of an event's line as the queue does."""

    async def publish(
        event_id: EventId, admitted: dict[str, object], **status: Unpack[Status]
    ) -> None:
        tick = Tick(
            event_id,
            _raw(progress_of(event_id, **status)) if status else UNCHANGED,
            [Admitted(UserId(user), _raw(admission)) for user, admission in admitted.items()],
        )
        async with redis.asyncio.Redis.from_url(redis_url) as client:
            await client.publish(tick_channel(event_id), msgspec.json.encode(tick))

    return publish


def _raw(content: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(content))


@pytest.fixture
def raw_connection() -> Iterator[RawConnection]:
    """A bare socket to an instance, for what no client library would send."""
    opened: list[socket.socket] = []

    def connect_to(notifier: Notifier) -> socket.socket:
        opened.append(socket.create_connection(("127.0.0.1", notifier.port), timeout=5))
        return opened[-1]

    yield connect_to
    for each in opened:
        each.close()
