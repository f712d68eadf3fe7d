"""The rehearsal as a whole: an event, a crowd over several processes, the records they send."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

import msgspec

from tiketi_client.api import TiketiClient, open_client
from tiketi_rehearsal.domain.crowd import Plan, crowd
from tiketi_rehearsal.domain.records import Record
from tiketi_rehearsal.domain.verdict import House
from tiketi_rehearsal.process import READY, Part, play
from tiketi_rehearsal.terminal import Progress

_records = msgspec.msgpack.Decoder(list[Record])

KEPT_SECONDS = 3.0

LOBBY_LEAD_SECONDS = 5.0
"""The opening follows this long after the last arrival in the lobby."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The deployment, the organiser who makes the event, and how the event is let in."""

    url: str
    admin_email: str
    admin_password: str
    capacity: int = 1000
    per_second: float = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    processes: int = 4
    max_seconds: float = 1800.0
    max_requests: int = 5_000_000


@dataclass(frozen=True, slots=True)
class Sold:
    """What the service itself says at the end: `house`, to hold against what people say they
    bought, and the organiser's report."""

    house: House
    report: dict[str, object]


def rehearse(
    target: Target,
    plan: Plan,
    bounds: Bounds,
    progress: Progress,
    opening: Callable[[str], None] = lambda _: None,
) -> tuple[list[Record], Sold]:
    """Everything that happened, in order of time, and the service's own books.

    `opening` is told the event's id when all are signed up, before the first arrives.
    """
    parts = _parts(target, plan, bounds)
    context = multiprocessing.get_context("spawn")
    pipes: list[Connection] = []
    processes: list[SpawnProcess] = []
    try:
        for part in parts:
            ours, theirs = context.Pipe()
            process = context.Process(target=play, args=(part, theirs), daemon=True)
            process.start()
            theirs.close()
            pipes.append(ours)
            processes.append(process)
        records = _ready(pipes, progress)
        opening(parts[0].event_id)
        start = time.time() + 1.0
        asyncio.run(_open_sale(target, parts[0].event_id, plan, start))
        for pipe in pipes:
            pipe.send_bytes(str(start).encode())
        records += _gather(pipes, progress, until=time.monotonic() + bounds.max_seconds)
        _check_ended(processes)
    finally:
        for process in processes:
            process.terminate()
    records.sort(key=lambda record: record.at)
    return records, asyncio.run(_sold(target, parts[0].event_id))


def _parts(target: Target, plan: Plan, bounds: Bounds) -> list[Part]:
    event_id = asyncio.run(_make_event(target, plan))
    people = list(crowd(plan))
    count = max(1, min(bounds.processes, len(people)))
    return [
        Part(
            target.url, event_id, people[index::count], plan.patience,
            bounds.max_requests // count, looks_on=index == 0,
        )
        for index in range(count)
    ]  # fmt: skip


def _ready(pipes: Sequence[Connection], progress: Progress) -> list[Record]:
    """Wait until every process has signed its people up; what it noted of that."""
    records: list[Record] = []
    for pipe in pipes:
        while (received := pipe.recv_bytes()) != READY:
            records += _take(received, progress)
    return records


def _gather(pipes: Sequence[Connection], progress: Progress, until: float) -> list[Record]:
    records: list[Record] = []
    open_pipes = list(pipes)
    while open_pipes and time.monotonic() < until:
        for pipe in wait(open_pipes, timeout=0.5):
            assert isinstance(pipe, Connection)
            try:
                records += _take(pipe.recv_bytes(), progress)
            except EOFError:
                open_pipes.remove(pipe)
    return records


def _check_ended(processes: Sequence[SpawnProcess]) -> None:
    """Raises RuntimeError when a part of the crowd broke off: there is no verdict then."""
    for process in processes:
        process.join(timeout=5)
        if process.exitcode:
            raise RuntimeError(f"{process.name} broke off with code {process.exitcode}")


def _take(received: bytes, progress: Progress) -> list[Record]:
    records = _records.decode(received)
    progress.take(records)
    return records


# -- the organiser ---------------------------------------------------------------------------------


async def _make_event(target: Target, plan: Plan) -> str:
    """An event that opens in an hour, until `_open_sale` says when."""
    rows = -(-plan.seats // 50)
    now = datetime.now(UTC)
    seated = {"name": "Seat", "price": 50_000, "kind": "seated", "capacity": rows * 50}
    section = {"name": "A", "rows": rows, "seats_per_row": 50, "ticket_type": "Seat"}
    async with open_client(target.url) as visitor:
        organiser = await _signed_in(visitor, target)
        event = await organiser.create_event(
            {
                "name": f"Rehearsal {now:%Y-%m-%d %H:%M:%S}",
                "venue": "Nowhere",
                "starts_at": _stamp(now + timedelta(days=30)),
                "sale_opens_at": _stamp(now + timedelta(hours=1)),
                "sale_closes_at": _stamp(now + timedelta(days=1)),
                "currency": "KRW",
                "max_per_user": 4,
                "ticket_types": [seated],
                "layout": {"sections": [section]},
                "queue": {
                    "policy": "lobby" if plan.arrivals == "lobby" else "first_come",
                    "capacity": target.capacity,
                    "per_second": target.per_second,
                },
            }
        )
    return event.id


async def _open_sale(target: Target, event_id: str, plan: Plan, start: float) -> None:
    """Open at the start of the arrivals, or, from a lobby, once all have come."""
    lobby = plan.arrivals == "lobby"
    opens = start + plan.arrive_within + LOBBY_LEAD_SECONDS if lobby else start - 0.5
    async with open_client(target.url) as visitor:
        organiser = await _signed_in(visitor, target)
        when = _stamp(datetime.fromtimestamp(opens, UTC))
        await organiser.change_event(event_id, {"sale_opens_at": when})


async def _sold(target: Target, event_id: str) -> Sold:
    async with open_client(target.url) as visitor:
        organiser = await _signed_in(visitor, target)
        # What is kept for everyone may be older than the last purchase, and is renewed when asked.
        await organiser.availability(event_id)
        await asyncio.sleep(KEPT_SECONDS)
        states = (await organiser.availability(event_id)).states
        report: dict[str, object] = {}
        with suppress(TimeoutError):
            report = msgspec.to_builtins(await organiser.report(event_id))
    return Sold(House(total=len(states) - states.count("x"), sold=states.count("s")), report)


async def _signed_in(visitor: TiketiClient, target: Target) -> TiketiClient:
    await visitor.login(target.admin_email, target.admin_password)
    return visitor


def _stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
