"""Writes docs/capacity.md from the table of costs, so that page and model always agree."""

from collections.abc import Callable, Iterable

from tests.capacity.check import BOUND, BOUND_OF_A_PART, Checked
from tests.capacity.model import (
    BUSY,
    PARTS,
    SERVICES,
    Costs,
    Needs,
    Part,
    Prices,
    Sale,
    needs,
)

SALES = (
    Sale(people=10_000, seats=5_000, arrive_seconds=60),
    Sale(people=100_000, seats=20_000),
    Sale(people=1_000_000, seats=50_000, arrive_seconds=1800),
    Sale(people=10_000_000, seats=100_000, arrive_seconds=3600, progress_seconds=10),
)

_OPERATIONS: dict[str, str] = {
    "join": "join the line",
    "poll": "get the line's shared document",
    "place": "get one's own place",
    "hold": "hold a seat",
    "checkout": "pay, and get the ticket",
    "message": "a live message to one client",
}

_ROWS: tuple[tuple[str, Callable[[Needs], str]], ...] = (
    ("joins a second", lambda n: f"{n.joins:,.0f}"),
    ("requests a second, with joins", lambda n: f"{n.requests:,.0f}"),
    ("waiting at once", lambda n: f"{n.waiting:,}"),
    ("live connections", lambda n: f"{n.connections:,}"),
    ("live messages a second", lambda n: f"{n.messages:,.0f}"),
    *((f"{part} instances", lambda n, part=part: f"{n.instances[part]:,}") for part in SERVICES),
    ("Redis, busy cores", lambda n: f"{n.cores['redis']:.2f}"),
    ("Redis, the lines (MiB)", lambda n: f"{n.redis_mib:,.0f}"),
    ("Redis shards", lambda n: f"{n.redis_shards}"),
    ("how full the shard of the one line is", lambda n: f"{n.one_line:.0%}"),
    ("Postgres, cores", lambda n: f"{n.database_cores}"),
    ("Postgres, added by the sale (MiB)", lambda n: f"{n.database_mib:,.0f}"),
    ("RabbitMQ, busy cores", lambda n: f"{n.cores['rabbitmq']:.2f}"),
    ("sent to the clients (Mbit/s)", lambda n: f"{n.megabits:,.0f}"),
    ("US dollars an hour", lambda n: f"{n.dollars_an_hour:,.2f}"),
    ("US dollars for the sale", lambda n: f"{n.dollars_of_sale:,.2f}"),
)


def page(costs: Costs, prices: Prices, checked: Checked) -> str:
    found = [needs(sale, costs, prices) for sale in SALES]
    parts = (
        "# Capacity",
        "<!-- Written by `make capacity`; change tests/capacity instead. -->",
        _INTRODUCTION,
        "## What each operation costs",
        _measured(costs),
        _costs_table(costs),
        _sizes(costs),
        "## What a sale needs",
        f"For the busiest second, with each core busy for {BUSY:.0%} at most.",
        _sales_table(),
        _needs_table(found),
        _WHAT_BREAKS,
        "## Compared with a rehearsal",
        _checked_text(checked),
    )
    return "\n\n".join(parts) + "\n"


_INTRODUCTION = """\
This page says what a sale of your size needs. A model computes it from the measured cost of each
operation.

- The model: [tests/capacity/model.py](../tests/capacity/model.py).
- The measured costs: [costs.json](../tests/capacity/costs.json).
- The prices: [deploy/aws](../deploy/aws/tiketi_aws/prices.toml).

`make capacity ARGS=measure` measures on your machine, `make capacity ARGS=check` compares the model
with a rehearsal, and `make capacity` writes this page."""

_WHAT_BREAKS = """\
### What reaches its limit first

- **Up to 100,000 people: nothing.** The smallest deployment, two instances of each service, is
  little more than what availability needs.
- **One million: the live messages.** When progress is sent once a second, these
  messages keep more notifiers and gateways busy than everything else together.
- **Ten million: the live messages again,** so progress is sent every ten seconds
  (`PROGRESS_SECONDS`).
- **One line, one shard.** An event's line lives on one shard of Redis, and the shard's one core
  limits a single line. The row "how full the shard of the one line is" shows it; 100 % is where the
  headroom ends. Several events at once are spread over the shards.
- **Postgres and RabbitMQ** depend on the pace at which people are let in, not on the length of the
  line. Double the pace, and their load doubles.

### What the model leaves out

- Signing up during the rush: let people make their accounts before.
- The pages and the app: a CDN serves them.
- Attacks.
- The burst credits of t3 instances: where the peak lasts longer than an hour, take instances that
  have none."""


def _measured(costs: Costs) -> str:
    return (
        f"Measured on {costs.date}, on {costs.machine}, in microseconds of CPU, the stores "
        "included. *Under load*: 64 connections, so requests that arrive together share a batch. "
        f"*Alone*: {costs.alone_a_second:g} requests a second, so every process wakes up, and "
        "every row is committed, for one request."
    )


def _sizes(costs: Costs) -> str:
    gateway, notifier = (costs.connection_bytes[part] / 1024 for part in ("gateway", "notifier"))
    return (
        f"A waiting person takes {costs.redis_bytes:.0f} bytes of Redis. A live connection takes "
        f"{gateway:.1f} KiB at the gateway and {notifier:.1f} KiB at the notifier. An order takes "
        f"{costs.order_bytes / 1024:.1f} KiB of Postgres. Signing up costs "
        f"{_sum(costs.alone_us['signup']) / 1000:.0f} ms; nearly all of it is argon2id, which is "
        "slow on purpose."
    )


def _costs_table(costs: Costs) -> str:
    header = ["operation", *PARTS, "total", "alone"]
    rows = [
        [
            _OPERATIONS[operation],
            *(f"{each.get(part, 0):,.0f}" for part in PARTS),
            f"{_sum(each):,.0f}",
            f"{_sum(costs.alone_us[operation]):,.0f}" if operation in costs.alone_us else "",
        ]
        for operation, each in costs.us.items()
    ]
    return _table(header, rows)


def _sales_table() -> str:
    header = ["", *(f"{sale.people:,} people" for sale in SALES)]
    shown: tuple[tuple[str, Callable[[Sale], str]], ...] = (
        ("seats", lambda s: f"{s.seats:,}"),
        ("all arrive within", lambda s: f"{s.arrive_seconds / 60:g} min"),
        ("let in a second", lambda s: f"{s.pace:g}"),
        ("sold out after", lambda s: f"{s.seconds / 60:.0f} min"),
        ("have a live connection", lambda s: f"{s.live:.0%}"),
        ("progress is sent every", lambda s: f"{s.progress_seconds:g} s"),
    )
    return _table(header, [[name, *(show(sale) for sale in SALES)] for name, show in shown])


def _needs_table(found: list[Needs]) -> str:
    header = ["", *(f"{sale.people:,} people" for sale in SALES)]
    return _table(header, [[name, *(show(each) for each in found)] for name, show in _ROWS])


def _checked_text(checked: Checked) -> str:
    rows = [
        [
            part,
            f"{checked.predicted[part]:.1f}",
            f"{checked.measured[part]:.1f}",
            f"{checked.ratio(part):.2f}",
        ]
        for part in PARTS
    ]
    return (
        f"{checked.users:,} people for {checked.seats:,} seats, played on {checked.date} against "
        "one instance of each service. The table shows CPU seconds from the first arrival to the "
        f"end ({checked.seconds:.0f} s). The check fails when the sum is wrong by more than a "
        f"factor of {BOUND:g}, or when a part that takes more than a second is wrong by more than "
        f"a factor of {BOUND_OF_A_PART:g}.\n\n"
        + _table(["", "predicted", "measured", "measured / predicted"], rows)
    )


def _table(header: list[str], rows: Iterable[list[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "| --- |" + " --: |" * (len(header) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _sum(each: dict[Part, float]) -> float:
    return sum(each.values())
