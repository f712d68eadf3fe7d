"""`tiketi-rehearsal`: play an on-sale against a deployment, and judge it."""

import argparse
import ipaddress
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from rich.console import Console

from tiketi_rehearsal.domain.crowd import Plan
from tiketi_rehearsal.domain.other_paces import Visit, compare_paces
from tiketi_rehearsal.domain.records import Bought, Ended, Entered, Record
from tiketi_rehearsal.domain.verdict import Promises, broken, judge
from tiketi_rehearsal.record import add_row
from tiketi_rehearsal.rehearsal import Bounds, Sold, Target, rehearse
from tiketi_rehearsal.report import Report, to_html, to_json
from tiketi_rehearsal.terminal import Progress, live


def main() -> None:
    """Exits 0 when every promise was kept, 1 when one was broken, 2 when it could not be played."""
    arguments = _parser().parse_args()
    try:
        _check_named(arguments.url, arguments.allow)
        target = _target(arguments)
    except ValueError as error:
        sys.exit(f"tiketi-rehearsal: {error}")
    plan = Plan(
        users=arguments.users,
        seats=arguments.seats,
        arrivals=arguments.arrivals,
        arrive_within=arguments.within,
        patience=arguments.patience,
        seed=arguments.seed,
    )
    bounds = Bounds(
        processes=arguments.processes,
        max_seconds=arguments.max_seconds,
        max_requests=arguments.max_requests,
    )
    promises = Promises(pace=arguments.per_second, p95_seconds=arguments.p95)
    console = Console(stderr=True)
    progress = Progress(plan.users, plan.seats)
    started = time.time()
    console.print(
        f"{plan.users:,} people for {plan.seats:,} seats at {target.url}; signing up first"
    )
    with live(console, progress):
        records, sold = rehearse(target, plan, bounds, progress)
    report = _report(target, plan, promises, records, sold, started)
    _write(arguments.out, report, records, console)
    if arguments.record:
        add_row(arguments.record, report, arguments.label)
    sys.exit(1 if report.broken else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tiketi-rehearsal",
        description="Play an on-sale through the public API and judge how it went. The deployment "
        "must run with LIMITS=off: the whole crowd comes from one address.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("url", help="the deployment's public URL")
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--seats", type=int, default=500, help="rounded up to rows of 50")
    parser.add_argument("--arrivals", choices=("flash", "ramp", "lobby"), default="flash")
    parser.add_argument("--within", type=float, default=10.0, help="seconds in which all arrive")
    parser.add_argument("--patience", type=float, default=600.0, help="seconds each goes on")
    parser.add_argument("--capacity", type=int, default=1000, help="active buyers at once")
    parser.add_argument("--per-second", type=float, default=50.0, help="people let in a second")
    parser.add_argument("--p95", type=float, default=0.2, help="seconds promised for a step")
    parser.add_argument("--seed", type=int, default=1, help="the same seed plays the same crowd")
    parser.add_argument("--processes", type=int, default=max(2, os.cpu_count() or 2))
    parser.add_argument("--max-seconds", type=float, default=1800.0)
    parser.add_argument("--max-requests", type=int, default=5_000_000)
    parser.add_argument("--out", type=Path, default=Path("rehearsal"), help="the report's folder")
    parser.add_argument("--record", type=Path, help="append the figures to this page")
    parser.add_argument("--label", default="", help="what the row on that page says was rehearsed")
    parser.add_argument("--admin-email", default=os.environ.get("ADMIN_EMAIL"))
    parser.add_argument("--admin-password", default=os.environ.get("ADMIN_PASSWORD"))
    parser.add_argument(
        "--allow", action="append", default=[], metavar="HOST",
        help="a host, other than this machine, that you are allowed to put under load",
    )  # fmt: skip
    return parser


def _check_named(url: str, allowed: Sequence[str]) -> None:
    """Raises ValueError for a host that is neither this machine nor named with --allow."""
    host = urlsplit(url).hostname
    if host is None or urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError(f"{url!r} is not an http(s) URL")
    if host in allowed or host == "localhost":
        return
    try:
        this_machine = ipaddress.ip_address(host).is_loopback
    except ValueError:
        this_machine = False
    if not this_machine:
        raise ValueError(f"{host} is not this machine; name it with --allow {host} if it is yours")


def _target(arguments: argparse.Namespace) -> Target:
    if not arguments.admin_email or not arguments.admin_password:
        raise ValueError("an organiser is needed: --admin-email and --admin-password")
    return Target(
        url=arguments.url,
        admin_email=arguments.admin_email,
        admin_password=arguments.admin_password,
        capacity=arguments.capacity,
        per_second=arguments.per_second,
    )


def _report(  # noqa: PLR0917  what a report is made from
    target: Target,
    plan: Plan,
    promises: Promises,
    records: list[Record],
    sold: Sold,
    started: float,
) -> Report:
    verdict = judge(records, promises, sold.house)
    failures = broken(verdict, promises)
    paces = compare_paces(
        _visits(records), pace=target.per_second, capacity=target.capacity, seats=plan.seats
    )
    return Report(target.url, started, verdict, failures, paces, msgspec.to_builtins(plan))


def _visits(records: list[Record]) -> list[Visit]:
    """Each admitted person's time inside and seats, in order of entry."""
    inside: dict[int, float] = {}
    seats: dict[int, int] = {}
    visits = []
    for record in records:
        if isinstance(record, Entered):
            inside.setdefault(record.person, record.at)
        elif isinstance(record, Bought):
            seats[record.person] = len(record.seats)
        elif isinstance(record, Ended) and record.person in inside:
            seconds = record.at - inside[record.person]
            visits.append(Visit(seconds, seats.get(record.person, 0)))
    return visits


def _write(folder: Path, report: Report, records: list[Record], console: Console) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_bytes(to_json(report))
    (folder / "report.html").write_text(to_html(report, records), encoding="utf-8")
    verdict = report.verdict
    console.print()
    console.print(
        f"{verdict.orders:,} orders, {verdict.seats_sold:,} seats, {verdict.double_sales} sold "
        f"twice, {verdict.lost_places} places lost, {verdict.fairness.overtaken} overtaken"
    )
    if verdict.house is not None:
        console.print(
            f"{verdict.house.unsold} of {verdict.house.total:,} seats unsold, "
            f"{verdict.sent_away_wrongly} told sold out too early, {verdict.too_late} too late, "
            f"a returned seat unsold for {verdict.longest_idle:.0f} s at the longest"
        )
    load = verdict.load
    console.print(
        f"of the load itself: {load.waited:,} requests waited for a connection (P95 "
        f"{load.waited_p95 * 1000:.0f} ms), {load.refused:,} refused by limits, "
        f"{load.cpu:.0%} of a processor"
    )
    for sentence in report.broken:
        console.print(f"broken: {sentence}", style="red")
    if not report.broken:
        console.print("every promise was kept", style="green")
    console.print(f"report: {folder / 'report.html'}")


if __name__ == "__main__":
    main()
