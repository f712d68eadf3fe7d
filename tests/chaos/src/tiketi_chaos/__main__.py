"""`tiketi-chaos`: every fault in turn, and a table of what was lost (nothing, it is promised)."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import msgspec
from rich.console import Console

from tiketi_chaos.experiment import Outcome, run_experiment
from tiketi_chaos.faults import Fault, all_faults

_COLUMNS = (
    "fault", "recovered after", "failed requests", "orders", "places lost", "overtaken",
    "seats doubled", "paid without seats", "money without order", "updates missed", "repeated",
    "unsold", "seat idle for",
)  # fmt: skip
_HEADER = "| " + " | ".join(_COLUMNS) + " |\n| --- |" + " --: |" * (len(_COLUMNS) - 1)


def main() -> None:
    """Exits 0 when every promise was kept under every fault, else 1."""
    parser = argparse.ArgumentParser(prog="tiketi-chaos", description=__doc__)
    parser.add_argument("--users", type=int, default=300)
    parser.add_argument("--seats", type=int, default=300)
    parser.add_argument("--only", metavar="WORDS", help="only faults whose names hold these words")
    parser.add_argument("--rabbitmq-seconds", type=float, default=60)
    parser.add_argument("--out", type=Path, default=Path(".run/chaos"), help="the report's folder")
    parser.add_argument("--list", action="store_true", help="name the faults and end")
    arguments = parser.parse_args()
    faults = [
        fault
        for fault in all_faults(rabbitmq_seconds=arguments.rabbitmq_seconds)
        if arguments.only is None or arguments.only in fault.name
    ]
    console = Console(stderr=True)
    if arguments.list:
        console.print("\n".join(fault.name for fault in faults))
        return
    left_out = [fault.name for fault in faults if fault.on.takes_root and os.geteuid() != 0]
    for name in left_out:
        console.print(f"[yellow]left out, since it takes root: {name}[/yellow]")
    outcomes: list[Outcome] = []
    for fault in faults:
        if fault.name not in left_out:
            outcomes.append(_play(fault, arguments, console))
            _write(arguments.out, outcomes)
    print(_table(outcomes))  # the command's output
    sys.exit(1 if any(outcome.broken for outcome in outcomes) else 0)


def _play(fault: Fault, arguments: argparse.Namespace, console: Console) -> Outcome:
    console.print(f"[bold]{fault.name}[/bold]")
    with tempfile.TemporaryDirectory(prefix="tiketi-chaos-", ignore_cleanup_errors=True) as folder:
        outcome = run_experiment(fault, Path(folder), users=arguments.users, seats=arguments.seats)
    for sentence in outcome.broken or ["every promise was kept"]:
        console.print(f"  {sentence}", style="red" if outcome.broken else "green")
    return outcome


def _write(folder: Path, outcomes: list[Outcome]) -> None:
    """After each fault, so that an interruption leaves what is known by then."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "chaos.json").write_bytes(msgspec.json.encode(outcomes))
    (folder / "chaos.md").write_text(_table(outcomes) + "\n", encoding="utf-8")


def _table(outcomes: list[Outcome]) -> str:
    return "\n".join([_HEADER, *(_row(outcome) for outcome in outcomes)])


def _row(outcome: Outcome) -> str:
    recovered = outcome.recovered_after
    books = outcome.books
    cells = (
        outcome.fault,
        "never" if recovered is None else f"{recovered:.1f} s",
        f"{outcome.requests_failed} of {outcome.requests}",
        outcome.orders,
        outcome.places_lost,
        outcome.overtaken,
        books.seats_doubled,
        books.paid_orders_without_seats,
        books.payments_without_order + books.charges_unknown,
        f"{outcome.updates_missed} of {outcome.updates_heard}",
        outcome.updates_repeated,
        outcome.unsold,
        f"{outcome.longest_idle:.0f} s",
    )
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


if __name__ == "__main__":
    main()
