"""What a person costs at the edge and behind it, on real services and stores.

python -m tests.bench.bench_gateway [connected]

Each figure counts the CPU of every process on the path, stores included. People are many: each has
an account and a session of their own, and joins, asks and holds as somebody who comes for the first
time, so that looking up the session is in the figure. `connected` adds 10,000 WebSockets held open
while the API is asked 500 times a second.
"""

import asyncio
import contextlib
import hashlib
import itertools
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import aiohttp
import asyncpg
import msgspec
from tests.bench.lib import (
    Figure,
    Load,
    Server,
    drive,
    floor_server,
    forever,
    get,
    main,
    post,
    server_process,
    with_children,
)

from tiketi_local.deployment import Deployment, private_stores
from tiketi_local.keys import Keys, load_or_make
from tiketi_shared.ids import AdmissionId, EventId, UserId, new_id
from tiketi_shared.messages import session_key
from tiketi_shared.resources import open_redis
from tiketi_shared.tokens import Admission, Identity, KeyRing

PEOPLE = 20_000
HOLDERS = 12_000
SECONDS = 3.0
SEATS = 100_000
CONNECTED = 10_000
PER_SECOND = 500.0
RUNS = 3
"""A short load is repeated, and the run that was disturbed least counts."""


@dataclass(frozen=True, slots=True)
class Person:
    user_id: UserId
    session: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.session}"}


class Stack:
    """A deployment under measurement, with the processes of each part."""

    def __init__(self, deployment: Deployment, keys: Keys) -> None:
        self.deployment, self.keys = deployment, keys
        self.port = deployment.of("gateway")[0].port

    def pids(self, *parts: str) -> list[int]:
        """Of services by name, and of `redis` and `postgres` with their children."""
        stores = {
            "redis": self.deployment.stores.redis,
            "postgres": self.deployment.stores.postgres,
        }
        children = [
            *(instance.child for part in parts for instance in self.deployment.of(part)),
            *(store.child for name, store in stores.items() if name in parts and store),
        ]
        return [pid for child in children if child.pid for pid in with_children(child.pid)]

    async def cost(self, requests: Iterable[bytes], *parts: str, status: int = 200) -> Load:
        """One load at the gateway. Raises AssertionError when it is answered otherwise."""
        load = await drive(
            self.port, requests, pids=lambda: self.pids("gateway", *parts), seconds=SECONDS
        )
        expected = {200, 202} if status == 202 else {status}
        assert set(load.statuses) <= expected, load.statuses
        return load


@contextlib.contextmanager
def stack(**environ: str) -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="tiketi-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        keys = load_or_make(folder / "keys.json")
        stores = private_stores(folder, keys.store_password, logs=folder)
        deployment = Deployment(
            stores, keys, logs=folder,
            environ={"LIMITS": "off", "LOG_LEVEL": "error", **environ},
        )  # fmt: skip
        with deployment:
            deployment.start()
            yield Stack(deployment, keys)


async def signed_in(stack: Stack, count: int) -> list[Person]:
    """People with accounts and sessions, put where booking puts them."""
    people = [Person(UserId(new_id()), secrets.token_urlsafe(32)) for _ in range(count)]
    rows = [
        (each.user_id, f"{each.user_id}@example.org", "Fan", "no password fits") for each in people
    ]
    connection = await asyncpg.connect(stack.deployment.stores.postgres_dsn)
    await connection.copy_records_to_table(
        "users", records=rows, columns=["id", "email", "name", "password_hash"]
    )
    await connection.close()
    async with open_redis(stack.deployment.stores.redis_url, timeout=10) as redis:
        for start in range(0, count, 1000):
            async with redis.pipeline(transaction=False) as pipe:
                for each in people[start : start + 1000]:
                    hash_ = hashlib.sha256(each.session.encode()).hexdigest()
                    cached = {
                        "user_id": each.user_id, "role": "customer", "name": "Fan",
                        "email": f"{each.user_id}@example.org",
                    }  # fmt: skip
                    pipe.set(session_key(hash_), msgspec.json.encode(cached), ex=1800)
                await pipe.execute()
    return people


async def on_sale(stack: Stack, *, capacity: int, seats: int) -> str:
    """An event with one section of `seats`; its id, once its line is open."""
    base = stack.deployment.gateway_urls[0]
    keys, now = stack.keys, datetime.now(UTC)
    sections = [
        {"name": f"S{number}", "rows": 20, "seats_per_row": 50, "ticket_type": "Seat"}
        for number in range(seats // 1000)
    ]
    event = {
        "name": "Bench", "venue": "Bench", "currency": "KRW", "max_per_user": 10,
        "starts_at": (now + timedelta(days=9)).isoformat(),
        "sale_opens_at": (now - timedelta(seconds=5)).isoformat(),
        "sale_closes_at": (now + timedelta(days=8)).isoformat(),
        "ticket_types": [{"name": "Seat", "price": 1000, "kind": "seated", "capacity": seats}],
        "layout": {"sections": sections},
        "queue": {"policy": "first_come", "capacity": capacity, "per_second": 50},
    }  # fmt: skip
    async with aiohttp.ClientSession() as client:
        admin = {"Authorization": f"Bearer {await _token(client, base, keys)}"}
        async with client.post(f"{base}/api/admin/events", json=event, headers=admin) as answer:
            assert answer.status == 201, await answer.text()
            event_id: str = (await answer.json())["id"]
        for _ in range(100):
            async with client.get(f"{base}/api/events/{event_id}/queue/status") as answer:
                if answer.status == 200 and (await answer.json())["phase"] == "on_sale":
                    return event_id
            await asyncio.sleep(0.1)
    raise AssertionError("the line did not open")


async def _token(client: aiohttp.ClientSession, base: str, keys: Keys) -> str:
    """The admin's session; the account is made in the background at booking's first start."""
    login = {"email": keys.admin_email, "password": keys.admin_password}
    for _ in range(50):
        async with client.post(f"{base}/api/auth/login", json=login) as answer:
            if answer.status == 200:
                token: str = (await answer.json())["token"]
                return token
        await asyncio.sleep(0.2)
    raise AssertionError("there is no admin")


async def measure() -> list[Figure]:
    with floor_server() as floor:
        with stack() as running:
            figures = await holds(running, floor)
        with stack() as running:
            figures += await from_memory(running, floor)
            figures += await passed_through(running, floor)
            figures += await in_line(running, floor)
    if "connected" in sys.argv:
        figures += await connected()
    return figures


async def floor_cost(floor: Server) -> float:
    load = await drive(floor.port, forever(get("/")), pids=lambda: [floor.pid], seconds=1.5)
    return load.cpu_us


async def from_memory(stack: Stack, floor: Server) -> list[Figure]:
    """The shared document and the list of events, which the gateway answers alone."""
    event_id = await on_sale(stack, capacity=1000, seats=1000)
    status = get(f"/api/events/{event_id}/queue/status")
    bare, shared, events = [], [], []
    for _ in range(RUNS):
        bare.append(await floor_cost(floor))
        shared.append((await stack.cost(forever(status))).cpu_us)
        events.append((await stack.cost(forever(get("/api/events")))).cpu_us)
    least = min(bare)
    return [
        Figure("shared document, from memory", min(shared), least, 1.1 * least),
        Figure("list of events, from memory", min(events), least),
    ]


async def passed_through(stack: Stack, floor: Server) -> list[Figure]:
    """What passing through adds: the floor as a service behind a gateway, and a real one."""
    person, *people = await signed_in(stack, 1001)
    ring = KeyRing(stack.keys.identity_keys)
    signed = ring.sign(Identity(person.user_id, "customer", int(time.time()) + 600))
    direct_me = get("/api/me", {"X-Tiketi-Identity": signed})
    through_me = [get("/api/me", each.headers) for each in people]
    booking = stack.deployment.of("booking")[0].port
    environ = {
        "BOOKING_URLS": f"http://127.0.0.1:{floor.port}", "QUEUE_URLS": "http://127.0.0.1:1",
        "REDIS_URL": stack.deployment.stores.redis_url, "LIMITS": "off", "METRICS_PORT": "0",
    }  # fmt: skip
    bare, added, real = [], [], []
    with server_process(["-m", "tiketi_gateway"], environ) as gateway:
        await asyncio.sleep(1.5)
        for _ in range(RUNS):
            alone = await floor_cost(floor)
            both = await drive(
                gateway.port, forever(get("/api/orders")), seconds=SECONDS,
                pids=lambda: [gateway.pid, floor.pid],
            )  # fmt: skip
            assert set(both.statuses) == {200}, both.statuses
            bare.append(alone)
            added.append(both.cpu_us - alone)
            behind = await drive(
                booking, forever(direct_me), seconds=SECONDS,
                pids=lambda: stack.pids("booking", "postgres"),
            )  # fmt: skip
            through = await drive(
                stack.port, forever(*through_me), seconds=SECONDS,
                pids=lambda: stack.pids("gateway", "booking", "postgres", "redis"),
            )  # fmt: skip
            real.append(through.cpu_us - behind.cpu_us)
    return [
        Figure("passed through: added to a bare service", min(added), min(bare), 150.0),
        Figure("passed through: added to GET /api/me", min(real), min(bare), 150.0),
    ]


async def in_line(stack: Stack, floor: Server) -> list[Figure]:
    """Joining and looking, each as somebody who was not seen before."""
    event_id = await on_sale(stack, capacity=1, seats=1000)
    path = f"/api/events/{event_id}/queue"
    joins, again, places, bare = [], [], [], []
    for _ in range(RUNS):
        people = await signed_in(stack, PEOPLE)
        bare.append(await floor_cost(floor))
        coming = iter([post(path, b"", person.headers) for person in people])
        joins.append(await stack.cost(coming, "queue", "redis", status=202))
        seen = joins[-1].requests
        looking = iter([get(path, person.headers) for person in people[:seen]])
        places.append(await stack.cost(looking, "queue", "redis", status=202))
        coming = iter([post(path, b"", person.headers) for person in people[:seen]])
        again.append(await stack.cost(coming, "queue", "redis", status=202))
    least = min(bare)
    return [
        Figure("join, a person never seen before", _least(joins), least, 150.0),
        Figure("join again, session known", _least(again), least, 150.0),
        Figure("own place", _least(places), least, 150.0),
    ]


async def holds(stack: Stack, floor: Server) -> list[Figure]:
    """One seat each of 100,000, 64 buyers at a time, each with an admission of their own."""
    event_id = await on_sale(stack, capacity=1000, seats=SEATS)
    async with aiohttp.ClientSession() as client:
        base = stack.deployment.gateway_urls[0]
        async with client.get(f"{base}/api/events/{event_id}/seatmap") as answer:
            seats = [seat["id"] for seat in (await answer.json())["seats"]]
    ring = KeyRing(stack.keys.admission_keys)
    free = iter(seats)
    costs, bare = [], []
    for _ in range(RUNS):
        people = await signed_in(stack, HOLDERS)
        bare.append(await floor_cost(floor))
        requests = iter([hold_request(event_id, person, next(free), ring) for person in people])
        costs.append(await stack.cost(requests, "booking", "redis", "postgres", status=201))
    best = min(costs, key=lambda load: load.cpu_us)
    return [
        Figure("hold through the gateway", best.cpu_us, min(bare), 300.0),
        Figure("  holds a second", best.per_second, unit="/s"),
        Figure("  p95", best.percentile(0.95) * 1000, unit="ms"),
    ]


def hold_request(event_id: str, person: Person, seat: str, ring: KeyRing) -> bytes:
    now = int(time.time())
    admission = Admission(EventId(event_id), person.user_id, AdmissionId(new_id()), now, now + 300)
    headers = {
        **person.headers, "Queue-Admission": ring.sign(admission),
        "Idempotency-Key": secrets.token_hex(8),
    }  # fmt: skip
    body = msgspec.json.encode({"seat_ids": [seat]})
    return post(f"/api/events/{event_id}/holds", body, headers)


async def connected() -> list[Figure]:
    """The API's times while 10,000 are connected, on two workers each of gateway and notifier."""
    environ = {
        "WORKERS": "2", "MAX_CONNECTIONS_PER_ADDRESS": "20000",
        "MAX_CONNECTIONS_PER_PERSON": "20", "PING_SECONDS": "300",
    }  # fmt: skip
    with stack(**environ) as running:
        event_id = await on_sale(running, capacity=1, seats=1000)
        people = await signed_in(running, CONNECTED // 4)
        before = _resident(running.pids("gateway"))
        async with _live(running.port, people, event_id) as sockets:
            held = (_resident(running.pids("gateway")) - before) / CONNECTED
            load = await drive(
                running.port, _mixed(event_id, people), seconds=10, per_second=PER_SECOND
            )
            lost = sum(socket.lost for socket in sockets)
    failed = sum(count for status, count in load.statuses.items() if status >= 500)
    return [
        Figure(
            "10,000 connected, 500 requests/s: p95", load.percentile(0.95) * 1e3, None, 200, "ms"
        ),
        Figure("  p99", load.percentile(0.99) * 1e3, unit="ms"),
        Figure("  requests a second", load.per_second, unit="/s"),
        Figure("  failed", failed, None, 0, ""),
        Figure("  connections lost", lost, None, 0, ""),
        Figure("  memory of a tunnel at the gateway", held / 1024, unit="KiB"),
    ]


def _mixed(event_id: str, people: list[Person]) -> Iterator[bytes]:
    """What people in a sale ask for: joins, places, documents, their own pages."""
    for person in itertools.cycle(people):
        yield post(f"/api/events/{event_id}/queue", b"", person.headers)
        yield get(f"/api/events/{event_id}/queue", person.headers)
        yield get(f"/api/events/{event_id}/queue/status")
        yield get(f"/api/events/{event_id}/availability")
        yield get("/api/me", person.headers)


class _Listener(asyncio.Protocol):
    """One connected person: says who they are and what they follow, and then only listens."""

    def __init__(self, hello: bytes) -> None:
        self._hello = hello
        self.lost = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self.transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        if not self.opened.done():
            assert data.startswith(b"HTTP/1.1 101 "), data
            self.opened.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True


@contextlib.asynccontextmanager
async def _live(port: int, people: list[Person], event_id: str) -> AsyncIterator[list[_Listener]]:
    """Connections of people who follow the event, from several addresses of this machine."""
    loop, gate = asyncio.get_running_loop(), asyncio.Semaphore(100)
    listeners: list[_Listener] = []

    async def connect(number: int) -> None:
        hello = upgrade_request(people[number % len(people)]) + subscription(event_id)
        local = (f"127.0.0.{2 + number % 8}", 0)
        async with gate:
            _, listener = await loop.create_connection(
                lambda: _Listener(hello), "127.0.0.1", port, local_addr=local
            )
            await listener.opened
        listeners.append(listener)

    await asyncio.gather(*(connect(number) for number in range(CONNECTED)))
    await asyncio.sleep(2)
    try:
        yield listeners
    finally:
        for listener in listeners:
            listener.transport.abort()


def upgrade_request(person: Person) -> bytes:
    return get(
        "/ws",
        {
            **person.headers, "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
    )  # fmt: skip


def subscription(event_id: str) -> bytes:
    text = msgspec.json.encode({"type": "subscribe", "data": {"event_id": event_id}})
    return bytes((0x81, 0x80 | len(text))) + b"\0\0\0\0" + text


def _resident(pids: Iterable[int]) -> float:
    """Bytes of memory that these processes hold."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * 4096


def _least(loads: list[Load]) -> float:
    return min(load.cpu_us for load in loads)


if __name__ == "__main__":
    main(measure)
