"""`make capacity`: what a sale needs. Measure the costs, check the model, write the page."""

import argparse
import asyncio
import sys
import tomllib
from pathlib import Path

import msgspec
import uvloop
from tests.capacity.check import Checked, check
from tests.capacity.measure import measure
from tests.capacity.model import Costs, Prices
from tests.capacity.page import page

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
COSTS, CHECKED = FOLDER / "costs.json", FOLDER / "checked.json"
PAGE = ROOT / "docs/capacity.md"
PRICES = ROOT / "deploy/aws/tiketi_aws/prices.toml"
BROKERS, NAT_GATEWAYS = 3, 2


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="make capacity", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "what", nargs="?", default="page", choices=("page", "measure", "check"),
        help="page: write docs/capacity.md from what was measured (the default)\n"
        "measure: measure the costs on this machine, and write both\n"
        "check: hold the model against a rehearsal; exits 1 when it is off",
    )  # fmt: skip
    what = parser.parse_args().what
    broken: list[str] = []
    if what == "measure":
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            _write(COSTS, runner.run(measure()))
    elif what == "check":
        checked = check(costs())
        _write(CHECKED, checked)
        broken = checked.broken
    PAGE.write_text(written(), encoding="utf-8")
    sys.exit("; ".join(broken) or 0)


def written() -> str:
    """The page, from what is in this folder."""
    return page(costs(), prices(), msgspec.json.decode(CHECKED.read_bytes(), type=Checked))


def costs() -> Costs:
    return msgspec.json.decode(COSTS.read_bytes(), type=Costs)


def prices() -> Prices:
    listed = tomllib.loads(PRICES.read_text(encoding="utf-8"))
    return Prices(
        instance=listed["instance"]["t3.medium"]["on_demand"],
        redis=listed["redis"]["cache.r7g.large"]["on_demand"],
        database=listed["database"]["db.r7g.large"]["on_demand"],
        broker=BROKERS * listed["broker"]["mq.m5.large"]["on_demand"],
        fixed=NAT_GATEWAYS * listed["other"]["nat_gateway"] + listed["other"]["balancer"],
        gigabyte=listed["other"]["gigabyte_out"],
    )


def _write(path: Path, content: object) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content)) + b"\n")


if __name__ == "__main__":
    main()
