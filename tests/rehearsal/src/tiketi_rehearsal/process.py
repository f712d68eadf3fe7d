"""One process of the crowd: signs its people up, plays them, and sends what it noted to the parent.

Accounts are made before the arrivals, a few at a time, since hashing passwords is work that an
on-sale does not have. What is noted goes up the pipe in batches, as MessagePack.
"""

import asyncio
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import SimpleNamespace

import aiohttp
import msgspec
import uvloop

from tiketi_client.api import TiketiClient
from tiketi_client.errors import TiketiError
from tiketi_rehearsal.domain.crowd import Person
from tiketi_rehearsal.domain.records import Call, Load, Record, Seen
from tiketi_rehearsal.person import Stage, Visitor

_SEND_SECONDS = 0.5
_SIGNUPS_AT_ONCE = 4
CONNECTIONS = 512
"""Of one process; more requests at once wait in it, and are told apart."""

_SEEN_SECONDS = 1.0
_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5)


@dataclass(frozen=True, slots=True)
class Part:
    """What one process plays. The pipe first carries `ready`, then records, then is closed. One
    process of all `looks_on` at the seats."""

    url: str
    event_id: str
    people: Sequence[Person]
    patience: float
    max_requests: int
    looks_on: bool = False


READY = b"ready"


def play(part: Part, pipe: Connection) -> None:
    """The body of the process; it starts the arrivals when it hears the time of their start."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, suppress(KeyboardInterrupt):
        runner.run(_play(part, pipe))
    pipe.close()


async def _play(part: Part, pipe: Connection) -> None:
    notes: list[Record] = []
    waits: list[float] = []
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=_TIMEOUT,
        trace_configs=[_noting_waits(waits)],
    ) as session:
        clients = await _sign_up(part, session, notes)
        _send(pipe, notes)
        pipe.send_bytes(READY)
        start = float(await asyncio.to_thread(pipe.recv_bytes))
        waits.clear()
        began, busy = time.monotonic(), time.process_time()
        beside = [asyncio.create_task(_keep_sending(pipe, notes))]
        if part.looks_on:
            beside.append(asyncio.create_task(_look_on(clients[0], part.event_id, notes)))
        stage = Stage(part.event_id, await clients[0].seatmap(part.event_id), part.patience)
        budget = _Budget(part.max_requests, notes)
        await asyncio.gather(
            *(
                _arrive(person, client, stage, start, budget)
                for person, client in zip(part.people, clients, strict=False)
            )
        )
        for task in beside:
            task.cancel()
        seconds = time.monotonic() - began
        notes.append(Load(time.time(), waits, time.process_time() - busy, seconds))
    _send(pipe, notes)


class _Budget:
    """Notes what happens, and ends the rehearsal's requests when there have been enough."""

    def __init__(self, requests: int, notes: list[Record]) -> None:
        self._left = requests
        self._notes = notes

    def note(self, record: Record) -> None:
        self._notes.append(record)
        self._left -= isinstance(record, Call)

    @property
    def spent(self) -> bool:
        return self._left <= 0


async def _arrive(
    person: Person, client: TiketiClient, stage: Stage, start: float, budget: _Budget
) -> None:
    await asyncio.sleep(max(0.0, start + person.arrives_at - time.time()))
    if not budget.spent:
        await Visitor(person, client, stage, budget.note).play()


async def _sign_up(
    part: Part, session: aiohttp.ClientSession, notes: list[Record]
) -> list[TiketiClient]:
    """A signed-in client for each person; who could not sign up is noted and does not come."""
    gate = asyncio.Semaphore(_SIGNUPS_AT_ONCE)
    password = secrets.token_urlsafe(12)

    async def one(person: Person) -> TiketiClient | None:
        client = TiketiClient(part.url, session)
        async with gate:
            started, at = time.perf_counter(), time.time()
            try:
                email = f"{secrets.token_hex(10)}@rehearsal.example"
                await client.signup(email, password, f"Visitor {person.number}")
            except TiketiError as error:
                status = getattr(error, "status", 0)
                notes.append(
                    Call(at, person.number, "signup", status, time.perf_counter() - started)
                )
                return None
        return client

    clients = await asyncio.gather(*(one(person) for person in part.people))
    return [client for client in clients if client is not None]


async def _look_on(client: TiketiClient, event_id: str, notes: list[Record]) -> None:
    """Notes the seats once a second: which come back, and how long nobody has them."""
    while True:
        with suppress(TiketiError):
            states = (await client.availability(event_id)).states
            notes.append(Seen(time.time(), states))
        await asyncio.sleep(_SEEN_SECONDS)


def _noting_waits(waits: list[float]) -> aiohttp.TraceConfig:
    """Notes how long requests wait in this process until one of its connections is free."""

    async def begin(_: object, context: SimpleNamespace, __: object) -> None:
        context.queued_at = time.perf_counter()

    async def end(_: object, context: SimpleNamespace, __: object) -> None:
        waits.append(time.perf_counter() - context.queued_at)

    config = aiohttp.TraceConfig()
    config.on_connection_queued_start.append(begin)
    config.on_connection_queued_end.append(end)
    return config


async def _keep_sending(pipe: Connection, notes: list[Record]) -> None:
    while True:
        await asyncio.sleep(_SEND_SECONDS)
        _send(pipe, notes)


def _send(pipe: Connection, notes: list[Record]) -> None:
    if notes:
        pipe.send_bytes(msgspec.msgpack.encode(notes))
        notes.clear()
