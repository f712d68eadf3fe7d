"""Real notifiers as processes, the clients that connect to them, and the services around them.

`conftest.py` makes fixtures of these. The queue and booking are played by one server in a thread
of its own, so that instances which serve many tests can go on calling it.
"""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, Required, TypedDict, Unpack

import aio_pika
import msgspec
from aio_pika.abc import AbstractChannel, AbstractExchange
from aiohttp import ClientResponse, ClientSession, web
from websockets.asyncio.client import ClientConnection

from tiketi_local.stores import RedisServer
from tiketi_notifier.messages import FROM_THE_SERVER
from tiketi_shared.batches import Answer, Answers, Batch, LineRequest
from tiketi_shared.ids import EventId, HoldId, UserId, new_id
from tiketi_shared.messages import EXCHANGE, HoldOffered, SaleChanged, SeatsChanged, SeatState
from tiketi_shared.resources import open_redis
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

Data = dict[str, Any]
"""The data of a message, decoded."""


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
        """As a crash of the machine would: no goodbye. Worker processes end too; left alone they
        would take messages from the broker until they notice."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
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

    async def until_serving(self) -> "Notifier":
        """Until it is ready and what is published to the broker arrives here or at another one."""
        await self.until_ready()
        await self.until_consuming()
        return self

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

    def hold(self, user: str, event_id: EventId) -> Data:
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

    def reset(self) -> None:
        """As if nothing had been asked or set."""
        for each in (self.places, self.holds, self.statuses, self.present, self.seen_identities):
            each.clear()
        self.line_calls = 0

    def reports_of(self, event_id: EventId) -> list[list[str]]:
        """The people present at an event, one list a report; an event without any has none."""
        return [sorted(users[event_id]) for users in self.present if event_id in users]

    def present_at(self, event_id: EventId) -> list[str]:
        """The people of the last report that names the event."""
        return (self.reports_of(event_id) or [[]])[-1]


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


class NeighbourServer:
    """Plays the queue and booking for every instance, in a thread with a loop of its own."""

    def __init__(self) -> None:
        self.played = Neighbours()
        self._keys = KeyRing(IDENTITY_KEYS)
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="neighbours")

    def start(self) -> Neighbours:
        self._thread.start()
        assert self._listening.wait(10)
        return self.played

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        runner = web.AppRunner(self._app())
        self._loop.run_until_complete(self._listen(runner))
        self._listening.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _listen(self, runner: web.AppRunner) -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.played.url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/internal/line", self._line)
        app.router.add_post("/internal/presence", self._presence)
        app.router.add_get("/internal/statuses", self._statuses)
        app.router.add_get("/internal/holds", self._holds)
        return app

    async def _line(self, request: web.Request) -> web.Response:
        identity = self._keys.verify(Identity, request.headers["X-Tiketi-Identity"], time.time())
        self.played.seen_identities.add(f"{identity.role} {identity.user_id}")
        batch = msgspec.msgpack.decode(await request.read(), type=Batch[LineRequest])
        self.played.line_calls += 1
        missing = Answer(404, json.dumps(NOT_IN_QUEUE).encode())
        answers = [self.played.places.get(asked.user_id, missing) for asked in batch.requests]
        return web.Response(body=msgspec.msgpack.encode(Answers(answers)))

    async def _presence(self, request: web.Request) -> web.Response:
        self.played.present.append((await request.json())["users"])
        return web.Response(status=204)

    async def _statuses(self, _: web.Request) -> web.Response:
        return web.json_response({"statuses": self.played.statuses})

    async def _holds(self, request: web.Request) -> web.Response:
        return web.json_response(self.played.holds.get(request.query["user_id"]))


SHAPES = {message.name: message.shape for message in FROM_THE_SERVER}


def understood(text: str | bytes) -> Data:
    """A message from the server; it has the shape that its definition gives it, and no more."""
    message: Data = json.loads(text)
    shape = SHAPES[message["type"]]
    msgspec.convert(message["data"], shape)
    assert set(message["data"]) <= {field.name for field in msgspec.structs.fields(shape)}
    return message


@dataclass(slots=True)
class Fan:
    """A WebSocket client that keeps what it was not asked for until it is."""

    socket: ClientConnection
    skipped: list[Data] = field(default_factory=list)

    async def send(self, type_: str, **data: object) -> None:
        await self.socket.send(json.dumps({"type": type_, "data": data}))

    async def next(self, timeout: float = 5) -> Data:
        async with asyncio.timeout(timeout):
            return understood(await self.socket.recv())

    async def receive(self, type_: str, timeout: float = 5) -> Data:
        """The data of the next message of this type."""
        async with asyncio.timeout(timeout):
            while (message := await self.next(timeout))["type"] != type_:
                self.skipped.append(message)
        return dict(message["data"])

    async def subscribe(self, event_id: str, **more: object) -> Data:
        await self.send("subscribe", event_id=event_id, **more)
        return await self.receive("subscribed")

    def close(self) -> None:
        self.socket.transport.abort()

    async def close_code(self, timeout: float = 10) -> int | None:
        async with asyncio.timeout(timeout):
            await self.socket.wait_closed()
        return self.socket.close_code


@dataclass(slots=True)
class EventStream:
    """Somebody who follows one event by a stream of events; as a `Fan`, but says nothing."""

    response: ClientResponse
    skipped: list[Data] = field(default_factory=list)

    async def next(self, timeout: float = 5) -> Data:
        async with asyncio.timeout(timeout):
            while not (line := await self.response.content.readline()).startswith(b"data: "):
                if not line:
                    raise ConnectionResetError("the stream has ended")
        return understood(line[6:])

    async def receive(self, type_: str, timeout: float = 5) -> Data:
        """The data of the next message of this type."""
        while (message := await self.next(timeout))["type"] != type_:
            self.skipped.append(message)
        return dict(message["data"])

    def close(self) -> None:
        self.response.close()


Connection = Fan | EventStream


class Launch(Protocol):
    """Starts an instance with settings of its own."""

    def __call__(self, **settings: object) -> Notifier: ...


class Start(Protocol):
    """Starts an instance of the test's own and waits until it serves."""

    async def __call__(self, **settings: object) -> Notifier: ...


class Join(Protocol):
    """Connects somebody by a WebSocket."""

    async def __call__(
        self, notifier: Notifier, user: str = "fan", *, headers: dict[str, str] | None = None
    ) -> Fan: ...


class Follow(Protocol):
    """Lets somebody follow an event, by a connection of either kind, and reads nothing yet;
    `since` is the last message they saw."""

    async def __call__(
        self, notifier: Notifier, event_id: EventId, user: str, kind: str, since: Data | None = None
    ) -> Connection: ...


class SignIdentity(Protocol):
    """Signs who someone is, as the gateway does."""

    def __call__(self, user: str, *, keys: str = IDENTITY_KEYS, seconds: int = 60) -> str: ...


class Status(TypedDict, total=False):
    phase: Required[Phase]
    waiting: int


class PublishRound(Protocol):
    """Publishes a round of an event's line as the queue does."""

    async def __call__(
        self, event_id: EventId, admitted: dict[str, object], **status: Unpack[Status]
    ) -> None: ...


class Eventually(Protocol):
    """Waits until a condition holds."""

    async def __call__(self, condition: Callable[[], bool], timeout: float = 10) -> None: ...


OutboxAt = Callable[[str, EventId], AbstractAsyncContextManager["Outbox"]]
"""Opens an outbox at a broker of the test's own."""

RawConnection = Callable[[Notifier], socket.socket]
"""Opens a bare socket to an instance, for what no client library would send."""


@dataclass(slots=True)
class Outbox:
    """Publishes domain events as booking's outbox does."""

    channel: AbstractChannel
    exchange: AbstractExchange
    event_id: EventId
    version: int = 0

    async def change(self, *seats: tuple[int, SeatState], **general: int) -> int:
        self.version += 1
        await self.publish_change(SeatsChanged(self.event_id, self.version, list(seats), general))
        return self.version

    async def publish_change(self, change: SeatsChanged) -> None:
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

    async def publish_unreadable(self) -> None:
        await self._publish(b"{not json")

    async def _publish(self, body: bytes, type_: str = "seats_changed") -> None:
        message = aio_pika.Message(
            body, message_id=new_id(), delivery_mode=aio_pika.DeliveryMode.PERSISTENT
        )
        await self.exchange.publish(message, routing_key=f"{type_}.{self.event_id}")


@asynccontextmanager
async def open_outbox(amqp_url: str, event_id: EventId) -> AsyncIterator[Outbox]:
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(EXCHANGE, "topic", durable=True)
        yield Outbox(channel, exchange, event_id)


async def kill_written(redis: RedisServer) -> None:
    """Kill Redis once it has written what it acknowledged: a busy disk may delay that."""
    async with open_redis(redis.url) as client, asyncio.timeout(10):
        while (await client.info("persistence"))["aof_buffer_length"]:  # noqa: ASYNC110  no event
            await asyncio.sleep(0.01)
    await asyncio.to_thread(redis.kill)
