"""Who works at a walk: the organiser, and the doors."""

import asyncio
import time
from dataclasses import dataclass, field
from random import Random

from tests.walk.facts import History
from tests.walk.people import Caller, refund


@dataclass(slots=True)
class Organiser(Caller):
    """Changes one setting after another, and resumes a paused sale after some moments."""

    paused_for: int = 0
    blocked: set[str] = field(default_factory=set)
    cancelled: bool = False

    async def something(self, chance: Random) -> None:
        if self.cancelled:
            return
        deeds = (
            self.change_capacity, self.change_capacity, self.change_pace, self.pause,
            self.change_price, self.change_standing, self.block, self.refund_an_order,
        )  # fmt: skip
        await chance.choice(deeds)(chance)

    async def change_capacity(self, chance: Random) -> None:
        value = chance.randint(1, 9)
        await self._line({"capacity": value}, self.world.ledger.line.capacity, value)

    async def change_pace(self, chance: Random) -> None:
        value = chance.choice((0.7, 2.0, 5.0, 11.0))
        await self._line({"per_second": value}, self.world.ledger.line.pace, value)

    async def quicken(self) -> None:
        await self._line({"per_second": 11.0}, self.world.ledger.line.pace, 11.0)

    async def _line(self, body: dict[str, object], history: History, value: float) -> None:
        change = history.begin(value, time.monotonic())
        path = f"/api/admin/events/{self.world.id}/queue"
        answer, told = await self.ask("PATCH", path, body, may={"200"})
        if answer.status == 200:
            history.done(change, told.received)

    async def pause(self, chance: Random) -> None:
        self.paused_for = chance.randint(2, 12)
        await self._pause(True)

    async def _pause(self, paused: bool) -> None:
        path = f"/api/admin/events/{self.world.id}/queue"
        await self.ask("PATCH", path, {"paused": paused}, may={"200"})

    async def a_moment_passes(self) -> None:
        if self.paused_for:
            self.paused_for -= 1
            if not self.paused_for:
                await self._pause(False)

    async def resume(self) -> None:
        self.paused_for = 0
        await self._pause(False)

    async def change_price(self, chance: Random) -> None:
        kind = chance.choice(self.world.event["ticket_types"])
        change = {"id": kind["id"], "price": 1000 * chance.randint(11, 197)}
        path = f"/api/admin/events/{self.world.id}"
        await self.ask("PATCH", path, {"ticket_types": [change]}, may={"200"})

    async def change_standing(self, chance: Random) -> None:
        """Add or remove standing places. Removing is refused when too many are taken."""
        standing = self.world.ledger.sale.standing
        value = max(3, int(standing.value) + chance.choice((-3, -2, 1, 2)))
        change = standing.begin(value, time.monotonic())
        kind = {"id": self.world.ledger.sale.standing_type, "capacity": value}
        path = f"/api/admin/events/{self.world.id}"
        may = {"200", "409 seats_taken"}
        answer, told = await self.ask("PATCH", path, {"ticket_types": [kind]}, may=may)
        if answer.status == 200:
            standing.done(change, told.received)
        else:
            standing.refused(change)

    async def block(self, chance: Random) -> None:
        """Block some seats, or unblock all of them."""
        taking = not self.blocked
        seats = set(chance.sample(self.world.seats, 2)) if taking else self.blocked
        history = self.world.ledger.sale.blocked
        change = history.begin(len(seats) if taking else 0, time.monotonic())
        path = f"/api/admin/events/{self.world.id}/{'block' if taking else 'unblock'}"
        may = {"204", "409 seats_taken"}
        answer, told = await self.ask("POST", path, {"seat_ids": sorted(seats)}, may=may)
        if answer.status == 204:
            history.done(change, told.received)
            self.blocked = seats if taking else set()
        else:
            history.refused(change)

    async def refund_an_order(self, chance: Random) -> None:
        if orders := list(self.world.ledger.sale.orders.values()):
            await refund(self, chance.choice(orders), None)

    async def cancel(self) -> None:
        self.cancelled = True
        self.world.ledger.sale.cancel(time.monotonic())
        path = f"/api/admin/events/{self.world.id}"
        await self.ask("PATCH", path, {"cancelled": True}, may={"200"})


@dataclass(slots=True)
class Door(Caller):
    """Scans tickets that were bought, used or refunded, and codes that do not exist."""

    async def scan_something(self, chance: Random) -> None:
        codes = list(self.world.ledger.sale.tickets)
        if not codes or chance.random() < 0.1:
            await self.scan(f"made-up-{chance.randrange(1000)}")
            return
        code = chance.choice(codes)
        if chance.random() < 0.3:
            await asyncio.gather(self.scan(code), self.scan(code))
        else:
            await self.scan(code)

    async def scan(self, code: str) -> None:
        sent = time.monotonic()
        self.world.ledger.sale.scanning(code, sent)
        may = {"200", "409 already_used", "409 ticket_cancelled", "404 unknown_ticket"}
        answer, told = await self.ask("POST", "/api/checkin", {"code": code}, may=may)
        if answer.status != 429:
            outcome = "admitted" if answer.status == 200 else answer["code"]
            self.world.ledger.sale.scanned(code, told._replace(sent=sent), outcome)
