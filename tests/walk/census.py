"""Compares all numbers that the services show at one moment.

The services show the same numbers in several places: the shared document, the overview, the event,
the availability, the report, live updates. The census compares each with what the people of the
walk know about themselves. All must agree within `AGREED_SECONDS`.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from math import inf

import aiohttp
from tests.harness import Json, Person
from tests.walk.facts import Span
from tests.walk.house import Organiser
from tests.walk.people import World

AGREED_SECONDS = 12.0
"""The slowest sources poll every half second and show a change within two seconds. The rest allows
for a busy machine, and for holds that end meanwhile."""

AGAIN_SECONDS = 0.4


class Picture:
    """The seats as a client sees them that fetched them once and then applies live updates."""

    def __init__(self, person: Person, event_id: str) -> None:
        self._person, self._event_id = person, event_id
        self.states: list[str] = []
        self.general: dict[str, int] = {}
        self._version = -1
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async with self._person.live() as live:
            await live.send_json({"type": "subscribe", "data": {"event_id": self._event_id}})
            async for message in live:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._told(message.json())

    async def _told(self, message: Json) -> None:
        type_, data = message["type"], message["data"]
        if type_ == "subscribed":
            path = f"/api/events/{self._event_id}/availability"
            answer = await self._person.call("GET", path)
            self.states = list(answer["states"])
            self.general = {one["ticket_type_id"]: one["left"] for one in answer["general"]}
            self._version = answer["version"]
        elif type_ == "seat-update" and data["availability_version"] > self._version:
            for index, state in data["changes"]:
                self.states[index] = state
            self.general |= data["general"]

    def close(self) -> None:
        self._listening.cancel()


@dataclass(slots=True)
class Look:
    """What all sources show at about one moment. `waiting` and `active` are the least and the most
    people that there can be, according to the answers that the people got."""

    statuses: list[Json]
    overview: Json | None
    events: list[Json]
    availabilities: list[Json]
    report: Json
    waiting: tuple[int, int]
    active: tuple[int, int]
    positions: list[int]
    held_seats: set[str]
    held_standing: int
    differences: list[str] = field(default_factory=list)

    def expect(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self.differences.append(f"{what} is {found}, not {wanted}")

    def between(self, what: str, found: int, bounds: tuple[int, int]) -> None:
        if not bounds[0] <= found <= bounds[1]:
            self.differences.append(f"{what} is {found}, not {bounds[0]} to {bounds[1]}")


def _free(look: Look) -> int:
    """How many seats and standing places both gateways show as free."""
    shown: list[int] = [
        each["states"].count("a") + sum(general["left"] for general in each["general"])
        for each in look.availabilities
    ]
    return min(shown)


@dataclass(slots=True)
class Census:
    world: World
    organiser: Organiser
    visitors: list[Person]
    """One at each gateway, without an account."""
    pictures: list[Picture]

    async def agree(self, *, moves: bool = False) -> None:
        """Record in the ledger what does not agree in time. With `moves`, everybody is present, so
        nobody may wait while there is room inside."""
        deadline = time.monotonic() + AGREED_SECONDS
        while differences := (await self._look(moves=moves)).differences:
            if time.monotonic() > deadline:
                self.world.ledger.findings.add("agreement", "; ".join(differences))
                return
            await asyncio.sleep(AGAIN_SECONDS)
        self.world.ledger.line.check_pace()

    async def whatever_is_free_can_be_held(self) -> None:
        """People who are admitted hold what is shown as free, and give it back."""
        sale = self.world.ledger.sale
        free = await self._free()
        for walker in self.world.walkers:
            few = self.world.event["max_per_user"] - sale.taken_by(walker.name)
            wanted = free[: max(0, few)]
            if walker.asleep or not wanted or not walker.is_inside:
                continue
            refusal = await walker.hold_for_a_moment(wanted)
            if refusal == "seats_unavailable" and set(wanted) <= set(await self._free()):
                what = f"{wanted} are shown as free, and {walker.name} is refused"
                self.world.ledger.findings.add("free", what)
            free = free[len(wanted) :]

    async def _free(self) -> list[str]:
        """The seats that every gateway shows as free."""
        path = f"/api/events/{self.world.id}/availability"
        shown = [(await visitor.call("GET", path))["states"] for visitor in self.visitors]
        states = zip(self.world.seats, *shown, strict=True)
        return [seat for seat, *told in states if set(told) == {"a"}]

    async def ask_statuses(self) -> list[Json]:
        """Fetch each gateway's shared document, and record it in the ledger."""
        documents = []
        for gateway, visitor in enumerate(self.visitors):
            sent = time.monotonic()
            answer = await visitor.call("GET", f"/api/events/{self.world.id}/queue/status")
            assert answer.status == 200, answer
            self.world.ledger.line.status(gateway, Span(sent, time.monotonic()), answer.body)
            documents.append(answer.body)
        return documents

    async def _look(self, *, moves: bool) -> Look:
        await asyncio.gather(*(walker.take_stock() for walker in self.world.walkers))
        awake = [walker for walker in self.world.walkers if not walker.asleep]
        sleepers = [walker for walker in self.world.walkers if walker.asleep]
        places = await asyncio.gather(*(walker.place_now() for walker in awake))
        told = [place for place in places if place is not None]
        inside = [place for place in told if place["status"] == "admitted"]
        in_line = [place for place in told if place["status"] != "admitted"]
        unseen = sum(walker.in_line for walker in sleepers)
        ledger = self.world.ledger
        live = [hold for hold in ledger.sale.holds.values() if hold.confirmed]
        admin = self.organiser.person
        event = f"/api/events/{self.world.id}"
        look = Look(
            statuses=await self.ask_statuses(),
            overview=await self._in_the_overview(),
            events=[(await visitor.call("GET", event)).body for visitor in self.visitors],
            availabilities=[
                (await visitor.call("GET", f"{event}/availability")).body
                for visitor in self.visitors
            ],
            report=(await admin.call("GET", f"/api/admin/events/{self.world.id}/report")).body,
            waiting=(len(in_line), len(in_line) + unseen),
            active=(len(inside), len(inside) + unseen),
            positions=sorted(place["position"] for place in in_line),
            held_seats={seat for hold in live for seat in hold.seats},
            held_standing=sum(hold.quantity for hold in live if not hold.seats),
        )
        self._compare_line(look, everybody=not unseen)
        self._compare_seats(look)
        self._compare_money(look)
        if moves and self._phase() == "on_sale":
            room = self.world.ledger.line.capacity.value - len(inside)
            holders = {hold.who for hold in live}
            # The line lets in no more people than find seats, if each takes as many as allowed.
            serves = _free(look) // look.events[0]["max_per_user"]
            room = min(room, serves - (len(inside) - len(holders)))
            look.expect("how many wait while there is room", bool(in_line) and room > 0, False)
        return look

    async def _in_the_overview(self) -> Json | None:
        answer = await self.organiser.person.call("GET", "/api/admin/overview")
        assert answer.status == 200, answer
        mine = [event for event in answer["events"] if event["id"] == self.world.id]
        return mine[0] if mine else None

    def _phase(self) -> str:
        ledger = self.world.ledger
        if ledger.sale.cancelling < inf:
            return "ended"
        places = ledger.sale.seats_total + ledger.sale.standing.value - ledger.sale.blocked.value
        if ledger.sale.totals().sold == places:
            return "sold_out"
        return "paused" if self.organiser.paused_for else "on_sale"

    def _compare_line(self, look: Look, *, everybody: bool) -> None:
        phase = self._phase()
        for gateway, (status, event) in enumerate(zip(look.statuses, look.events, strict=True)):
            look.expect(f"the phase at gateway {gateway}", status["phase"], phase)
            look.expect(f"the event's phase at gateway {gateway}", event["phase"], phase)
            if phase != "ended":
                look.between(f"waiting at gateway {gateway}", status["waiting"], look.waiting)
                look.between(f"active at gateway {gateway}", status["active"], look.active)
        if everybody and phase != "ended":
            wanted = list(range(1, len(look.positions) + 1))
            look.expect("the positions together", look.positions, wanted)
        overview = look.overview
        if overview is None:
            if phase != "ended":
                look.differences.append("the event is missing in the overview")
            return
        look.expect("the overview's phase", overview["phase"], phase)
        if phase != "ended":
            look.between("the overview's waiting", overview["waiting"], look.waiting)
            look.between("the overview's active", overview["active"], look.active)
            capacity = self.world.ledger.line.capacity.value
            look.expect("the overview's capacity", overview["capacity"], capacity)

    def _compare_seats(self, look: Look) -> None:
        sale = self.world.ledger.sale
        sold, blocked = sale.sold_seats(), self.organiser.blocked
        wanted = [
            "s" if seat in sold else "h" if seat in look.held_seats
            else "x" if seat in blocked else "a"
            for seat in self.world.seats
        ]  # fmt: skip
        left = int(sale.standing.value) - sale.totals().by_type[sale.standing_type]
        left -= look.held_standing
        seats_left = wanted.count("a") + left
        for gateway, told in enumerate(look.availabilities):
            look.expect(f"availability at gateway {gateway}", told["states"], "".join(wanted))
            general = {one["ticket_type_id"]: one["left"] for one in told["general"]}
            look.expect(f"standing at gateway {gateway}", general, {sale.standing_type: left})
            look.expect(
                f"seats_left at gateway {gateway}", look.events[gateway]["seats_left"], seats_left
            )
            look.expect(
                f"seats_left of the document at gateway {gateway}",
                look.statuses[gateway]["seats_left"], seats_left,
            )  # fmt: skip
        for picture in self.pictures:
            look.expect("the live picture", "".join(picture.states), "".join(wanted))
            look.expect("the live standing", picture.general, {sale.standing_type: left})
        look.expect("the report's seats_left", look.report["seats_left"], seats_left)
        held = len(look.held_seats) + look.held_standing
        look.expect("the report's held", look.report["held"], held)
        if look.overview is not None:
            look.expect("the overview's left", look.overview["left"], seats_left)
            look.expect("the overview's held", look.overview["held"], held)

    def _compare_money(self, look: Look) -> None:
        totals = self.world.ledger.sale.totals()
        for name in ("orders", "sold", "revenue", "refunds"):
            look.expect(f"the report's {name}", look.report[name], getattr(totals, name))
            if look.overview is not None:
                look.expect(f"the overview's {name}", look.overview[name], getattr(totals, name))
        kinds = look.report["ticket_types"]
        by_type = Counter({kind["ticket_type_id"]: kind["sold"] for kind in kinds})
        look.expect("the report's tickets by type", +by_type, +totals.by_type)
        look.expect("the report's used", sum(kind["used"] for kind in kinds), totals.used)
