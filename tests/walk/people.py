"""The people of a walk: what they do, and how they record the answers in the ledger.

An action takes its random choices from the walk's seed, and works with what the person knows at
the time. Where an action makes no sense (paying without a hold), the person takes their next step
towards a ticket instead. So the same seed gives the same actions in the same order, however the
services answer.
"""

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from random import Random

import aiohttp
from tests.harness import Answer, Json, Person
from tests.walk.facts import Span
from tests.walk.ledger import Ledger
from tests.walk.sale import Hold, Order, Ticket

CODE = "front-row"
"""Admits to the priority lane."""

PAGE_SECONDS = 0.8
"""How often an open page polls its place: often enough to count as present."""

_ALWAYS = {"429 too_many_requests"}
_NOT_NOW = {"409 not_on_sale", "409 sold_out", "409 sale_ended", "503 line_paused"}


@dataclass(slots=True)
class World:
    """One event, and the people who take part."""

    event: Json
    seats: list[str]
    """Their ids in layout order."""
    ledger: Ledger
    walkers: list["Walker"] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    """Every request with its answer, in the order of the answers."""

    @property
    def id(self) -> str:
        event_id: str = self.event["id"]
        return event_id


@dataclass(slots=True)
class Caller:
    """A person who sends requests. Every answer that is not expected is recorded as a finding."""

    name: str
    person: Person
    world: World

    async def ask(
        self, method: str, path: str, body: object = None, *, may: set[str], **headers: str
    ) -> tuple[Answer, Span]:
        """Send a request. `may` lists the right answers, such as `200` and `409 sold_out`."""
        sent = time.monotonic()
        answer = await self.person.call(method, path, body, **headers)
        told = Span(sent, time.monotonic())
        short = str(answer.status)
        if answer.status >= 400:
            code = answer["code"] if isinstance(answer.body, dict) else "-"
            short = f"{answer.status} {code}"
        deed = f"{method} {path.replace(self.world.id, '{event}')}"
        self.world.ledger.findings.answers[short] += 1
        self.world.trace.append(
            f"{told.sent:.3f}-{told.received:.3f} {self.name} {deed} {body or ''} -> {short} "
            f"{_brief(answer.body)}"
        )
        if short not in may | _ALWAYS:
            what = f"{self.name}: {deed} {body}: {short} {answer.body}"
            self.world.ledger.findings.add("answer", what)
        return answer, told


@dataclass(slots=True)
class Walker(Caller):
    code: str | None = None
    """The code of the priority lane, if they know it."""
    live: bool = False
    """Whether their page has a live connection, which tells them of their turn."""
    asleep: int = 0
    """For how many moments they do nothing."""
    ticket: str | None = None
    in_line: bool = False
    """Whether they may have a place or an admission."""
    listed: bool = False
    """Whether they ever joined the waiting list."""
    admission: str | None = None
    admission_ends: float | None = None
    old_admission: str | None = None
    asked: float = 0.0
    """When they last asked for their place."""
    _listening: asyncio.Task[None] | None = None

    # --- what they know

    @property
    def ledger(self) -> Ledger:
        return self.world.ledger

    @property
    def is_inside(self) -> bool:
        return self.admission is not None and (self.admission_ends or 0) > time.monotonic() + 1

    def my_holds(self) -> list[Hold]:
        """Their holds that are live as far as they know."""
        now = time.monotonic()
        return [
            hold
            for hold in self.ledger.sale.holds.values()
            if hold.who == self.name and not hold.order_id and hold.live(now)
        ]

    def my_orders(self) -> list[Order]:
        return [order for order in self.ledger.sale.orders.values() if order.who == self.name]

    def others(self) -> list["Walker"]:
        return [walker for walker in self.world.walkers if walker is not self]

    # --- the line

    async def go_on(self, chance: Random) -> None:
        """Take the next step towards a ticket."""
        if holds := self.my_holds():
            await self.pay(chance.choice(holds), "tok_ok")
        elif self.admission and (self.admission_ends or 0) > time.monotonic():
            await self.hold_something(chance)
        elif self.in_line:
            await self.ask_place(chance)
        else:
            await self.join(chance)

    async def join(self, chance: Random) -> None:
        await self._join({"code": self.code} if self.code and chance.random() < 0.7 else None)

    async def come_back_by_ticket(self, _: Random) -> None:
        body = {"ticket": self.ticket}
        if self.admission or self.old_admission:
            body["admission"] = self.admission or self.old_admission
        await self._join(body if self.ticket else None)

    async def _join(self, body: Json | None) -> None:
        if body and body.get("code"):
            self.ledger.line.changes_lane(self.name)
        path = f"/api/events/{self.world.id}/queue"
        answer, told = await self.ask("POST", path, body, may={"200", "202"} | _NOT_NOW)
        if answer.status in (200, 202):
            self._placed(told, answer.body, joined=True)
        self._refused(answer, told)

    async def ask_place(self, _: Random) -> None:
        await self.place_now()

    async def place_now(self) -> Json | None:
        """Fetch and return their place, or None if they have none."""
        path = f"/api/events/{self.world.id}/queue"
        may = {"200", "404 not_in_queue", "409 sale_ended"}
        answer, told = await self.ask("GET", path, may=may)
        if answer.status == 200:
            self._placed(told, answer.body, joined=False)
        elif answer.status == 404:
            self.ledger.line.not_in_line(self.name, told)
            self._out()
        self._refused(answer, told)
        return answer.body if answer.status == 200 else None

    async def keep_the_page_open(self) -> None:
        """Poll the place now and then, as the open page of a waiting person does."""
        if self.in_line and time.monotonic() - self.asked > PAGE_SECONDS:
            await self.place_now()

    def _refused(self, answer: Answer, told: Span) -> None:
        code = answer["code"] if answer.status >= 400 else ""
        if code == "sold_out":
            self.ledger.sale.sold_out(told, f"{self.name}, who joins")
        if code == "sale_ended":
            self.ledger.line.ended(self.name)
            self._out()

    def _placed(self, told: Span, place: Json, *, joined: bool) -> None:
        self.ledger.line.place(self.name, told, place, joined=joined)
        self.asked = told.sent
        self.ticket = place["ticket"]
        self.in_line = True
        if (admission := place["admission"]) is not None:
            self._admitted(admission)

    def _admitted(self, admission: Json) -> None:
        self.admission = admission["token"]
        self.admission_ends = self.ledger.findings.clock(admission["expires_at"])

    def _out(self) -> None:
        self.in_line = False
        self._no_turn()

    def _no_turn(self) -> None:
        self.old_admission = self.admission or self.old_admission
        self.admission = self.admission_ends = None

    async def leave(self, chance: Random) -> None:
        """Leave the line, and sometimes try to rejoin with the old restore ticket, in vain."""
        self.ledger.line.leaving(self.name)
        admission = self.admission
        path = f"/api/events/{self.world.id}/queue"
        answer, told = await self.ask("DELETE", path, may={"204"})
        if answer.status == 204:
            self.ledger.line.left(self.name)
            if admission:
                self.ledger.sale.void(admission, told.received + self.ledger.terms.settings)
        self._out()
        if chance.random() < 0.5:
            await self.come_back_by_ticket(chance)

    async def sleep(self, chance: Random) -> None:
        self.asleep = chance.choice((5, 15, 40, 80))
        self.disconnect()

    # --- seats

    async def hold_something(self, chance: Random) -> None:
        deeds = (self.hold_seats, self.hold_seats, self.hold_best, self.hold_standing)
        await chance.choice((*deeds, self.hold_more_than_is_allowed))(chance)

    async def hold_more_than_is_allowed(self, _: Random) -> None:
        for quantity in (3, 2):
            wish = {"ticket_type_id": self.ledger.sale.standing_type, "quantity": quantity}
            await self._hold(wish)

    async def hold_seats(self, chance: Random) -> None:
        """Hold seats beside each other, which others may want too."""
        first, count = chance.randrange(len(self.world.seats)), chance.randint(1, 3)
        await self._hold({"seat_ids": self.world.seats[first : first + count]})

    async def hold_best(self, chance: Random) -> None:
        seated = next(k for k in self.world.event["ticket_types"] if k["kind"] == "seated")
        await self._hold({"ticket_type_id": seated["id"], "quantity": chance.randint(1, 4)})

    async def hold_standing(self, chance: Random) -> None:
        wish = {"ticket_type_id": self.ledger.sale.standing_type, "quantity": chance.randint(1, 3)}
        await self._hold(wish)

    async def _hold(self, body: Json) -> Answer:
        """Hold with their admission, or with the last one that they had."""
        admission = self.admission or self.old_admission or ""
        path = f"/api/events/{self.world.id}/holds"
        may = {
            "201", "403 admission_required", "403 admission_expired", "409 seats_unavailable",
            "409 sale_not_open", "422 limit_exceeded",
        }  # fmt: skip
        headers = {"Queue_Admission": admission, "Idempotency_Key": secrets.token_hex(8)}
        answer, told = await self.ask("POST", path, body, may=may, **headers)
        if answer.status == 201:
            hold = answer["hold"]
            known = self.admission_ends if admission == self.admission else None
            self.ledger.sale.holding(admission, known, told, hold)
            self.ledger.sale.held(self.name, told, hold)
        elif answer.status == 403:
            self._no_turn()
        return answer

    async def hold_for_a_moment(self, seats: list[str]) -> str:
        """Hold these seats and give them back at once. Returns the code of a refusal, or None."""
        answer = await self._hold({"seat_ids": seats})
        if answer.status != 201:
            return str(answer["code"])
        await self._give_back(self.ledger.sale.holds[answer["hold"]["id"]])
        return ""

    async def look_at_a_hold(self, chance: Random) -> None:
        if not (holds := self.my_holds()):
            await self.go_on(chance)
            return
        await self.see_hold(chance.choice(holds))

    async def see_hold(self, hold: Hold) -> bool:
        """Fetch the hold. Returns whether it is still live."""
        path = f"/api/holds/{hold.id}"
        answer, told = await self.ask("GET", path, may={"200", "410 hold_expired"})
        if answer.status == 200:
            self.ledger.sale.held(self.name, told, answer["hold"])
        elif answer.status == 410:
            self.ledger.sale.hold_gone(hold.id, told)
            hold.gone = True
        return answer.status == 200

    async def give_back(self, chance: Random) -> None:
        if not (holds := self.my_holds()):
            await self.go_on(chance)
            return
        await self._give_back(chance.choice(holds))

    async def _give_back(self, hold: Hold) -> None:
        self.ledger.sale.giving_up(hold.id, time.monotonic())
        path = f"/api/holds/{hold.id}"
        may = {"204", "409 payment_under_way", "409 hold_paid"}
        answer, _ = await self.ask("DELETE", path, may=may)
        if answer.status == 409:
            self.ledger.sale.kept(hold.id)

    # --- money

    async def pay_otherwise(self, chance: Random) -> None:
        """Pay with a card that is declined, a provider that fails or is late, or twice at once."""
        if not (holds := self.my_holds()):
            await self.go_on(chance)
            return
        hold = chance.choice(holds)
        token = chance.choice(("tok_declined", "tok_error", "tok_timeout", "twice", "again"))
        if token == "twice":
            await asyncio.gather(self.pay(hold, "tok_ok"), self.pay(hold, "tok_ok"))
        elif token == "again":
            key = secrets.token_hex(8)
            await self.pay(hold, "tok_ok", key)
            await self.pay(hold, "tok_ok", key)
        else:
            await self.pay(hold, token)

    async def pay(self, hold: Hold, token: str, key: str | None = None) -> None:
        self.ledger.sale.paying(hold.id)
        self.ledger.line.pays(self.name)
        admission = self.admission
        may = {
            "201", "202", "402 payment_declined", "409 seats_unavailable", "409 still_running",
            "410 hold_expired",
        }  # fmt: skip
        if token == "tok_error":
            may.add("503 payment_provider_unavailable")
        path, payment = f"/api/holds/{hold.id}/checkout", {"provider": "sandbox", "token": token}
        headers = {"Idempotency_Key": key} if key else {}
        answer, told = await self.ask("POST", path, {"payment": payment}, may=may, **headers)
        if answer.status == 201:
            self.ledger.sale.ordered(self.name, told, hold.id, answer["order"])
            self._no_turn()
            if admission:
                self.ledger.sale.void(admission, told.received)
        elif answer.status != 202:
            self.ledger.sale.not_paid(hold.id)
        if answer.status == 410:
            self.ledger.sale.hold_gone(hold.id, told)

    async def refund(self, chance: Random) -> None:
        """Return a whole order or one of its tickets, once or twice at the same time."""
        if not (orders := self.my_orders()):
            await self.go_on(chance)
            return
        order = chance.choice(orders)
        some = [chance.choice(order.tickets)] if chance.random() < 0.4 else None
        if chance.random() < 0.3:
            await asyncio.gather(refund(self, order, some), refund(self, order, some))
        else:
            await refund(self, order, some)

    async def ask_for_orders(self, _: Random) -> None:
        """Compare their orders with the ledger, and record orders whose answer never came."""
        told, orders = await self._find_orders()
        for order in orders:
            self.ledger.sale.ordered(self.name, told, None, order)

    async def _find_orders(self) -> tuple[Span, list[Json]]:
        answer, told = await self.ask("GET", "/api/orders?limit=100", may={"200"})
        if answer.status != 200:
            return told, []
        mine = [order for order in answer["orders"] if order["event_id"] == self.world.id]
        missing = {order.id for order in self.my_orders()} - {order["id"] for order in mine}
        if missing:
            self.ledger.findings.add(
                "money", f"{self.name} paid for {missing}, and does not find it"
            )
        return told, mine

    async def take_stock(self) -> None:
        """Fetch their orders, offers and holds while they do nothing else."""
        unpaid = [hold for hold in self.ledger.sale.holds.values() if self._may_be_mine(hold)]
        if self.my_orders() or any(hold.payments for hold in unpaid):
            told, orders = await self._find_orders()
            for order in orders:
                self.ledger.sale.order_seen(self.name, told, order)
        if self.listed:
            await self.look_for_an_offer()
        for hold in self.ledger.sale.holds.values():
            if self._may_be_mine(hold):
                hold.confirmed = await self.see_hold(hold)

    def _may_be_mine(self, hold: Hold) -> bool:
        if hold.order_id:
            hold.confirmed = False
        return hold.who == self.name and not hold.order_id and not hold.gone

    # --- the waiting list

    async def wait_for_returns(self, chance: Random) -> None:
        """Join the waiting list or look at it, and take an offer or give it up."""
        path = f"/api/events/{self.world.id}/waitlist"
        if chance.random() < 0.4:
            body = {"quantity": chance.randint(1, 2)}
            may = {"200", "201", "409 not_sold_out", "409 conflict"}
            answer, _ = await self.ask("POST", path, body, may=may)
            self.listed = self.listed or answer.status < 300
        elif chance.random() < 0.2:
            if (hold_id := await self.look_for_an_offer()) is not None:
                self.ledger.sale.giving_up(hold_id, time.monotonic())
            may = {"204", "404 not_waiting", "409 payment_under_way"}
            answer, _ = await self.ask("DELETE", path, may=may)
            if hold_id is not None and answer.status == 409:
                self.ledger.sale.kept(hold_id)
        else:
            await self.look_for_an_offer()

    async def look_for_an_offer(self) -> str | None:
        """Record the hold of an offer as one of theirs."""
        path = f"/api/events/{self.world.id}/waitlist"
        answer, _ = await self.ask("GET", path, may={"200", "404 not_waiting"})
        if answer.status != 200 or not answer["offer"]:
            return None
        hold_id: str = answer["offer"]["hold_id"]
        may = {"200", "410 hold_expired"}
        found, told = await self.ask("GET", f"/api/holds/{hold_id}", may=may)
        if found.status != 200:
            return None
        self.ledger.sale.held(self.name, told, found["hold"])
        return hold_id

    # --- what is somebody else's

    async def try_what_is_not_theirs(self, chance: Random) -> None:
        other = chance.choice(self.others())
        deeds = (self._try_hold, self._try_order, self._try_place, self._try_admission)
        await chance.choice(deeds)(other, chance)

    async def _try_hold(self, other: "Walker", chance: Random) -> None:
        if holds := other.my_holds():
            path = f"/api/holds/{chance.choice(holds).id}"
            payment = {"payment": {"provider": "sandbox", "token": "tok_ok"}}
            await self.ask("GET", path, may={"404 not_found"})
            await self.ask("DELETE", path, may={"404 not_found"})
            await self.ask("POST", f"{path}/checkout", payment, may={"404 not_found"})

    async def _try_order(self, other: "Walker", chance: Random) -> None:
        if orders := other.my_orders():
            order = chance.choice(orders)
            path = f"/api/orders/{order.id}"
            await self.ask("GET", path, may={"404 not_found"})
            await self.ask("POST", f"{path}/refund", may={"404 not_found"})
            code = {"code": order.tickets[0].code}
            await self.ask("POST", "/api/checkin", code, may={"403 forbidden"})

    async def _try_place(self, other: "Walker", _: Random) -> None:
        if other.ticket:
            body = {"ticket": other.ticket}
            path = f"/api/events/{self.world.id}/queue"
            await self.ask("POST", path, body, may={"422 invalid_ticket", "409 sale_ended"})

    async def _try_admission(self, other: "Walker", _: Random) -> None:
        if other.admission:
            path = f"/api/events/{self.world.id}/holds"
            body = {"seat_ids": self.world.seats[:1]}
            may = {"403 admission_required", "403 admission_expired"}
            await self.ask("POST", path, body, may=may, Queue_Admission=other.admission)

    # --- a page that is connected

    def connect(self) -> None:
        if self.live and self._listening is None:
            self._listening = asyncio.create_task(self._listen())

    def disconnect(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            self._listening = None

    async def _listen(self) -> None:
        async with self.person.live() as live:
            await live.send_json({"type": "subscribe", "data": {"event_id": self.world.id}})
            async for message in live:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._told(message.json())

    def _told(self, message: Json) -> None:
        if message["type"] == "queue-enter" and message["data"]["event_id"] == self.world.id:
            self._admitted(message["data"]["admission"])


async def refund(caller: Caller, order: Order, some: list[Ticket] | None) -> None:
    """Refund tickets, as their owner or as an organiser, who may refund used tickets too."""
    ledger = caller.world.ledger
    by_owner = isinstance(caller, Walker)
    tickets = some or order.tickets
    sent = time.monotonic()
    ledger.sale.refunding(tickets, sent)
    body = {"ticket_ids": [ticket.id for ticket in tickets]} if some else {}
    may = {"200", "409 already_refunded", "409 ticket_used", "409 refund_closed"}
    path = f"/api/orders/{order.id}/refund"
    answer, told = await caller.ask("POST", path, body, may=may)
    if answer.status == 200:
        ledger.sale.refunded(told, answer["order"], tickets, by_owner=by_owner)
    else:
        ledger.sale.not_refunded(tickets, sent)


def _brief(body: object) -> str:
    """The part of an answer that the trace shows."""
    if not isinstance(body, dict):
        return ""
    shown = {name: body[name] for name in ("status", "lane", "number", "position") if name in body}
    for name in ("hold", "order"):
        if name in body:
            seats = [_seat(one) for one in body[name].get("seats") or body[name].get("tickets")]
            shown[name] = (body[name]["id"], seats)
    return str(shown)


def _seat(one: Json) -> str | None:
    """The seat's id of a ticket or of a seat that is held. General admission has none."""
    seat = one.get("seat", one)
    seat_id: str | None = seat["id"] if seat else None
    return seat_id
