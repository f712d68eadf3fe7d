"""`tiketi-endurance`: sale after sale on this machine, and whether anything grows.

Exits 0 when every sale kept its promises, the books agree and everything that should be is flat.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console

from tiketi_chaos.books import read_books
from tiketi_chaos.endurance.flatness import Trend, trend
from tiketi_chaos.endurance.picture import draw
from tiketi_chaos.endurance.readings import Reading, bound_of, take_reading
from tiketi_client.api import open_client
from tiketi_local.deployment import PORTS, Deployment, private_stores
from tiketi_local.keys import load_or_make
from tiketi_rehearsal.domain.crowd import Plan
from tiketi_rehearsal.domain.verdict import Promises, broken, judge
from tiketi_rehearsal.rehearsal import Bounds, Target, rehearse
from tiketi_rehearsal.terminal import Progress

SLOWEST_P95 = 1.0
"""Seconds: an hour's run shares the machine with whatever else goes on."""

_REST_SECONDS = 10.0
"""After a sale, until what it left running has ended: slow payments, refunds, live connections."""


class Report(msgspec.Struct, frozen=True):
    sales: int
    orders: int
    seconds: float
    trends: list[Trend]
    broken: list[str]
    readings: list[Reading]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="tiketi-endurance",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--users", type=int, default=150, help="people of one sale")
    parser.add_argument("--seats", type=int, default=150, help="seats of one sale")
    parser.add_argument("--out", type=Path, default=Path(".run/endurance"))
    arguments = parser.parse_args()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(
        prefix="tiketi-endurance-", ignore_cleanup_errors=True
    ) as folder:
        report = _endure(Path(folder), arguments, console)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "endurance.json").write_bytes(msgspec.json.encode(report))
    draw(report.readings, arguments.out / "endurance.png")
    table = _table(report)
    (arguments.out / "endurance.md").write_text(table + "\n", encoding="utf-8")
    print(table)  # the command's output
    for sentence in report.broken or ["every promise was kept"]:
        console.print(sentence, style="red" if report.broken else "green")
    sys.exit(1 if report.broken else 0)


def _endure(folder: Path, arguments: argparse.Namespace, console: Console) -> Report:
    keys = load_or_make(folder / "keys.json")
    logs = folder / "logs"
    stores = private_stores(folder, keys.store_password, logs=logs)
    counts = dict.fromkeys(PORTS, 2)
    failures: list[str] = []
    readings: list[Reading] = []
    orders = 0
    started = time.monotonic()
    with Deployment(
        stores, keys, logs=logs, counts=counts, environ={"LIMITS": "off"}
    ) as deployment:
        deployment.start()
        target = Target(
            url=deployment.gateway_urls[0],
            admin_email=keys.admin_email,
            admin_password=keys.admin_password,
        )
        ends = time.monotonic() + arguments.minutes * 60
        while time.monotonic() < ends or len(readings) < 3:
            number = len(readings) + 1
            plan = Plan(users=arguments.users, seats=arguments.seats, patience=120, seed=number)
            orders += _play(target, plan, number, failures)
            time.sleep(_REST_SECONDS)
            readings.append(asyncio.run(take_reading(deployment)))
            minutes = (time.monotonic() - started) / 60
            console.print(f"{minutes:5.1f} min: {number} sales, {orders} orders")
        books = asyncio.run(read_books(stores.postgres_dsn))
    failures += [
        f"{name}: {count}" for name, count in msgspec.structs.asdict(books).items() if count
    ]
    trends = _trends(readings)
    failures += [
        f"{each.name} is not flat: {each.middle:.1f}, then {each.last:.1f}"
        for each in trends
        if not each.flat
    ]
    return Report(len(readings), orders, time.monotonic() - started, trends, failures, readings)


def _play(target: Target, plan: Plan, number: int, failures: list[str]) -> int:
    """One sale to its end; how many orders came of it."""
    events: list[str] = []
    promises = Promises(p95_seconds=SLOWEST_P95)
    progress = Progress(plan.users, plan.seats)
    records, sold = rehearse(
        target, plan, Bounds(processes=1, max_seconds=300), progress, events.append
    )
    asyncio.run(_close(target, events[0]))
    verdict = judge(records, promises, sold.house)
    failures += [f"sale {number}: {sentence}" for sentence in broken(verdict, promises)]
    return verdict.orders


async def _close(target: Target, event_id: str) -> None:
    async with open_client(target.url) as organiser:
        await organiser.login(target.admin_email, target.admin_password)
        await organiser.change_event(event_id, {"sale_closes_at": datetime.now(UTC).isoformat()})


def _trends(readings: Sequence[Reading]) -> list[Trend]:
    return [
        trend(name, [reading.values[name] for reading in readings], bound_of(name))
        for name in readings[0].values
    ]


def _table(report: Report) -> str:
    rows = [
        f"| {each.name} | {each.first:,.1f} | {each.middle:,.1f} | {each.last:,.1f} | "
        f"{'kept on purpose' if each.bound is None else 'flat' if each.flat else 'GROWS'} |"
        for each in report.trends
    ]
    return "\n".join(
        [
            f"{report.sales} sales, {report.orders:,} orders, {report.seconds / 60:.0f} minutes",
            "",
            "| | first third | middle third | last third | |",
            "| --- | --: | --: | --: | --- |",
            *rows,
        ]
    )


if __name__ == "__main__":
    main()
