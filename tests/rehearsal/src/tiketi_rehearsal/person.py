"""One person at an on-sale, from arrival to ticket or disappointment, through the public API."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

import aiohttp
import msgspec

from tiketi_client.api import TiketiClient
from tiketi_client.errors import Problem, TiketiError, Unreachable
from tiketi_client.shapes import Admission, Hold, Order, Place, Seatmap
from tiketi_rehearsal.domain.choosing import choose
from tiketi_rehearsal.domain.crowd import Person
from tiketi_rehearsal.domain.records import (
    Bought,
    Call,
    Ended,
    Entered,
    Held,
    Reason,
    Record,
    Step,
    Stood,
    Told,
)

T = TypeVar("T")
Note = Callable[[Record], None]

_TRIES_FOR_SECONDS = 90.0
"""How long somebody inside goes on looking for seats that nobody takes before them."""

_LATE_PAYMENT_SECONDS = 60.0
_BOT_JOINS = 5


@dataclass(frozen=True, slots=True)
class Stage:
    """What everybody of one process shares: the event, its map, and when patience ends."""

    event_id: str
    seatmap: Seatmap
    patience: float


class _Over(Exception):
    """This person's part is over."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Visitor:
    """Plays one `Person`; everything that happens is noted."""

    def __init__(self, person: Person, client: TiketiClient, stage: Stage, note: Note) -> None:
        self._person = person
        self._client = client
        self._stage = stage
        self._note = note
        self._chance = random.Random(person.number)
        self._rows = [(seat.section, seat.row) for seat in stage.seatmap.seats]
        self._was_away = False
        self._passed_over = False
        self._number = 0
        self._ticket: str | None = None
        self._called: asyncio.Future[Admission] = asyncio.get_running_loop().create_future()

    async def play(self) -> None:
        """Never raises for what a service answers: that is noted."""
        reason: Reason
        try:
            async with asyncio.timeout(self._stage.patience):
                reason = await self._journey()
        except _Over as over:
            reason = over.reason
        except (Problem, Unreachable):
            reason = "gave_up"
        except TimeoutError:
            reason = "out_of_patience"
        self._note(Ended(time.time(), self._person.number, reason))

    async def _journey(self) -> Reason:
        admission = await self._wait_in_line()
        if not self._person.payments:
            await self._take_seats(admission)
            return "abandoned"
        return await self._buy(admission)

    # -- the line ---------------------------------------------------------------------------------

    async def _wait_in_line(self) -> Admission:
        listening = asyncio.create_task(self._listen()) if self._person.live else None
        try:
            return await self._stand_in_line()
        finally:
            if listening is not None:
                listening.cancel()

    async def _stand_in_line(self) -> Admission:
        place = await self._join("join")
        for _ in range(_BOT_JOINS if self._person.bot else 0):
            place = await self._join("second_device")
        joined = time.monotonic()
        while place.admission is None:
            if place.status == "sold_out":
                raise _Over("sold_out")
            place = await self._next_look(place, joined)
        self._entered(place.admission)
        return place.admission

    async def _next_look(self, place: Place, joined: float) -> Place:
        """Wait as told, or do sooner what this person is about to do."""
        person, waited = self._person, time.monotonic() - joined
        if person.leaves_after is not None and waited >= person.leaves_after:
            await self._noted("leave", self._client.leave(self._stage.event_id))
            raise _Over("left")
        if person.cut_off and not self._was_away and waited >= person.cut_off[0]:
            self._was_away = True
            await asyncio.sleep(person.cut_off[1])
            return await self._join("return", self._ticket)
        if person.second_device_after is not None and self._chance.random() < 0.05:
            return await self._join("second_device")
        pause = place.poll_after_seconds / (3 if person.refreshes else 1)
        await asyncio.wait(
            [self._called], timeout=min(pause, 10.0) * self._chance.uniform(0.9, 1.1)
        )
        if self._called.done():
            return replace(place, admission=self._called.result())
        return await self._look()

    async def _listen(self) -> None:
        """Hear of the admission over a live connection; where there is none, asking must do."""
        started, at = time.perf_counter(), time.time()
        with suppress(TiketiError, aiohttp.ClientError, OSError):
            async with self._client.live() as live:
                self._note(
                    Call(at, self._person.number, "connect", 101, time.perf_counter() - started)
                )
                await live.subscribe(self._stage.event_id)
                async for message in live:
                    if message.type == "queue-enter" and not self._called.done():
                        admission = message.data["admission"]
                        self._called.set_result(msgspec.convert(admission, Admission))

    async def _join(self, after: Told, ticket: str | None = None) -> Place:
        place = await self._noted("join", self._client.join(self._stage.event_id, ticket))
        return self._stood(place, after)

    async def _look(self) -> Place:
        """Ask for the place; where the line was lost, the kept ticket brings it back."""
        try:
            asking = self._client.place(self._stage.event_id, self._ticket)
            place = await self._noted("place", asking)
        except Problem as problem:
            if problem.code != "not_in_queue":
                raise
            return await self._join("return", self._ticket)
        return self._stood(place, "poll")

    def _stood(self, place: Place, after: Told) -> Place:
        self._ticket = self._ticket or place.ticket
        self._passed_over |= place.status == "passed_over"
        if place.number is not None:
            self._number = place.number
            eta = place.eta_seconds
            waits = place.status == "waiting" and eta is not None
            told = (eta.low, eta.high) if waits and eta is not None else None
            person = self._person.number
            self._note(
                Stood(
                    time.time(), person, place.number, place.position, told, after,
                    place.chance if place.status == "waiting" else None,
                )
            )  # fmt: skip
        return place

    def _entered(self, admission: Admission) -> None:
        until = datetime.fromisoformat(admission.expires_at).timestamp()
        entered = Entered(
            time.time(), self._person.number, self._number, until, away=self._was_away,
            passed_over=self._passed_over,
        )  # fmt: skip
        self._note(entered)

    # -- seats and the till -----------------------------------------------------------------------

    async def _buy(self, admission: Admission) -> Reason:
        hold = await self._take_seats(admission)
        if self._person.hesitates_for:
            await asyncio.sleep(self._person.hesitates_for)
            if self._chance.random() < 0.3:
                await self._noted("leave", self._client.release(hold.id))
                hold = await self._take_seats(admission)
        for token in self._person.payments:
            try:
                paying = self._client.checkout(hold.id, payment_token=token)
                order = await self._paid(await self._noted("checkout", paying))
            except Problem as problem:
                if problem.code != "payment_declined":
                    raise
            else:
                self._bought(order)
                return "bought"
        return "gave_up"

    async def _take_seats(self, admission: Admission) -> Hold:
        """Choose and hold, again and again while others are faster or hold everything. Who agrees
        to other seats asks for the same ones again, as long as the map shows none to choose."""
        event_id, agrees = self._stage.event_id, self._person.takes_the_nearest
        until = time.monotonic() + _TRIES_FOR_SECONDS
        asked: list[str] = []
        while time.monotonic() < until:
            availability = await self._noted("availability", self._client.availability(event_id))
            indices = choose(
                availability.states,
                self._rows,
                self._person.tickets,
                best=self._person.wants_the_best,
                chance=self._chance,
            )
            if not indices and "h" not in availability.states:
                raise _Over("sold_out")
            seats = [self._stage.seatmap.seats[index].id for index in indices]
            if agrees and not seats:
                seats = asked or self._any_seats()
            if seats:
                asked = seats
                holding = self._client.hold(event_id, admission, seats, or_nearest=agrees)
                try:
                    return self._held(await self._noted("hold", holding))
                except Problem as problem:
                    if problem.code != "seats_unavailable":
                        raise
            await asyncio.sleep(self._chance.uniform(*((0.2, 1.0) if indices else (1.0, 3.0))))
        raise _Over("too_late")

    def _held(self, hold: Hold) -> Hold:
        until = datetime.fromisoformat(hold.expires_at).timestamp()
        self._note(Held(time.time(), self._person.number, until))
        return hold

    def _any_seats(self) -> list[str]:
        """What somebody names who finds nothing free: one seat, which fits soonest."""
        return [self._chance.choice(self._stage.seatmap.seats).id]

    async def _paid(self, order: Order) -> Order:
        """The order once it is paid: some banks answer late."""
        async with asyncio.timeout(_LATE_PAYMENT_SECONDS):
            while order.status == "pending":
                await asyncio.sleep(1.0)
                order = await self._noted("order", self._client.order(order.id))
        if order.status != "paid":
            raise Problem(402, "payment_declined", order.status, {})
        return order

    def _bought(self, order: Order) -> None:
        seats = [str(ticket.seat.id) for ticket in order.tickets if ticket.seat is not None]
        self._note(
            Bought(time.time(), self._person.number, order.id, order.total, order.currency, seats)
        )

    # -- notes ------------------------------------------------------------------------------------

    async def _noted(self, step: Step, call: Awaitable[T]) -> T:
        """The call's answer; its time and outcome are noted either way."""
        started, at = time.perf_counter(), time.time()
        status, code = 200, ""
        try:
            return await call
        except Problem as problem:
            status, code = problem.status, problem.code
            raise
        except Unreachable:
            status = 0
            raise
        finally:
            seconds = time.perf_counter() - started
            self._note(Call(at, self._person.number, step, status, seconds, code))
