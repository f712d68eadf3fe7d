"""A walk: people do anything in any order at one event while an organiser changes it. After every
moment, all the answers together must be possible.

    story = await Walk(cast, seed).go(moments=120)

The seed decides the event's terms, who does what, and when. It does not decide what the services
answer, and how fast. The same seed repeats a walk that found something; where the fault is a race,
this may take a few tries.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from tests.harness import Json, Person
from tests.walk.census import Census, Picture
from tests.walk.facts import Broken, Terms
from tests.walk.house import Door, Organiser
from tests.walk.ledger import Ledger
from tests.walk.people import CODE, Walker, World

ADMISSION_SECONDS = 10
GRACE_SECONDS = 3
MAX_PER_USER = 4

SETTINGS_SECONDS = 3.0
"""The contract says two. This and `FRESH_SECONDS` allow more for a busy machine."""

FRESH_SECONDS = 4.0

MOMENT_SECONDS = 0.1
"""People do not act faster, so that holds, turns and offers can end while they act."""

CENSUS_EVERY = 40

DEEDS: dict[str, int] = {
    "go_on": 60, "ask_place": 4, "join": 5, "come_back_by_ticket": 4, "leave": 4, "sleep": 4,
    "hold_something": 12, "give_back": 8, "look_at_a_hold": 3, "pay_otherwise": 7, "refund": 5,
    "ask_for_orders": 3, "wait_for_returns": 6, "try_what_is_not_theirs": 4,
}  # fmt: skip
"""The actions of a walker, with the weight of each in the draw."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The accounts that take part in one walk after another."""

    people: list[Person]
    organiser: Person
    staff: list[Person]
    visitors: list[Person]
    presence: float


@dataclass(frozen=True, slots=True)
class Story:
    """The result of a walk."""

    seed: int
    moments: int
    requests: int
    sold: str
    """How much was sold and refunded."""
    broken: list[Broken]
    trace: list[str]


@dataclass(slots=True)
class Script:
    """The settings of an event, drawn from the seed."""

    chance: Random
    policy: str = field(init=False)
    capacity: int = field(init=False)
    pace: float = field(init=False)
    adaptive: bool = field(init=False)

    def __post_init__(self) -> None:
        self.policy = self.chance.choice(("first_come", "first_come", "lobby", "open"))
        self.capacity = self.chance.randint(2, 7)
        self.pace = self.chance.choice((2.0, 5.0))
        self.adaptive = self.chance.random() < 0.3

    def event(self, seed: int) -> Json:
        now = datetime.now(UTC)
        return {
            "name": f"Walk {seed}",
            "venue": "Seoul Arts Hall",
            "starts_at": (now + timedelta(days=30)).isoformat(),
            "sale_opens_at": (now + timedelta(seconds=5)).isoformat(),
            "sale_closes_at": (now + timedelta(days=29)).isoformat(),
            "currency": "KRW",
            "max_per_user": MAX_PER_USER,
            "ticket_types": [
                {"name": "Stalls", "price": 120_000, "kind": "seated", "capacity": 21},
                {"name": "Standing", "price": 66_000, "kind": "general", "capacity": 8},
            ],
            "layout": {
                "sections": [{"name": "A", "rows": 3, "seats_per_row": 7, "ticket_type": "Stalls"}]
            },
            "queue": {
                "policy": self.policy,
                "capacity": self.capacity,
                "per_second": self.pace,
                "adaptive": self.adaptive,
                "admission_seconds": ADMISSION_SECONDS,
                "grace_seconds": GRACE_SECONDS,
                "invite_codes": [CODE],
            },
        }


class Walk:
    def __init__(self, cast: Cast, seed: int) -> None:
        self._cast, self._seed = cast, seed
        self._chance = Random(seed)  # the seed repeats the walk

    async def go(self, moments: int) -> Story:
        world, organiser = await self._open()
        doors = [Door(f"door {n}", person, world) for n, person in enumerate(self._cast.staff)]
        pictures = [Picture(visitor, world.id) for visitor in self._cast.people[:2]]
        census = Census(world, organiser, self._cast.visitors, pictures)
        done = 0
        try:
            while done < moments and not world.ledger.findings.broken:
                await self._moment(world, organiser, doors)
                done += 1
                await census.ask_statuses()
                if done % CENSUS_EVERY == 0:
                    await census.agree()
                    await census.whatever_is_free_can_be_held()
            if not world.ledger.findings.broken:
                await self._end(world, organiser, census)
        finally:
            for walker in world.walkers:
                walker.disconnect()
            for picture in pictures:
                picture.close()
        requests, totals = world.ledger.findings.answers.total(), world.ledger.sale.totals()
        sold = f"{totals.orders} orders, {totals.refunds} refunds, {totals.used} inside"
        return Story(self._seed, done, requests, sold, world.ledger.findings.broken, world.trace)

    async def _open(self) -> tuple[World, Organiser]:
        script = Script(self._chance)
        admin = self._cast.organiser
        event = await open_event(admin, self._cast.visitors, script.event(self._seed))
        seats = [seat["id"] for seat in await admin.seats(event["id"])]
        terms = Terms(
            presence=self._cast.presence, grace=GRACE_SECONDS, admission=ADMISSION_SECONDS,
            settings=SETTINGS_SECONDS, fresh=FRESH_SECONDS, max_per_user=MAX_PER_USER,
            paced=script.policy != "open" and not script.adaptive,
        )  # fmt: skip
        ledger = Ledger(event, terms, capacity=script.capacity, pace=script.pace)
        world = World(event, seats, ledger)
        for number, person in enumerate(self._cast.people):
            code = CODE if number % 4 == 1 else None
            walker = Walker(f"fan {number}", person, world, code=code, live=number % 3 == 0)
            world.walkers.append(walker)
        return world, Organiser("organiser", admin, world)

    async def _moment(self, world: World, organiser: Organiser, doors: list[Door]) -> None:
        chance, started = self._chance, time.monotonic()
        deeds: dict[str, list[Callable[[], Awaitable[None]]]] = {}
        for walker in world.walkers:
            if walker.asleep:
                walker.asleep -= 1
            else:
                walker.connect()
                deeds.setdefault(walker.name, []).append(walker.keep_the_page_open)
        inside = [walker for walker in world.walkers if walker.is_inside] or world.walkers
        drawn = [(chance.choice(inside), "go_on")]  # else few of them would come to buy
        count = chance.choice((1, 2, 3, 5, 8))
        drawn += [(chance.choice(world.walkers), self._drawn()) for _ in range(count)]
        for walker, deed in drawn:
            its_chance = Random(chance.getrandbits(32))
            if not walker.asleep:
                act = getattr(walker, deed)
                deeds.setdefault(walker.name, []).append(partial(act, its_chance))
        for door in doors:
            its_chance = Random(chance.getrandbits(32))
            if chance.random() < 0.15:
                deeds[door.name] = [partial(door.scan_something, its_chance)]
        deeds[organiser.name] = [organiser.a_moment_passes]
        its_chance = Random(chance.getrandbits(32))
        if chance.random() < 0.15:
            deeds[organiser.name].append(partial(organiser.something, its_chance))
        await asyncio.gather(*(_one_after_another(own) for own in deeds.values()))
        await asyncio.sleep(max(0.0, MOMENT_SECONDS - (time.monotonic() - started)))

    def _drawn(self) -> str:
        return self._chance.choices(list(DEEDS), list(DEEDS.values()))[0]

    async def _end(self, world: World, organiser: Organiser, census: Census) -> None:
        """Wake everybody and resume the sale. All numbers must agree, and the line must move."""
        for walker in world.walkers:
            walker.asleep = 0
        await organiser.resume()
        await organiser.quicken()
        await census.agree(moves=True)
        await census.whatever_is_free_can_be_held()
        if self._chance.random() < 0.5 and not world.ledger.findings.broken:
            await organiser.cancel()
            await census.agree()


async def _one_after_another(deeds: list[Callable[[], Awaitable[None]]]) -> None:
    for deed in deeds:
        await deed()


async def open_event(admin: Person, visitors: list[Person], new: Json) -> Json:
    """Make an event, and wait until its line is open to the visitors of every gateway."""
    answer = await admin.call("POST", "/api/admin/events", new)
    assert answer.status == 201, answer
    event: Json = answer.body
    await asyncio.gather(*(_on_sale(visitor, event["id"]) for visitor in visitors))
    return event


async def _on_sale(visitor: Person, event_id: str) -> None:
    """Wait until every queue instance knows the event, which takes two seconds at most."""
    known_everywhere, deadline = time.monotonic() + 2, time.monotonic() + 15
    path = f"/api/events/{event_id}/queue/status"
    while (answer := await visitor.call("GET", path)).status != 200 or (
        answer["phase"] not in ("on_sale", "lobby")
    ):
        assert time.monotonic() < deadline, answer
        await asyncio.sleep(0.1)
    await asyncio.sleep(max(0.0, known_everywhere - time.monotonic()))
