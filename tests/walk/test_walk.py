"""People do anything in any order on real services; see `walk.py`.

    make walk                          # MINUTES of fresh seeds
    WALK_SEED=7 pytest tests/walk      # one seed again

The seeds in `seeds.txt` found something once, and every run repeats them. `make walk` adds the
seeds that fail.
"""

import os
import secrets
import time
from pathlib import Path
from random import Random

import pytest
from tests.harness import Json, NewFan, NewStaff, NewVisitor, Person
from tests.walk.conftest import PRESENCE_SECONDS
from tests.walk.walk import Cast, Script, Story, Walk, open_event

PEOPLE = 32
MOMENTS = int(os.environ.get("WALK_MOMENTS", "80"))
MINUTES = float(os.environ.get("WALK_MINUTES", "0"))
SEEDS = Path(__file__).with_name("seeds.txt")
LATEST = 1
RUN_IT = "pytest -s tests/walk"


@pytest.fixture
async def cast(fan: NewFan, staff: NewStaff, organiser: Person, visitor: NewVisitor) -> Cast:
    people = [await fan(gateway=number % 2) for number in range(PEOPLE)]
    doors = [await staff() for _ in range(2)]
    visitors = [visitor(gateway) for gateway in (0, 1)]
    return Cast(people, organiser, doors, visitors, PRESENCE_SECONDS)


def kept_seeds() -> list[int]:
    lines = (line.partition("#")[0].strip() for line in SEEDS.read_text().splitlines())
    return [int(line) for line in lines if line]


async def tell(cast: Cast, seed: int) -> Story:
    """Walk once. Prints what was found, and writes every request of that walk to a file."""
    story = await Walk(cast, seed).go(MOMENTS)
    print(f"seed {seed}: {story.moments} moments, {story.requests} requests, {story.sold}")
    if story.broken:
        print(*(f"  {broken.rule}: {broken.what}" for broken in story.broken), sep="\n")
        trace = Path(".run") / f"walk-{seed}.txt"
        trace.parent.mkdir(exist_ok=True)
        trace.write_text("\n".join(story.trace))
        print(f"  every request: {trace}; again: WALK_SEED={seed} {RUN_IT}")
    return story


@pytest.mark.timeout(120 + 60 * (1 + len(kept_seeds())))
async def test_whatever_people_do_what_they_are_told_is_possible(cast: Cast) -> None:
    seeds = [int(os.environ["WALK_SEED"])] if "WALK_SEED" in os.environ else [*kept_seeds(), LATEST]
    broken = [seed for seed in seeds if (await tell(cast, seed)).broken]
    assert not broken


async def test_nobody_is_told_sold_out_while_all_seats_are_only_held(
    fan: NewFan, organiser: Person, visitor: NewVisitor
) -> None:
    event = await open_event(organiser, [visitor(0), visitor(1)], small_event())
    holder, next_one = await fan(gateway=0), await fan(gateway=1)
    admission = await holder.enter(event["id"])
    assert (await next_one.join(event["id"])).status == 202
    seats = [seat["id"] for seat in await holder.seats(event["id"])]
    held = await holder.hold(event["id"], admission, {"seat_ids": seats})
    assert held.status == 201, held
    told = set()
    while (await holder.call("GET", f"/api/holds/{held['hold']['id']}")).status == 200:
        told.add((await next_one.place(event["id"]))["status"])
    assert "sold_out" not in told


def small_event() -> Json:
    """Two seats, and one person at a time."""
    event = Script(Random(0)).event(0)
    stalls = {"name": "Stalls", "price": 120_000, "kind": "seated", "capacity": 2}
    section = {"name": "A", "rows": 1, "seats_per_row": 2, "ticket_type": "Stalls"}
    queue = event["queue"] | {"policy": "first_come", "capacity": 1}
    layout = {"sections": [section]}
    return event | {"ticket_types": [stalls], "layout": layout, "queue": queue}


@pytest.mark.skipif(not MINUTES, reason="`make walk` walks by seeds that nobody has tried")
@pytest.mark.timeout(60 * MINUTES + 240)
async def test_a_seed_that_nobody_has_tried_finds_nothing(cast: Cast) -> None:
    """Seeds that fail are added to `seeds.txt`."""
    deadline, found, moments, walks = time.monotonic() + 60 * MINUTES, [], 0, 0
    while time.monotonic() < deadline:
        story = await tell(cast, secrets.randbelow(10**9))
        moments, walks = moments + story.moments, walks + 1
        if story.broken:
            found.append(story.seed)
            rules = " ".join(sorted({broken.rule for broken in story.broken}))
            with SEEDS.open("a") as seeds:
                seeds.write(f"{story.seed}  # {rules}\n")
    print(f"{walks} walks, {moments} moments, {len(found)} found something")
    assert not found
