"""One experiment: a sale, a fault in the middle of it, and what came of both."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from tiketi_chaos.books import Books, read_books
from tiketi_chaos.faults import Fault
from tiketi_chaos.stage import Stage, set_up
from tiketi_chaos.witnesses import Witnesses
from tiketi_client.api import open_client
from tiketi_rehearsal.domain.crowd import Plan
from tiketi_rehearsal.domain.verdict import Promises, Verdict, judge, unfilled
from tiketi_rehearsal.rehearsal import Bounds, Target, rehearse
from tiketi_rehearsal.terminal import Progress

_ENTERED_BEFORE = 0.2
"""The fault comes once this share of the crowd has been let in."""

PATIENCE_SECONDS = 240.0
"""How long each person goes on: through the fault, and some holds that run out after it."""

_SETTLING_SECONDS = 60.0
"""So long late payments, refunds and messages may take to be put right."""


class Outcome(msgspec.Struct, frozen=True):
    """One row of the table."""

    fault: str
    recovered_after: float | None
    """Seconds until the canary bought again; None: never."""
    canary_failures: int
    requests: int
    requests_failed: int
    orders: int
    places_lost: int
    overtaken: int
    books: Books
    updates_missed: int
    updates_repeated: int
    updates_heard: int
    unsold: int
    """Seats, when everybody had gone."""
    longest_idle: float
    """Seconds that a returned seat was free while people wanted some."""
    broken: list[str]


def run_experiment(fault: Fault, folder: Path, *, users: int, seats: int) -> Outcome:
    """On a stage of its own, so that nothing of one fault is left for the next."""
    with set_up(folder, fault.on) as stage:
        target = Target(
            url=stage.url,
            admin_email=stage.keys.admin_email,
            admin_password=stage.keys.admin_password,
            per_second=20,
        )
        plan = Plan(users=users, seats=seats, patience=PATIENCE_SECONDS)
        progress = Progress(users, seats)
        witnesses: list[Witnesses] = []

        def opened(event_id: str) -> None:
            canary = asyncio.run(_canary_event(target))
            witnesses.append(Witnesses(stage.url, event_id, canary))
            witnesses[0].start()

        try:
            with ThreadPoolExecutor(max_workers=1) as pool:
                playing = pool.submit(
                    rehearse, target, plan, Bounds(processes=1, max_seconds=420), progress, opened
                )
                while progress.entered < users * _ENTERED_BEFORE and not playing.done():
                    time.sleep(0.1)
                injected = time.time()
                fault.cause(stage)
                records, sold = playing.result()
            time.sleep(3)
        finally:
            for each in witnesses:
                each.stop()
        books = _settled(stage)
        verdict = judge(records, Promises(), sold.house)
        return _outcome(fault, verdict, books, witnesses[0], injected)


def _outcome(
    fault: Fault, verdict: Verdict, books: Books, witnesses: Witnesses, injected: float
) -> Outcome:
    recovered = witnesses.canary.recovered_after(injected)
    missed = sum(heard.missed for heard in witnesses.deliveries)
    repeated = sum(heard.repeated for heard in witnesses.deliveries)
    counts = {
        "seats doubled": books.seats_doubled,
        "paid orders without seats": books.paid_orders_without_seats,
        "payments without order": books.payments_without_order + books.charges_unknown,
        "places lost": verdict.lost_places,
        "messages left unsent": books.messages_unsent,
        "updates missed": missed,
        "updates repeated": repeated,
    }
    broken = [f"{name}: {count}" for name, count in counts.items() if count]
    broken += unfilled(verdict, Promises())
    if recovered is None or recovered > fault.recovered_within:
        after = "never" if recovered is None else f"after {recovered:.1f} s"
        broken.append(f"recovered {after}, promised within {fault.recovered_within:g} s")
    return Outcome(
        fault=fault.name,
        recovered_after=recovered,
        canary_failures=sum(at >= injected for at in witnesses.canary.failed),
        requests=sum(latency.count for latency in verdict.latency.values()),
        requests_failed=sum(verdict.errors.values()),
        orders=verdict.orders,
        places_lost=verdict.lost_places,
        overtaken=verdict.fairness.overtaken,
        books=books,
        updates_missed=missed,
        updates_repeated=repeated,
        updates_heard=sum(heard.heard for heard in witnesses.deliveries),
        unsold=verdict.house.unsold if verdict.house is not None else 0,
        longest_idle=verdict.longest_idle,
        broken=broken,
    )


def _settled(stage: Stage) -> Books:
    """The books once they agree, or as they are after the time that settling may take."""
    deadline = time.monotonic() + _SETTLING_SECONDS
    dsn = stage.postgres.writer().dsn
    while True:
        books = asyncio.run(read_books(dsn))
        if not any(msgspec.structs.astuple(books)) or time.monotonic() > deadline:
            return books
        time.sleep(1)


async def _canary_event(target: Target) -> str:
    """An event of one row with no line to speak of, for the one who buys all the time."""
    now = datetime.now(UTC)
    async with open_client(target.url) as organiser:
        await organiser.login(target.admin_email, target.admin_password)
        event = await organiser.create_event(
            {
                "name": "Canary",
                "venue": "Cage",
                "starts_at": (now + timedelta(days=2)).isoformat(),
                "sale_opens_at": (now - timedelta(seconds=10)).isoformat(),
                "sale_closes_at": (now + timedelta(days=1)).isoformat(),
                "currency": "KRW",
                "max_per_user": 4,
                "ticket_types": [{"name": "Seat", "price": 1, "kind": "seated", "capacity": 10}],
                "layout": {
                    "sections": [
                        {"name": "A", "rows": 1, "seats_per_row": 10, "ticket_type": "Seat"}
                    ]
                },
                "queue": {"policy": "open"},
            }
        )
    await asyncio.sleep(2)  # the queue has heard of a new event within two seconds
    return event.id
