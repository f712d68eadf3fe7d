"""An instance killed (-9) between any two statements of a checkout, and the sweep afterwards.

The instance is a process of its own that reaches Postgres through a wire that is cut at the very
statement: what Postgres has done by then stays, the answer is never seen, and the process is dead.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from services.booking.tests.harness import Client, Json, Person

from tiketi_booking.settings import Settings
from tiketi_local.processes import free_port

MOST_STATEMENTS = 20  # two seats each, of 40


class Wire:
    """Between one process and Postgres. Once `armed`, it counts what the process says, and when
    that has been said `killed_after` times, and done, it calls `kill` instead of answering."""

    def __init__(self, dsn: str) -> None:
        self._to = urlsplit(dsn)
        self.killed_after: int | None = None
        self.said = 0
        self.kill: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """The DSN that leads through it."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        credentials = self._to.netloc.rpartition("@")[0]
        async with server:
            yield urlunsplit(self._to._replace(netloc=f"{credentials}@127.0.0.1:{port}"))

    async def _connected(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        assert self._to.hostname
        far, forth = await asyncio.open_connection(self._to.hostname, self._to.port)
        with suppress(OSError):
            await asyncio.gather(
                _pump(near, forth, self._may_be_said), _pump(far, back, self._may_be_heard)
            )
        for writer in (forth, back):
            writer.close()

    def _may_be_said(self) -> bool:
        if self.killed_after is None:
            return True
        if self.killed_after == 0:
            self.kill()
        self.said += 1
        return self.said <= self.killed_after

    def _may_be_heard(self) -> bool:
        if self.killed_after is None or self.said < self.killed_after:
            return True
        self.kill()
        return False


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, may_pass: Callable[[], bool]
) -> None:
    while chunk := await reader.read(65536):
        if not may_pass():
            return
        writer.write(chunk)


@asynccontextmanager
async def instance(settings: Settings, dsn: str) -> AsyncIterator[tuple[Any, str]]:
    """A process of its own and its URL, once it is ready."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tiketi_booking",
        env={
            **os.environ, "PORT": str(port), "POSTGRES_DSN": dsn, "REDIS_URL": settings.redis_url,
            "AMQP_URL": settings.amqp_url, "ADMIN_PASSWORD": settings.admin_password,
            "LOG_LEVEL": "error",
        },
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{url}/healthz") as answer:
                        if answer.status == 200:
                            break
                await asyncio.sleep(0.1)
        yield process, url
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_killed_between_any_two_statements_of_a_checkout(
    client: Client, settings: Settings, audit: Callable[..., Awaitable[Any]]
) -> None:
    event = await client.event()
    buyers: list[tuple[Any, str]] = []
    for statements in range(MOST_STATEMENTS):
        warm, buyer = await client.known(2)
        wire = Wire(settings.postgres_dsn)
        async with wire.open() as dsn, instance(settings, dsn) as (process, url):
            seat = 2 * statements
            assert await _paid(url, warm, await _held(warm, event, seat)) == 201
            hold = await _held(buyer, event, seat + 1)
            wire.kill, wire.killed_after = process.kill, statements
            status = await _paid(url, buyer, hold)
            buyers.append((buyer, hold))
        if status == 201:
            break
        assert status == 0
    killed = len(buyers) - 1
    print(f"killed after {killed} statements of a checkout, from none to all")
    assert killed >= 6
    database = client.database
    await database.execute("UPDATE idempotency SET created_at = now() - interval '2 minutes'")
    await database.execute("UPDATE payments SET check_at = now()")
    for buyer, hold in buyers:
        assert await _paid_in_the_end(buyer, hold)
    sold = await database.fetch(
        """
        SELECT h.user_id, count(DISTINCT o.id) AS orders, count(DISTINCT t.id) AS tickets,
            count(DISTINCT c.payment_id) FILTER (WHERE c.status = 'charged') AS charges
        FROM holds h JOIN payments p ON p.hold_id = h.id
        LEFT JOIN orders o ON o.payment_id = p.id
        LEFT JOIN tickets t ON t.order_id = o.id
        LEFT JOIN sandbox_charges c ON c.payment_id = p.id
        WHERE h.user_id = ANY ($1) GROUP BY h.user_id
        """,
        [buyer.id for buyer, _ in buyers],
    )
    print(f"{len(sold)} buyers: orders, tickets and charges of each {[tuple(r)[1:] for r in sold]}")
    assert [tuple(row)[1:] for row in sold] == [(1, 1, 1)] * len(buyers)
    swept = await audit(database)
    print(f"the sweep found {swept or 'nothing'}")
    assert swept == {}


async def _held(buyer: Person, event: Json, seat: int) -> str:
    answer = await buyer.hold(event["id"], {"seat_ids": [f"s{seat}"]})
    assert answer.status == 201, answer.body
    return str(answer.body["hold"]["id"])


async def _paid(url: str, buyer: Person, hold: str) -> int:
    """The status of the answer of the instance at `url`, 0 where none came."""
    there = replace(buyer, client=replace(buyer.client, url=url))
    try:
        async with asyncio.timeout(20):
            return int((await there.pay(hold, Idempotency_Key=hold)).status)
    except aiohttp.ClientError:
        return 0


async def _paid_in_the_end(buyer: Person, hold: str) -> bool:
    """What repeating the same request comes to: an order, or one that is waited for. Where that
    was declined, since the money was never taken, the buyer pays anew."""
    answer = await buyer.pay(hold, Idempotency_Key=hold)
    if answer.status == 202:
        path = f"/api/orders/{answer.body['order']['id']}"
        for _ in range(100):
            order = (await buyer.call("GET", path)).body["order"]
            if order["status"] != "pending":
                break
            await asyncio.sleep(0.2)
        if order["status"] == "declined":
            answer = await buyer.pay(hold)
    return bool(answer.status == 201 or order["status"] == "paid")
