"""Measures the table of costs: the CPU of each operation on a whole deployment, by part.

The operations are those of the benchmarks (`tests.bench.bench_gateway`). A part's idle cost is
subtracted. Short loads are repeated, and the cheapest run counts, since it was disturbed least.
"""

import asyncio
import itertools
import platform
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import asyncpg
import msgspec
from tests.bench.bench_gateway import (
    Person,
    Stack,
    hold_request,
    on_sale,
    signed_in,
    stack,
    subscription,
    upgrade_request,
)
from tests.bench.lib import Load, cpu_seconds, drive, get, post, with_children
from tests.capacity.model import PARTS, Costs, Part

from tiketi_shared.resources import open_redis
from tiketi_shared.tokens import KeyRing

RUNS = 3
MANY = 6_000
"""How many joins and places a run has, one for each person."""
BUYERS = 2_000
LISTENERS = 2_000
LISTEN_SECONDS = 10.0
IDLE_SECONDS = 15.0
ALONE_A_SECOND = 40.0
ALONE_SECONDS = 8.0
SIGN_UPS = 40

Cpu = dict[Part, float]


def cpu(running: Stack) -> Cpu:
    """CPU seconds that each part has spent so far."""
    stores = running.deployment.stores
    pids: dict[Part, list[int]] = {
        part: [pid for one in running.deployment.of(part) if (pid := one.child.pid)]
        for part in ("gateway", "queue", "booking", "notifier")
    }
    for part, store in (
        ("redis", stores.redis), ("postgres", stores.postgres), ("rabbitmq", stores.rabbitmq),
    ):  # fmt: skip
        assert store is not None
        assert store.child.pid is not None
        pids[cast("Part", part)] = with_children(store.child.pid)
    return {part: cpu_seconds(pids[part]) for part in PARTS}


def spent(before: Cpu, after: Cpu) -> Cpu:
    return {part: after[part] - before[part] for part in PARTS}


async def measure() -> Costs:
    """Measure everything, which takes some minutes. The machine should be idle otherwise."""
    with stack(MAX_CONNECTIONS_PER_ADDRESS="20000") as running:
        meter = _Meter(running)
        await meter.rest()
        us: dict[str, Cpu] = {}
        alone: dict[str, Cpu] = {}
        line = await on_sale(running, capacity=1, seats=1000)
        queue, status = f"/api/events/{line}/queue", f"/api/events/{line}/queue/status"

        def joining(people: Iterable[Person]) -> Iterator[bytes]:
            return (post(queue, b"", person.headers) for person in people)

        def looking(people: Iterable[Person]) -> Iterator[bytes]:
            return (get(queue, person.headers) for person in people)

        people = await signed_in(running, RUNS * MANY)
        before = await _redis_bytes(running)
        runs = [people[start : start + MANY] for start in range(0, len(people), MANY)]
        us["join"] = await meter.least(*(lambda run=run: joining(run) for run in runs))
        redis_bytes = (await _redis_bytes(running) - before) / len(people)
        us["place"] = await meter.least(*(lambda run=run: looking(run) for run in runs))
        us["poll"] = await meter.least(lambda: itertools.repeat(get(status), 3 * MANY))
        more = await signed_in(running, 2 * MANY)
        count = round(ALONE_A_SECOND * ALONE_SECONDS)
        alone["join"] = await meter.alone(joining(more[:count]))
        alone["place"] = await meter.alone(looking(more[:count]))
        alone["poll"] = await meter.alone(itertools.repeat(get(status), count))
        sale = await on_sale(running, capacity=1000, seats=20_000)
        alone["availability"] = await meter.alone(
            itertools.repeat(get(f"/api/events/{sale}/availability"), count)
        )
        alone["signup"] = await meter.alone(_sign_ups(), per_second=5)
        size = await _database_bytes(running)
        us |= await _buying(running, meter, sale, more[count:])
        orders = await _orders(running)
        order_bytes = (await _database_bytes(running) - size) / orders
        us["message"], connection, message_bytes = await _listening(running, meter, line, more)
        wire = {
            "join": await _size(running, next(joining(more[-1:]))),
            "place": await _size(running, next(looking(more[-1:]))),
            "poll": await _size(running, get(status)),
            "message": message_bytes,
        }
        alone["hold"], alone["checkout"], bought = await _buying_alone(running, meter, sale)
        wire |= bought
    return Costs(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=f"{_processor()}, Python {platform.python_version()}",
        us=us,
        alone_us=alone,
        alone_a_second=ALONE_A_SECOND,
        idle=meter.idle,
        redis_bytes=redis_bytes,
        connection_bytes=connection,
        wire_bytes=wire,
        order_bytes=order_bytes,
    )


class _Meter:
    def __init__(self, running: Stack) -> None:
        self._running = running
        self.idle: Cpu = dict.fromkeys(PARTS, 0.0)

    async def rest(self) -> None:
        await asyncio.sleep(3)  # what a start leaves to do
        before = cpu(self._running)
        await asyncio.sleep(IDLE_SECONDS)
        now = spent(before, cpu(self._running))
        self.idle = {part: round(now[part] / IDLE_SECONDS, 5) for part in PARTS}

    async def least(self, *runs: Callable[[], Iterable[bytes]]) -> Cpu:
        """CPU microseconds by part, from the cheapest run."""
        costs = [await self.of(run()) for run in runs]
        return min(costs, key=lambda cost: sum(cost.values()))

    async def alone(self, requests: Iterable[bytes], *, per_second: float = ALONE_A_SECOND) -> Cpu:
        return await self.of(requests, connections=4, per_second=per_second)

    async def of(
        self, requests: Iterable[bytes], *, connections: int = 64, per_second: float | None = None
    ) -> Cpu:
        before = cpu(self._running)
        load = await drive(
            self._running.port, requests, connections=connections, per_second=per_second
        )
        await asyncio.sleep(0.5)  # what goes on behind the answers belongs to them
        assert max(load.statuses) < 300, load.statuses
        return self.by_part(before, load)

    def by_part(self, before: Cpu, load: Load) -> Cpu:
        now = spent(before, cpu(self._running))
        return {
            part: round(max(0.0, now[part] - self.idle[part] * (load.seconds + 0.5)), 6)
            / load.requests
            * 1e6
            for part in PARTS
        }


async def _buying(
    running: Stack, meter: _Meter, event_id: str, people: list[Person]
) -> dict[str, Cpu]:
    """Each person holds one seat and pays for it."""
    free, ring = _seats(), KeyRing(running.keys.admission_keys)
    held: list[Cpu] = []
    paid: list[Cpu] = []
    for start in range(0, RUNS * BUYERS, BUYERS):
        buyers = people[start : start + BUYERS]
        held.append(
            await meter.of([hold_request(event_id, person, next(free), ring) for person in buyers])
        )
        paid.append(await meter.of(await _checkouts(running, buyers)))
    return {
        "hold": min(held, key=lambda cost: sum(cost.values())),
        "checkout": min(paid, key=lambda cost: sum(cost.values())),
    }


async def _buying_alone(
    running: Stack, meter: _Meter, event_id: str
) -> tuple[Cpu, Cpu, dict[str, float]]:
    free, ring = _seats(RUNS * BUYERS), KeyRing(running.keys.admission_keys)
    buyers = await signed_in(running, round(ALONE_A_SECOND * ALONE_SECONDS) + 1)
    last = buyers.pop()
    holds = [hold_request(event_id, person, next(free), ring) for person in buyers]
    held = await meter.alone(holds)
    paid = await meter.alone(await _checkouts(running, buyers))
    wire = {"hold": await _size(running, hold_request(event_id, last, next(free), ring))}
    wire["checkout"] = await _size(running, (await _checkouts(running, [last]))[0])
    return held, paid, wire


def _seats(start: int = 0) -> Iterator[str]:
    return (f"s{number}" for number in itertools.count(start))


async def _checkouts(running: Stack, buyers: list[Person]) -> list[bytes]:
    """Each person pays for their hold."""
    connection = await asyncpg.connect(running.deployment.stores.postgres_dsn)
    rows = await connection.fetch(
        "SELECT user_id, id FROM holds WHERE state = 'live' AND user_id = ANY ($1)",
        [person.user_id for person in buyers],
    )
    await connection.close()
    holds = dict(rows)
    body = b'{"payment":{"provider":"sandbox","token":"tok_ok"}}'
    return [
        post(
            f"/api/holds/{holds[person.user_id]}/checkout",
            body,
            {**person.headers, "Idempotency-Key": person.user_id},
        )
        for person in buyers
    ]


def _sign_ups() -> Iterator[bytes]:
    for number in range(SIGN_UPS):
        account = {"email": f"{number}@fan.example", "password": "correct horse", "name": "Fan"}
        yield post("/api/auth/signup", msgspec.json.encode(account))


class _Ear(asyncio.Protocol):
    """A live connection that counts the messages that it receives."""

    def __init__(self, hello: bytes) -> None:
        self._hello = hello
        self.messages = self.bytes = 0
        self.open = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self.transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        self.open.set()
        self.messages += data.count(b'"type":"queue-')
        self.bytes += len(data)


async def _listening(
    running: Stack, meter: _Meter, event_id: str, people: list[Person]
) -> tuple[Cpu, dict[Part, float], float]:
    """Microseconds a message, bytes of memory a connection, bytes a message: many follow a line
    that moves, since somebody joins all the time."""
    coming = await signed_in(running, round(LISTEN_SECONDS * 4))
    resident = {part: _resident(running, part) for part in ("gateway", "notifier")}
    async with _ears(running.port, event_id, people[:LISTENERS]) as ears:
        memory = {
            part: (_resident(running, part) - before) / len(ears)
            for part, before in resident.items()
        }
        heard, size = _heard(ears)
        before = cpu(running)
        joins = [post(f"/api/events/{event_id}/queue", b"", person.headers) for person in coming]
        load = await drive(running.port, joins, connections=1, per_second=4)
        messages = _heard(ears)[0] - heard
        load.requests = messages
        cost = meter.by_part(before, load)
        per_message = (_heard(ears)[1] - size) / messages
    only = {part: cost[part] for part in ("gateway", "notifier")}
    return cast("Cpu", only), cast("dict[Part, float]", memory), per_message


def _heard(ears: list[_Ear]) -> tuple[int, int]:
    return sum(ear.messages for ear in ears), sum(ear.bytes for ear in ears)


@asynccontextmanager
async def _ears(port: int, event_id: str, people: list[Person]) -> AsyncIterator[list[_Ear]]:
    loop = asyncio.get_running_loop()
    ears: list[_Ear] = []
    for number, person in enumerate(people):
        hello = upgrade_request(person) + subscription(event_id)
        _, ear = await loop.create_connection(
            lambda hello=hello: _Ear(hello), "127.0.0.1", port,  # type: ignore[misc]
            local_addr=(f"127.0.0.{2 + number % 8}", 0),
        )  # fmt: skip
        ears.append(ear)
    await asyncio.gather(*(ear.open.wait() for ear in ears))
    await asyncio.sleep(2)
    try:
        yield ears
    finally:
        for ear in ears:
            ear.transport.abort()


def _resident(running: Stack, part: str) -> float:
    pages = sum(
        int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in running.pids(part)
    )
    return pages * 4096.0


async def _size(running: Stack, request: bytes) -> float:
    """The size of the answer in bytes, with headers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 2"), answer
    return float(len(answer))


async def _redis_bytes(running: Stack) -> float:
    async with open_redis(running.deployment.stores.redis_url) as redis:
        return float((await redis.info("memory"))["used_memory"])


async def _database_bytes(running: Stack) -> float:
    return float(await _ask(running, "SELECT pg_database_size(current_database())"))


async def _orders(running: Stack) -> int:
    return int(await _ask(running, "SELECT count(*) FROM orders"))


async def _ask(running: Stack, query: str) -> int:
    connection = await asyncpg.connect(running.deployment.stores.postgres_dsn)
    value: int = await connection.fetchval(query)
    await connection.close()
    return value


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
