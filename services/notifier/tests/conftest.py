"""Real notifiers as processes, on real stores; the queue and booking are played by one server."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Required, TypedDict, Unpack

import aio_pika
import msgspec
import pytest
import redis.asyncio
from aiohttp import ClientResponse, ClientSession, web
from websockets.asyncio.client import ClientConnection, connect

from tiketi_notifier.messages import FROM_THE_SERVER
from tiketi_shared.batches import Answer, Answers, Batch, LineRequest
from tiketi_shared.ids import EventId, HoldId, UserId, new_id
from tiketi_shared.messages import (
    EXCHANGE,
    UNCHANGED,
    Admitted,
    HoldOffered,
    SaleChanged,
    SeatsChanged,
    SeatState,
    Tick,
    tick_channel,
)
from tiketi_shared.sale import Phase
from tiketi_shared.shapes import (
    Gap,
    HeldSeat,
    HoldView,
    Place,
    PriorityLane,
    Progress,
    Range,
)
from tiketi_shared.tokens import Identity, KeyRing

IDENTITY_KEYS = "test:an-identity-key-for-tests"
NOT_IN_QUEUE = {"status": 404, "code": "not_in_queue", "detail": "not in this line"}


@dataclass(slots=True)
class Notifier:
    """One running instance."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """As a crash would: no goodbye."""
        self.process.kill()
        self.process.wait()

    async def ended(self, timeout: float = 20) -> int:
        return await asyncio.to_thread(self.process.wait, timeout)

    async def ready(self) -> tuple[int, dict[str, str]]:
        async with ClientSession() as session, session.get(f"{self.url}/readyz") as answer:
            return answer.status, (await answer.json())["missing"]

    async def metric(self, name: str) -> float:
        """A metric without labels."""
        async with ClientSession() as session, session.get(f"{self.url}/metrics") as answer:
            found = re.search(rf"^{name} (\S+)$", await answer.text(), re.MULTILINE)
        assert found is not None
        return float(found[1])

    async def until_connected(self, count: int) -> None:
        """Until so many clients are connected."""
        async with asyncio.timeout(30):
            while await self.metric("tiketi_live_connections") != count:  # noqa: ASYNC110  apart
                await asyncio.sleep(0.05)

    async def until_consuming(self) -> None:
        """Until what is published to the broker from now on arrives here or at another instance."""
        for _ in range(400):
            if await self.metric("tiketi_live_broker_connected") == 1:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the broker was not found")

    async def until_ready(self) -> "Notifier":
        async with asyncio.timeout(60):
            while True:
                with suppress(OSError):
                    if (await self.ready())[0] == 200:
                        return self
                await asyncio.sleep(0.05)


@dataclass(slots=True)
class Neighbours:
    """What the queue and booking are asked, and what they answer."""

    url: str = ""
    places: dict[str, Answer] = field(default_factory=dict)
    holds: dict[str, object] = field(default_factory=dict)
    statuses: dict[str, object] = field(default_factory=dict)
    present: list[dict[str, list[str]]] = field(default_factory=list)
    line_calls: int = 0
    seen_identities: set[str] = field(default_factory=set)

    def stand(self, user: str, position: int) -> Place:
        """The queue knows the person's place."""
        place = Place(
            status="waiting",
            lane="general",
            number=1200 + position,
            position=position,
            total=5300,
            eta_seconds=Range(40 + position, 90 + position),
            chance=0.75,
            ticket=f"ticket-of-{user}",
            poll_after_seconds=11,
            admission=None,
        )
        self.places[user] = Answer(200, msgspec.json.encode(place))
        return place

    def hold(self, user: str, event_id: EventId) -> dict[str, Any]:
        """Booking keeps seats for the person."""
        seat = HeldSeat(
            id="s-17",
            section="A",
            row="3",
            number="12",
            ticket_type_id="t-5",
            ticket_type="Stalls",
            price=8800,
        )
        hold = HoldView(
            id=f"hold-of-{user}",
            event_id=event_id,
            seats=[seat],
            total=8900,
            currency="KRW",
            expires_at=datetime(2030, 1, 1, tzinfo=UTC),
        )
        self.holds[user] = answered = msgspec.to_builtins(hold)
        return dict(answered)

    def run(self, event_id: EventId, phase: Phase, waiting: int) -> None:
        """The queue knows the event's line."""
        self.statuses[event_id] = msgspec.to_builtins(progress_of(event_id, phase, waiting))


def progress_of(event_id: EventId, phase: Phase, waiting: int = 61) -> Progress:
    """The line's shared document."""
    return Progress(
        event_id=event_id,
        phase=phase,
        waiting=waiting,
        active=21,
        capacity=25,
        serving_number=1200,
        last_number=1700,
        admitted_per_second=4.5,
        seats_left=310,
        seats_held=42,
        poll_after_seconds=2,
        as_of="2030-01-01T00:00:00.250Z",
        priority=PriorityLane(3, 8),
        gap=Gap(500, 600),
        opens_at="2029-12-31T23:00:00.000Z",
    )


Start = Callable[..., Awaitable[Notifier]]
Connect = Callable[..., Awaitable["Fan"]]


@pytest.fixture
async def neighbours(free_port: Callable[[], int]) -> AsyncIterator[Neighbours]:
    played = Neighbours(f"http://127.0.0.1:{free_port()}")
    keys = KeyRing(IDENTITY_KEYS)

    async def line(request: web.Request) -> web.Response:
        identity = keys.verify(Identity, request.headers["X-Tiketi-Identity"], time.time())
        played.seen_identities.add(f"{identity.role} {identity.user_id}")
        batch = msgspec.msgpack.decode(await request.read(), type=Batch[LineRequest])
        played.line_calls += 1
        missing = Answer(404, json.dumps(NOT_IN_QUEUE).encode())
        answers = [played.places.get(asked.user_id, missing) for asked in batch.requests]
        return web.Response(body=msgspec.msgpack.encode(Answers(answers)))

    async def presence(request: web.Request) -> web.Response:
        played.present.append((await request.json())["users"])
        return web.Response(status=204)

    async def statuses(_: web.Request) -> web.Response:
        return web.json_response({"statuses": played.statuses})

    async def holds(request: web.Request) -> web.Response:
        return web.json_response(played.holds.get(request.query["user_id"]))

    app = web.Application()
    app.router.add_post("/internal/line", line)
    app.router.add_post("/internal/presence", presence)
    app.router.add_get("/internal/statuses", statuses)
    app.router.add_get("/internal/holds", holds)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(played.url.rpartition(":")[2])).start()
    yield played
    await runner.cleanup()


@pytest.fixture(scope="session")
def launch(
    redis_url: str, amqp_url: str, free_port: Callable[[], int]
) -> Iterator[Callable[..., Notifier]]:
    """Starts an instance, which lives until all tests are over unless it is killed."""
    started: list[Notifier] = []

    def run(**settings: object) -> Notifier:
        port = free_port()
        environ: dict[str, object] = {
            "PORT": port, "REDIS_URL": redis_url, "AMQP_URL": amqp_url, "LOG_LEVEL": "error",
            "IDENTITY_KEYS": IDENTITY_KEYS, "DRAIN_SECONDS": 1, "PRESENCE_SECONDS": 0.5,
            **settings,
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "tiketi_notifier"],
            env={**os.environ, **{name: str(value) for name, value in environ.items()}},
        )
        started.append(Notifier(process, port))
        return started[-1]

    yield run
    for notifier in started:
        notifier.kill()


@pytest.fixture
def start(launch: Callable[..., Notifier], neighbours: Neighbours) -> Iterator[Start]:
    """Starts an instance of the test's own, with neighbours, and waits until it serves."""
    started: list[Notifier] = []

    async def run(**settings: object) -> Notifier:
        urls = {"QUEUE_URLS": neighbours.url, "BOOKING_URLS": neighbours.url}
        notifier = launch(**{**urls, **settings})
        started.append(notifier)
        await notifier.until_ready()
        await notifier.until_consuming()
        return notifier

    yield run
    for notifier in started:
        notifier.kill()


SHAPES = {message.name: message.shape for message in FROM_THE_SERVER}


def understood(text: str | bytes) -> dict[str, Any]:
    """A message from the server; it has the shape that its definition gives it, and no more."""
    message: dict[str, Any] = json.loads(text)
    shape = SHAPES[message["type"]]
    msgspec.convert(message["data"], shape)
    assert set(message["data"]) <= {field.name for field in msgspec.structs.fields(shape)}
    return message


@dataclass(slots=True)
class Fan:
    """A WebSocket client that keeps what it was not asked for until it is."""

    socket: ClientConnection
    passed_over: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, type_: str, **data: object) -> None:
        await self.socket.send(json.dumps({"type": type_, "data": data}))

    async def next(self, timeout: float = 5) -> dict[str, Any]:
        async with asyncio.timeout(timeout):
            return understood(await self.socket.recv())

    async def hear(self, type_: str, timeout: float = 5) -> dict[str, Any]:
        """The data of the next message of this type."""
        async with asyncio.timeout(timeout):
            while (message := await self.next(timeout))["type"] != type_:
                self.passed_over.append(message)
        return dict(message["data"])

    async def subscribe(self, event_id: str, **more: object) -> dict[str, Any]:
        await self.say("subscribe", event_id=event_id, **more)
        return await self.hear("subscribed")

    def close(self) -> None:
        self.socket.transport.abort()

    async def close_code(self, timeout: float = 10) -> int | None:
        async with asyncio.timeout(timeout):
            await self.socket.wait_closed()
        return self.socket.close_code


@dataclass(slots=True)
class Listener:
    """Somebody who follows one event by a stream of events; as a `Fan`, but says nothing."""

    response: ClientResponse
    passed_over: list[dict[str, Any]] = field(default_factory=list)

    async def next(self, timeout: float = 5) -> dict[str, Any]:
        async with asyncio.timeout(timeout):
            while not (line := await self.response.content.readline()).startswith(b"data: "):
                if not line:
                    raise ConnectionResetError("the stream has ended")
        return understood(line[6:])

    async def hear(self, type_: str, timeout: float = 5) -> dict[str, Any]:
        """The data of the next message of this type."""
        while (message := await self.next(timeout))["type"] != type_:
            self.passed_over.append(message)
        return dict(message["data"])

    def close(self) -> None:
        self.response.close()


@pytest.fixture
async def follow_live(
    join: Connect, identity: Callable[..., str]
) -> AsyncIterator[Callable[..., Awaitable["Fan | Listener"]]]:
    """Lets somebody follow an event, by a connection of either kind, and tells nothing before its
    answer; `since` is what they saw last."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession())

        async def begin(
            notifier: Notifier, event_id: str, user: str, kind: str,
            since: dict[str, Any] | None = None,
        ) -> Fan | Listener:  # fmt: skip
            if kind == "websocket":
                fan = await join(notifier, user)
                await fan.say("subscribe", event_id=event_id, since=since)
                return fan
            headers = {"X-Tiketi-Identity": identity(user)}
            if since is not None:
                headers["Last-Event-ID"] = f"{since['epoch']}:{since['version']}"
            url = f"{notifier.url}/api/events/{event_id}/stream"
            response = await stack.enter_async_context(session.get(url, headers=headers))
            return Listener(response)

        yield begin


@pytest.fixture
def identity() -> Callable[..., str]:
    """Signs who someone is, as the gateway does."""

    def sign(user: str, *, keys: str = IDENTITY_KEYS, seconds: int = 60) -> str:
        return KeyRing(keys).sign(Identity(UserId(user), "customer", int(time.time()) + seconds))

    return sign


@pytest.fixture
async def join(identity: Callable[..., str]) -> AsyncIterator[Connect]:
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


@dataclass(slots=True)
class Till:
    """Tells of seat changes as booking does."""

    channel: aio_pika.abc.AbstractChannel
    exchange: aio_pika.abc.AbstractExchange
    event_id: EventId
    version: int = 0

    async def change(self, *seats: tuple[int, SeatState], **general: int) -> int:
        self.version += 1
        await self.tell(SeatsChanged(self.event_id, self.version, list(seats), general))
        return self.version

    async def tell(self, change: SeatsChanged) -> None:
        await self._publish(msgspec.json.encode(change))

    async def offer(self, user: str, hold_id: str, expires_at: float) -> None:
        """Seats that came back are held for `user`."""
        offered = HoldOffered(self.event_id, UserId(user), HoldId(hold_id), expires_at)
        await self._publish(msgspec.json.encode(offered), "hold_offered")

    async def change_sale(self, version: int) -> None:
        """An organiser has changed the event."""
        change = SaleChanged(self.event_id, version)
        await self._publish(msgspec.json.encode(change), "sale_changed")

    async def until_taken(self) -> None:
        """Until the notifier that consumes has been given everything, acknowledged or not."""
        async with asyncio.timeout(30):
            while True:
                queue = await self.channel.declare_queue("tiketi.notifier", passive=True)
                if queue.declaration_result.message_count == 0:
                    return
                await asyncio.sleep(0.05)

    async def say_nonsense(self) -> None:
        await self._publish(b"{not json")

    async def _publish(self, body: bytes, type_: str = "seats_changed") -> None:
        message = aio_pika.Message(
            body, message_id=new_id(), delivery_mode=aio_pika.DeliveryMode.PERSISTENT
        )
        await self.exchange.publish(message, routing_key=f"{type_}.{self.event_id}")


@asynccontextmanager
async def till_at(amqp_url: str, event_id: EventId) -> AsyncIterator[Till]:
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(EXCHANGE, "topic", durable=True)
        yield Till(channel, exchange, event_id)


@pytest.fixture
def eventually() -> Callable[..., Awaitable[None]]:
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
def open_till() -> Callable[..., AbstractAsyncContextManager[Till]]:
    """A till at a broker of the test's own."""
    return till_at


@pytest.fixture
async def till(amqp_url: str, event_id: EventId) -> AsyncIterator[Till]:
    async with till_at(amqp_url, event_id) as opened:
        yield opened


@pytest.fixture
def shared_document() -> Callable[..., Progress]:
    return progress_of


class Status(TypedDict, total=False):
    phase: Required[Phase]
    waiting: int


@pytest.fixture
def tell_line(redis_url: str) -> Callable[..., Awaitable[None]]:
    """Publishes a round of an event's line as the queue does."""

    async def tell(
        event_id: EventId, admitted: dict[str, object], **status: Unpack[Status]
    ) -> None:
        tick = Tick(
            event_id,
            _raw(progress_of(event_id, **status)) if status else UNCHANGED,
            [Admitted(UserId(user), _raw(admission)) for user, admission in admitted.items()],
        )
        async with redis.asyncio.Redis.from_url(redis_url) as client:
            await client.publish(tick_channel(event_id), msgspec.json.encode(tick))

    return tell


def _raw(content: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(content))


@pytest.fixture
def raw_connection() -> Iterator[Callable[[Notifier], socket.socket]]:
    """A bare socket to an instance, for what no client library would send."""
    opened: list[socket.socket] = []

    def connect_to(notifier: Notifier) -> socket.socket:
        opened.append(socket.create_connection(("127.0.0.1", notifier.port), timeout=5))
        return opened[-1]

    yield connect_to
    for each in opened:
        each.close()
