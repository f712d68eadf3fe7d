"""What the line costs, alone: Redis and the queue service, without the gateway.

python -m tests.bench.bench_line [PEOPLE]

Times of scripts are Redis's own (SLOWLOG), so neither the client nor the network is in them. They
are times of the clock: on a busy machine a script that was interrupted looks long, so what 19 of 20
rounds keep is held against the bound, and the longest is printed beside it.
PEOPLE (1,000,000 unless given) is how long the long line is.
"""

import asyncio
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from aiohttp import web
from tests.bench.lib import (
    Figure,
    Server,
    cpu_seconds,
    drive,
    floor_server,
    free_port,
    main,
    post,
    server_process,
)

from tiketi_local.stores import RedisServer
from tiketi_queue.adapters.redis_line import RedisLine
from tiketi_queue.domain.draw import Draw
from tiketi_queue.domain.line import Terms, Visit, Want
from tiketi_queue.settings import Settings
from tiketi_shared.batches import Batch, LineRequest
from tiketi_shared.ids import EventId, UserId, new_id
from tiketi_shared.resources import open_redis
from tiketi_shared.sale import QueueSettings, Sale, Sales
from tiketi_shared.tokens import Identity, KeyRing
from tiketi_shared.web import IDENTITY_HEADER

SHORT = 1_000
BATCH = 32
"""Joins that travel together at 64 connections, about."""
JOINS = 20_000
ROUNDS = 60
LET_IN = 50
"""People let in each round."""

_DRAW = Draw.derive("the benchmark's own draw key", EventId("benchmark"))


class Bench:
    """One line in a Redis of its own; time is the benchmark's, so that every round is due."""

    def __init__(self, client: Any, pid: int) -> None:
        self.redis, self.pid = client, pid
        self.line = RedisLine(client)
        self.event = EventId(new_id())
        self.now = int(time.time() * 1000)
        self.opening_us = self.now * 1000

    def terms(self, **changes: Any) -> Terms:
        terms: dict[str, Any] = {
            "now": self.now, "mode": "on_sale", "opening_us": self.opening_us, "capacity": 0,
            "pace": LET_IN * 4.0, "horizon": 24_000, "forget_at": 4_000_000_000,
        }  # fmt: skip
        return Terms(**(terms | changes))

    async def join(self, count: int, *, mode: str = "on_sale", batch: int = BATCH) -> list[UserId]:
        """The ids of those who joined, in their order."""
        newcomers = [UserId(new_id()) for _ in range(count)]
        for start in range(0, count, batch):
            visits = [
                Visit(user, Want.JOIN, drawn_score=_DRAW.score(user) if mode == "before" else 0)
                for user in newcomers[start : start + batch]
            ]
            await self.line.visit(self.event, self.terms(mode=mode), visits, 45_000)
            if start % 8192 == 0:  # as often as rounds run while thousands join a second
                self.now += 250
                await self.line.round(self.event, self.terms(mode=mode), [])
        return newcomers

    async def cpu_per_join(self) -> float:
        """Redis's microseconds for a join, with the line as long as it is; it stays that long."""
        before = cpu_seconds([self.pid])
        users = await self.join(JOINS)
        spent = cpu_seconds([self.pid]) - before
        for start in range(0, JOINS, 500):
            await self.line.leave(self.event, self.terms(), users[start : start + 500])
        return spent / JOINS * 1e6

    async def round_ms(self) -> float:
        """Milliseconds of a round's script, everyone at the head being there."""
        self.now += 250
        await self.everyone_near_is_present()
        return await self.script_ms(capacity=1_000_000)

    async def script_ms(self, **changes: Any) -> float:
        await self.redis.slowlog_reset()
        await self.line.round(self.event, self.terms(**changes), [])
        entries = await self.redis.slowlog_get(8)
        return float(max(entry["duration"] for entry in entries)) / 1000

    async def everyone_near_is_present(self) -> None:
        key = f"line:{{{self.event}}}:"
        near = await self.redis.zrange(key + "waiting", 0, LET_IN * 2)
        visits = [Visit(UserId(user.decode()), Want.BE_SEEN) for user in near]
        await self.line.visit(self.event, self.terms(), visits, 45_000)

    async def memory(self) -> int:
        return int((await self.redis.info("memory"))["used_memory"])


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    with redis_server() as server:
        async with open_redis(server[0], timeout=30) as client:
            await client.config_set("slowlog-log-slower-than", 0)
            await client.config_set("appendonly", "no")
            yield Bench(client, server[1])


@contextmanager
def redis_server() -> Iterator[tuple[str, int]]:
    with TemporaryDirectory() as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            pid = server.child.pid
            assert pid is not None
            yield server.url, pid
        finally:
            server.kill()


async def lines(people: int) -> list[Figure]:
    """A short line and a long one, in turns, so that a slow moment of the machine meets both."""
    async with bench() as short, bench() as long:
        await short.join(SHORT)
        await long.join(SHORT)
        before = await long.memory()
        await long.join(people - SHORT, batch=512)
        per_person = (await long.memory() - before) / (people - SHORT)
        join_short, join_long = await short.cpu_per_join(), await long.cpu_per_join()
        rounds_short, rounds_long = [], []
        for _ in range(ROUNDS):
            await short.join(LET_IN)
            rounds_short.append(await short.round_ms())
            rounds_long.append(await long.round_ms())
        places = await full_batch_ms(long)
        absent = await passing_over(long)
    size = f"{people:,}"
    short_ms, long_ms = statistics.median(rounds_short), statistics.median(rounds_long)
    return [
        Figure("Redis CPU of a join, 1,000 waiting", join_short),
        Figure(f"Redis CPU of a join, {size} waiting", join_long, bound=1.2 * join_short),
        Figure(f"memory of a waiting person, {size}", per_person, bound=150, unit="bytes"),
        Figure("round, 50 let in, 1,000 waiting (median)", short_ms * 1000),
        Figure(f"round, 50 let in, {size} waiting (median)", long_ms * 1000,
               bound=1.3 * short_ms * 1000),
        Figure(f"round, 50 let in, {size} waiting (19 of 20)",
               sorted(rounds_long)[len(rounds_long) * 19 // 20], bound=10, unit="ms"),
        Figure(f"round, 50 let in, {size} waiting (longest)", max(rounds_long), unit="ms"),
        Figure(f"script for a batch of own places, {size} waiting", places, bound=10, unit="ms"),
        Figure(f"round that passes over 250, {size} waiting", absent, bound=10, unit="ms"),
    ]  # fmt: skip


async def full_batch_ms(bench: Bench) -> float:
    """Milliseconds of the largest batch there is: exact places all over the line, the median."""
    count = await bench.redis.zcard(f"line:{{{bench.event}}}:waiting")
    times = []
    for _ in range(20):
        ranks = [random.randrange(count) for _ in range(512)]
        pipeline = bench.redis.pipeline(transaction=False)
        for rank in ranks:
            pipeline.zrange(f"line:{{{bench.event}}}:waiting", rank, rank)
        users = {UserId(user.decode()) for [user] in await pipeline.execute()}
        await bench.redis.slowlog_reset()
        visits = [Visit(user, Want.LOOK) for user in users]
        await bench.line.visit(bench.event, bench.terms(), visits, 45_000)
        times.append(max(entry["duration"] for entry in await bench.redis.slowlog_get(8)))
    return float(statistics.median(times)) / 1000


async def passing_over(bench: Bench) -> float:
    """Milliseconds of the most that one round can have to do: nobody at the head is there."""
    bench.now += 120_000
    return await bench.script_ms(capacity=1_000_000)


async def opening(people: int) -> list[Figure]:
    """A lobby that opens: everything between the first call of the sale and the first admitted."""
    async with bench() as lobby:
        lobby.opening_us = (lobby.now + 60_000) * 1000
        await lobby.join(people, mode="before", batch=512)
        for user in range(2):  # the head becomes known, and the people there make themselves seen
            lobby.now += 20_000 + user
            await lobby.line.round(lobby.event, lobby.terms(mode="before"), [])
            await lobby.everyone_near_is_present()
        lobby.now = lobby.opening_us // 1000
        await lobby.redis.slowlog_reset()
        started = time.perf_counter()
        admitted = 0
        while admitted == 0:
            lobby.now += 250
            round_ = await lobby.line.round(lobby.event, lobby.terms(capacity=1000), [])
            admitted = len(round_.admitted)
        seconds = time.perf_counter() - started
        longest = max(entry["duration"] for entry in await lobby.redis.slowlog_get(128)) / 1000
    size = f"{people:,}"
    return [
        Figure(f"opening a lobby of {size}", seconds * 1000, bound=1000, unit="ms"),
        Figure(f"opening a lobby of {size}, longest script", longest, bound=10, unit="ms"),
    ]


@contextmanager
def booking_of(sale: Sale) -> Iterator[Callable[[], web.Application]]:
    sales = Sales(sales=[sale], hold_seconds_p95=0.01, checkout_seconds_p95=0.05, error_share=0.0)
    body = msgspec.json.encode(sales)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    def application() -> web.Application:
        app = web.Application()
        app.router.add_get("/internal/sales", answer)
        return app

    yield application


@asynccontextmanager
async def queue_service() -> AsyncIterator[tuple[Server, int, EventId]]:
    """A queue on a Redis of its own, with one event on sale whose slots are all taken."""
    now = time.time()
    sale = Sale(
        event_id=EventId(new_id()), name="A show", version=1, sale_opens_at=now - 100,
        sale_closes_at=now + 3600, seats_total=50_000, seats_left=50_000, open_holds=0,
        queue=QueueSettings(policy="first_come", capacity=1, per_second=50),
    )  # fmt: skip
    with booking_of(sale) as application, redis_server() as (redis_url, redis_pid):
        runner = web.AppRunner(application(), access_log=None)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        environ = {
            "REDIS_URL": redis_url, "BOOKING_URLS": f"http://127.0.0.1:{port}",
            "AMQP_URL": "amqp://127.0.0.1:1/",
        }  # fmt: skip
        starting = server_process(["-m", "tiketi_queue"], environ)
        server = await asyncio.to_thread(starting.__enter__)
        try:
            await asyncio.sleep(1)
            yield server, redis_pid, sale.event_id
        finally:
            await asyncio.to_thread(starting.__exit__, None, None, None)
            await runner.cleanup()


async def service() -> list[Figure]:
    """Batches as the gateway sends them: 32 requests a call, two calls in flight."""
    keys = KeyRing(Settings().identity_keys)
    token = keys.sign(Identity(UserId("gateway"), "service", int(time.time()) + 60))
    headers = {IDENTITY_HEADER: token}
    with floor_server() as floor:
        bare = await drive(floor.port, [post("/")] * 8000, pids=lambda: [floor.pid])
    async with queue_service() as (server, redis_pid, event):
        users = [UserId(new_id()) for _ in range(40_000)]

        def batches(op: Any) -> Sequence[bytes]:
            return [
                post("/internal/line", _encoded(op, event, users[start : start + BATCH]), headers)
                for start in range(0, len(users), BATCH)
            ]

        pids = [server.pid, redis_pid]
        joins = await drive(server.port, batches("join"), pids=lambda: pids, connections=2)
        places = await drive(server.port, batches("place"), pids=lambda: pids, connections=2)
    assert set(joins.statuses) | set(places.statuses) == {200}
    return [
        Figure("join, queue and Redis, 32 a call", joins.cpu_us / BATCH, bare.cpu_us),
        Figure("own place, queue and Redis, 32 a call", places.cpu_us / BATCH, bare.cpu_us),
    ]


def _encoded(op: Any, event: EventId, users: Sequence[UserId]) -> bytes:
    requests = [LineRequest(op, event, user, "bench") for user in users]
    return msgspec.msgpack.encode(Batch(requests))


async def measure() -> list[Figure]:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    return [*await service(), *await lines(people), *await opening(people)]


if __name__ == "__main__":
    main(measure)
