"""What a delivered frame costs the notifier, and how soon it arrives.

python -m tests.bench.bench_notifier

The real notifier with a real Redis and RabbitMQ; seat changes are published where booking's outbox
publishes them. The clients are lean protocols in processes of their own, whose CPU does not count.
The floors run in the same minute with the same clients: one write of the same bytes to each bare
transport, and websockets' `broadcast()`.
"""

import asyncio
import contextlib
import json
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence, Sized
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import aio_pika
import msgspec
import uvloop
from tests.bench.lib import Figure, cpu_seconds, free_port, main, server_process, with_children
from websockets.asyncio.server import ServerConnection, broadcast, serve

from tiketi_local.stores import RabbitServer, RedisServer
from tiketi_shared.ids import EventId, UserId, new_id
from tiketi_shared.messages import EXCHANGE, SeatsChanged
from tiketi_shared.tokens import Identity, KeyRing

FRAME_CLIENTS = 5_000
MANY_CLIENTS = 10_000
CLIENT_PROCESSES = 2
FRAMES_PER_SECOND = 4
SECONDS = 5
MOST_SECONDS_LATE = 15
"""What has not come by then counts as missed."""

_IDENTITY_KEYS = "bench:a-key-that-is-only-for-benchmarks"
_VERSION = re.compile(rb'"availability_version":(\d+)')
_PING, _PONG = b"\x89\x00", b"\x8a\x80\0\0\0\0"
_ACCEPTED = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


# -- clients --------------------------------------------------------------------------------------


class Crowd:
    """What one process of clients has seen: when, in ms of the machine's monotonic clock, how many
    clients got the frame of each version."""

    def __init__(self, size: int) -> None:
        self._missing = size
        self.complete = asyncio.Event()
        self.lost = 0
        self.frames: dict[int, Counter[int]] = {}

    def joined(self) -> None:
        self._missing -= 1
        if not self._missing:
            self.complete.set()

    def report(self) -> str:
        report = json.dumps({"lost": self.lost, "frames": self.frames})
        self.lost, self.frames = 0, {}
        return report


class Fan(asyncio.Protocol):
    """One client: shakes hands, subscribes, and notes which version came when."""

    __slots__ = ("_crowd", "_greeting", "_subscription", "_transport")

    def __init__(self, crowd: Crowd, greeting: bytes, subscription: bytes) -> None:
        self._crowd, self._greeting, self._subscription = crowd, greeting, subscription

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._transport.write(self._greeting)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1"):
            self._transport.write(self._subscription)
            self._crowd.joined()
        if _PING in data:
            self._transport.write(_PONG)
        now = int(time.monotonic() * 1000)
        for version in _VERSION.findall(data):
            self._crowd.frames.setdefault(int(version), Counter())[now] += 1

    def connection_lost(self, _: Exception | None) -> None:
        self._crowd.lost += 1


async def clients(port: int, count: int, source: str, event_id: EventId) -> None:
    """Connect, say "ready", and answer each line on stdin with what was seen since the last."""
    crowd, keys = Crowd(count), KeyRing(_IDENTITY_KEYS)
    loop = asyncio.get_running_loop()
    subscribe = json.dumps({"type": "subscribe", "data": {"event_id": event_id}}).encode()
    subscription = bytes((0x81, 0x80 | len(subscribe), 0, 0, 0, 0)) + subscribe

    async def connect(index: int) -> None:
        person = Identity(UserId(f"{source}-{index}"), "customer", int(time.time()) + 300)
        greeting = _greeting(keys.sign(person), f"10.0.{index >> 8}.{index & 255}")
        await loop.create_connection(
            lambda: Fan(crowd, greeting, subscription), "127.0.0.1", port, local_addr=(source, 0)
        )

    for start in range(0, count, 50):
        await asyncio.gather(*(connect(index) for index in range(start, min(start + 50, count))))
    await crowd.complete.wait()
    print("ready", flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(crowd.report(), flush=True)


def _greeting(identity: str, address: str) -> bytes:
    return (
        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"X-Tiketi-Identity: {identity}\r\nX-Forwarded-For: {address}\r\n\r\n"
    ).encode()


class Audience:
    """The client processes of one measurement."""

    def __init__(self, processes: Sequence[asyncio.subprocess.Process], size: int) -> None:
        self._processes = processes
        self.size = size

    async def add_to(self, seen: "Seen") -> None:
        """What arrived since the last time."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(b"report\n")
            seen.add(json.loads(await _line(process)))


@dataclass(slots=True)
class Seen:
    """`frames` tells for each version how many clients got it in which millisecond; `lost` is how
    many connections have ended."""

    lost: int = 0
    frames: dict[int, Counter[int]] = field(default_factory=dict)

    @property
    def delivered(self) -> int:
        return sum(times.total() for times in self.frames.values())

    def add(self, report: dict[str, Any]) -> None:
        self.lost += report["lost"]
        for version, times in report["frames"].items():
            into = self.frames.setdefault(int(version), Counter())
            into.update({int(ms): count for ms, count in times.items()})


async def _line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    async with asyncio.timeout(60):
        return await process.stdout.readline()


@contextlib.asynccontextmanager
async def audience(port: int, size: int, event_id: EventId) -> AsyncIterator[Audience]:
    each = size // CLIENT_PROCESSES
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.bench_notifier", "clients",
            str(port), str(each), f"127.0.0.{2 + number}", event_id,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**26,
        )
        for number in range(CLIENT_PROCESSES)
    ]  # fmt: skip
    try:
        for process in processes:
            await _line(process)
        yield Audience(processes, each * CLIENT_PROCESSES)
    finally:
        for process in processes:
            process.kill()
            await process.wait()


# -- floors ---------------------------------------------------------------------------------------


class Bare(asyncio.Protocol):
    """Accepts anything and keeps the transport among `everyone`."""

    def __init__(self, everyone: set[asyncio.Transport]) -> None:
        self._everyone = everyone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"GET"):
            self._transport.write(_ACCEPTED)
            self._everyone.add(self._transport)


def _document(version: int) -> bytes:
    """As long as the notifier's own."""
    return (
        b'{"type":"seat-update","data":{"event_id":"1m851dwcbj7z9nre6aek","epoch":"e576b944",'
        b'"version":%d,"availability_version":%d,"changes":[[1,"h"]],"general":{}}}'
        % (version, version)
    )


async def bare_floor(port: int, count: int) -> None:
    """The same bytes to every transport, by nothing but `write`."""
    everyone: set[asyncio.Transport] = set()
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Bare(everyone), "127.0.0.1", port, backlog=1024)

    def write(document: bytes) -> None:
        frame = bytes((0x81, 126)) + len(document).to_bytes(2, "big") + document
        for transport in everyone:
            transport.write(frame)

    await _tell(everyone, count, write)


async def broadcast_floor(port: int, count: int) -> None:
    """websockets' own way to say the same thing to everyone."""
    everyone: set[ServerConnection] = set()

    async def stay(connection: ServerConnection) -> None:
        everyone.add(connection)
        async for _ in connection:
            pass

    async with serve(stay, "127.0.0.1", port, compression=None, ping_interval=None):
        await _tell(everyone, count, lambda document: broadcast(everyone, document, text=True))


async def _tell(everyone: Sized, count: int, write: Callable[[bytes], None]) -> None:
    """At a signal on stdin write for SECONDS to all of `everyone`; print the CPU seconds."""
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    if len(everyone) != count:
        raise RuntimeError(f"{len(everyone)} of {count} are here")
    before = time.process_time()
    for version in range(1, SECONDS * FRAMES_PER_SECOND + 1):
        write(_document(version))
        await asyncio.sleep(1 / FRAMES_PER_SECOND)
    print(time.process_time() - before, flush=True)


async def floor(kind: str) -> float:
    """CPU microseconds a frame."""
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.bench_notifier", kind, str(port), str(FRAME_CLIENTS),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        await _until_listening(port)
        async with audience(port, FRAME_CLIENTS, EventId(new_id())) as crowd:
            assert server.stdin is not None
            server.stdin.write(b"go\n")
            seconds = float(await _line(server))
            seen = Seen()
            await crowd.add_to(seen)
            return seconds * 1e6 / seen.delivered
    finally:
        server.kill()
        await server.wait()


async def _until_listening(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise RuntimeError("the floor does not listen")


# -- the notifier ---------------------------------------------------------------------------------


class Till:
    """Publishes seat changes as booking's outbox does, and remembers when."""

    def __init__(self, exchange: aio_pika.abc.AbstractExchange, event_id: EventId) -> None:
        self._exchange = exchange
        self._event_id = event_id
        self._version = 0
        self.sent_ms: dict[int, int] = {}

    async def sell(self, per_second: float, seconds: float) -> None:
        """One seat changes at a time, evenly spaced."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        for index in range(round(per_second * seconds)):
            await asyncio.sleep(max(0.0, started + index / per_second - loop.time()))
            await self._change()

    async def _change(self) -> None:
        self._version += 1
        change = SeatsChanged(self._event_id, self._version, [(self._version % 5000, "h")], {})
        self.sent_ms[self._version] = int(time.monotonic() * 1000)
        await self._exchange.publish(
            aio_pika.Message(
                msgspec.json.encode(change),
                message_id=new_id(),
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            ),
            routing_key=f"seats_changed.{self._event_id}",
        )


@contextlib.asynccontextmanager
async def notifier(
    stores: tuple[RedisServer, RabbitServer], *, workers: int
) -> AsyncIterator[tuple[int, int, Till]]:
    """(port, pid, the till of a fresh event)."""
    redis, rabbit = stores
    settings = {
        "WORKERS": workers, "REDIS_URL": redis.url, "AMQP_URL": rabbit.url,
        "IDENTITY_KEYS": _IDENTITY_KEYS, "DRAIN_SECONDS": 0, "LOG_LEVEL": "error",
    }  # fmt: skip
    with server_process(["-m", "tiketi_notifier"], settings, port=free_port()) as server:
        await asyncio.sleep(1)
        connection = await aio_pika.connect(rabbit.url)
        async with connection:
            channel = await connection.channel()
            exchange = await channel.declare_exchange(EXCHANGE, "topic", durable=True)
            yield server.port, server.pid, Till(exchange, EventId(new_id()))


def resident_kib(pid: int) -> float:
    return sum(
        int(Path(f"/proc/{each}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024
        for each in with_children(pid)
    )


async def frames(stores: tuple[RedisServer, RabbitServer], floors: list[float]) -> list[Figure]:
    """5,000 clients of one process: memory, a frame's cost, and a burst."""
    bare, websockets = floors
    async with notifier(stores, workers=1) as (port, pid, till):
        empty = resident_kib(pid)
        async with audience(port, FRAME_CLIENTS, till._event_id) as crowd:
            await asyncio.sleep(1)
            memory = (resident_kib(pid) - empty) / FRAME_CLIENTS
            calm, cpu = await _measured(pid, till, crowd, FRAMES_PER_SECOND, SECONDS)
            cost = cpu * 1e6 / calm.delivered
            burst, cpu = await _measured(pid, till, crowd, 200, SECONDS)
            burst_cost = cpu * 1e6 / burst.delivered
    slowest = _delays(till, burst)[-1]
    return [
        Figure("delivered frame, 5,000 clients", cost, bare, 26.0),
        Figure("  floor: bare transport write", bare),
        Figure("  floor: websockets broadcast()", websockets),
        Figure(
            "  frame in a burst of 200 changes/s, reading the broker included", burst_cost, bare
        ),
        Figure("memory a connection", memory, None, 16.0, "KiB"),
        Figure("burst: last client has the last change after", slowest, None, 1000.0, "ms"),
        Figure("burst: most frames in a second", _most_in_a_second(burst), None, 4.0, "frames"),
        Figure("burst: changes that someone missed", _missed(till, burst, crowd), None, 0.0, ""),
    ]


async def many(stores: tuple[RedisServer, RabbitServer]) -> list[Figure]:
    """10,000 clients on two workers, 50 changes a second."""
    async with notifier(stores, workers=2) as (port, pid, till):
        await asyncio.sleep(1)
        async with audience(port, MANY_CLIENTS, till._event_id) as crowd:
            await asyncio.sleep(1)
            seen, cpu = await _measured(pid, till, crowd, 50, 2 * SECONDS)
    delays = _delays(till, seen)
    return [
        Figure("10,000 clients, 50 changes/s: cut", seen.lost, None, 0.0, ""),
        Figure("  missed", _missed(till, seen, crowd), None, 0.0, ""),
        Figure("  p50 of delivery", delays[len(delays) // 2], None, None, "ms"),
        Figure("  p99 of delivery", delays[len(delays) * 99 // 100], None, 1000.0, "ms"),
        Figure("  CPU of both workers", cpu / (2 * SECONDS) * 100, None, None, "%"),
    ]


async def _measured(
    pid: int, till: Till, crowd: Audience, per_second: float, seconds: float
) -> tuple[Seen, float]:
    """What was seen of these changes alone, and the CPU seconds of the notifier."""
    till.sent_ms.clear()
    await crowd.add_to(Seen())
    before = cpu_seconds(with_children(pid))
    await till.sell(per_second, seconds)
    seen, last = Seen(), max(till.sent_ms)
    for _ in range(MOST_SECONDS_LATE):
        await asyncio.sleep(1)
        cpu = cpu_seconds(with_children(pid)) - before
        await crowd.add_to(seen)
        if seen.frames.get(last, Counter()).total() == crowd.size:
            break
    return seen, cpu


def _brought_by(seen: Seen, change: int) -> Counter[int]:
    """When the frame that brought a change came to how many."""
    return seen.frames[min(version for version in seen.frames if version >= change)]


def _delays(till: Till, seen: Seen) -> list[int]:
    """Milliseconds from each change to each client, in order."""
    delays: Counter[int] = Counter()
    for change, sent in till.sent_ms.items():
        if change > max(seen.frames):
            continue
        for ms, count in _brought_by(seen, change).items():
            delays[ms - sent] += count
    return sorted(delays.elements())


def _missed(till: Till, seen: Seen, crowd: Audience) -> int:
    """Deliveries that did not happen, or happened twice."""
    last = max(till.sent_ms)
    wrong = sum(abs(times.total() - crowd.size) for times in seen.frames.values())
    return wrong + (0 if last in seen.frames else crowd.size)


def _most_in_a_second(seen: Seen) -> int:
    """Frames of which the first client got the first within one second."""
    firsts = sorted(min(times) for times in seen.frames.values())
    return max(sum(1 for at in firsts if start <= at < start + 1000) for start in firsts)


async def measure() -> list[Figure]:
    floors = [await floor("bare"), await floor("broadcast")]
    with tempfile.TemporaryDirectory() as folder:
        redis, rabbit = RedisServer(Path(folder) / "redis"), RabbitServer(Path(folder) / "rabbit")
        redis.start()
        await asyncio.to_thread(rabbit.start)
        try:
            return [*await frames((redis, rabbit), floors), *await many((redis, rabbit))]
        finally:
            redis.kill()
            rabbit.kill()


_PARTS: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {
    "clients": lambda port, count, source, event: clients(int(port), int(count), source, event),
    "bare": lambda port, count: bare_floor(int(port), int(count)),
    "broadcast": lambda port, count: broadcast_floor(int(port), int(count)),
}

if __name__ == "__main__":
    if len(sys.argv) > 1:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_PARTS[sys.argv[1]](*sys.argv[2:]))
    else:
        main(measure)
