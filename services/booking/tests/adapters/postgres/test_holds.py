"""The life of a seat, step by random step, against a model; on a real Postgres."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tiketi_booking.adapters.postgres.catalogue import PostgresCatalogue
from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.adapters.postgres.holds import PostgresHolds
from tiketi_booking.adapters.postgres.orders import PostgresOrders
from tiketi_booking.adapters.postgres.watch import Watch
from tiketi_booking.domain.catalogue import NewEvent, NewLayout, NewTicketType
from tiketi_booking.domain.holds import HoldOrder, Quantity, Seats
from tiketi_booking.domain.layout import Section
from tiketi_booking.migrate import migrate
from tiketi_booking.usecases.catalogue import Catalogue, Organising
from tiketi_local.properties import WITHOUT_SHRINKING
from tiketi_shared.ids import AdmissionId, EventId, HoldId, OrderId, UserId, new_id
from tiketi_shared.postgres import open_postgres

SEATS, STANDING, LIMIT, BUYERS = 8, 5, 4, 3
FAR = 4_000_000_000


@dataclass
class ModelHold:
    buyer: int
    seats: tuple[int, ...]
    standing: int
    admission: str
    live: bool = True
    in_time: bool = True
    payment: str | None = None

    @property
    def count(self) -> int:
        return len(self.seats) + self.standing


@dataclass
class ModelOrder:
    buyer: int
    seats: tuple[int, ...]
    standing: int


class SeatLife(RuleBasedStateMachine):
    """`holder` says who has a seat: a hold's id, an order's id, or "x" for blocked."""

    stage: "Stage"

    def __init__(self) -> None:
        super().__init__()
        self.event_id = self.stage.run(self.stage.event())
        self.buyers = self.stage.run(self.stage.users(BUYERS))
        self.holder: dict[int, str] = {}
        self.holds: dict[str, ModelHold] = {}
        self.orders: dict[str, ModelOrder] = {}
        self.spent: set[str] = set()
        self.admissions = [new_id() for _ in range(BUYERS)]

    # --- what the model knows

    def free(self, seat: int) -> bool:
        holder = self.holder.get(seat)
        hold = self.holds.get(holder or "")
        return holder is None or (hold is not None and not hold.in_time)

    def taken_by(self, buyer: int) -> int:
        return sum(
            hold.count for hold in self.holds.values()
            if hold.buyer == buyer and hold.live and hold.in_time
        ) + sum(
            len(order.seats) + order.standing
            for order in self.orders.values() if order.buyer == buyer
        )  # fmt: skip

    def standing_left(self) -> int:
        return (
            STANDING
            - sum(hold.standing for hold in self.holds.values() if hold.live)
            - sum(order.standing for order in self.orders.values())
        )

    # --- steps

    @rule(
        wishes=st.lists(
            st.one_of(
                st.frozensets(st.integers(0, SEATS - 1), min_size=1, max_size=3),
                st.integers(1, 3),
            ),
            min_size=1,
            max_size=BUYERS,
        ),
        first=st.integers(0, BUYERS - 1),
    )
    def hold(self, wishes: list[Any], first: int) -> None:
        """A batch; each buyer once, no seat twice, as the line of holds makes them."""
        orders, wanted, seen = [], [], set[int]()
        for place, wish in enumerate(wishes):
            seats = tuple(sorted(wish)) if isinstance(wish, frozenset) else ()
            if seen & set(seats):
                continue
            seen |= set(seats)
            buyer = (first + place) % BUYERS
            wanted.append((buyer, seats, 0 if seats else wish))
            orders.append(
                HoldOrder(
                    HoldId(new_id()), self.buyers[buyer],
                    Seats(seats) if seats else Quantity(2, wish),
                    AdmissionId(self.admissions[buyer]), FAR,
                )
            )  # fmt: skip
        decisions = self.stage.run(self.stage.holds.take(self.event_id, orders, 300))
        for order, (buyer, seats, standing), decision in zip(
            orders, wanted, decisions, strict=True
        ):
            expected = self.expected(buyer, seats, standing)
            if decision.outcome == "later":
                assert standing > 0
                continue
            assert decision.outcome == expected
            if expected == "unavailable":
                assert decision.seats == [seat for seat in seats if self.free(seat)]
            if expected == "held":
                self.holds[order.id] = ModelHold(buyer, seats, standing, self.admissions[buyer])
                self.holder.update(dict.fromkeys(seats, order.id))

    def expected(self, buyer: int, seats: tuple[int, ...], standing: int) -> str:
        if self.admissions[buyer] in self.spent:
            return "admission"
        if self.taken_by(buyer) + len(seats) + standing > LIMIT:
            return "limit"
        there = all(map(self.free, seats)) and standing <= self.standing_left()
        return "held" if there else "unavailable"

    @rule(buyer=st.integers(0, BUYERS - 1))
    def be_admitted_again(self, buyer: int) -> None:
        self.admissions[buyer] = new_id()

    @rule(buyer=st.integers(0, BUYERS - 1))
    def give_the_admission_up(self, buyer: int) -> None:
        admission = AdmissionId(self.admissions[buyer])
        self.stage.run(self.stage.holds.revoke([(admission, FAR)]))
        self.spent.add(admission)

    @precondition(lambda self: any(hold.live for hold in self.holds.values()))
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        hold_id, hold = self.choose(data, lambda hold: hold.live)
        released = self.stage.run(self.stage.holds.release(self.event_id, HoldId(hold_id)))
        assert released == (hold.payment is None)
        if released:
            self.end(hold_id)

    @precondition(lambda self: any(hold.live for hold in self.holds.values()))
    @rule(data=st.data())
    def run_out_of_time(self, data: st.DataObject) -> None:
        hold_id, hold = self.choose(data, lambda hold: hold.live)
        self.stage.run(self.stage.run_out(hold_id))
        hold.in_time = False

    @rule()
    def sweep(self) -> None:
        self.stage.run(self.stage.holds.expire(100))
        for hold_id, hold in self.holds.items():
            if hold.live and not hold.in_time:
                self.end(hold_id)

    @precondition(lambda self: any(hold.live for hold in self.holds.values()))
    @rule(data=st.data())
    def begin_to_pay(self, data: st.DataObject) -> None:
        hold_id, hold = self.choose(data, lambda hold: hold.live)
        begun = self.stage.run(
            self.stage.orders.begin(
                HoldId(hold_id), self.buyers[hold.buyer], "sandbox", "t", cap=600, check_after=60
            )
        )
        if hold.payment is not None:
            assert (begun.outcome, begun.payment_id) == ("under_way", hold.payment)
        elif not hold.in_time:
            assert begun.outcome == "expired"
        else:
            assert begun.outcome == "begun"
            hold.payment = begun.payment_id

    @precondition(lambda self: any(hold.payment for hold in self.holds.values()))
    @rule(data=st.data(), charged=st.booleans())
    def hear_of_the_payment(self, data: st.DataObject, charged: bool) -> None:
        hold_id, hold = self.choose(data, lambda hold: hold.payment is not None)
        assert hold.payment is not None
        payment_id, hold.payment = hold.payment, None
        if not charged:
            assert self.stage.run(self.stage.orders.decline(payment_id, "declined"))
            if hold.live and not hold.in_time:
                hold.in_time = self.stage.run(self.stage.in_time(hold_id))
            return
        outcome = self.stage.run(self.stage.orders.settle(payment_id, "ref"))
        assert outcome == ("order" if self.still_to_be_had(hold_id, hold) else "refund")
        assert outcome == self.stage.run(self.stage.orders.settle(payment_id, "ref"))
        if outcome == "order":
            order_id = self.stage.run(self.stage.order_of(payment_id))
            hold.live = False
            self.holder.update(dict.fromkeys(hold.seats, order_id))
            self.orders[order_id] = ModelOrder(hold.buyer, hold.seats, hold.standing)
            self.spent.add(hold.admission)
        del self.holds[hold_id]
        if outcome == "refund" and hold.live:
            self.holds[hold_id] = hold

    def still_to_be_had(self, hold_id: str, hold: ModelHold) -> bool:
        late = not (hold.live and hold.in_time)
        if late and self.taken_by(hold.buyer) + hold.count > LIMIT:
            return False
        if hold.standing and not hold.live:
            return hold.standing <= self.standing_left()
        return all(self.free(seat) or self.holder[seat] == hold_id for seat in hold.seats)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def refund(self, data: st.DataObject) -> None:
        order_id = data.draw(st.sampled_from(sorted(self.orders)))
        outcome, _ = self.stage.run(
            self.stage.orders.refund(OrderId(order_id), None, "requested", forced=False)
        )
        assert outcome == "refunded"
        for seat in self.orders.pop(order_id).seats:
            del self.holder[seat]

    @rule(seat=st.integers(0, SEATS - 1), block=st.booleans())
    def block(self, seat: int, block: bool) -> None:
        way = self.stage.run(self.stage.catalogue.block(self.event_id, [seat], block=block))
        holder = self.holder.get(seat)
        assert way == ([] if holder in (None, "x") else [seat])
        if not way and block:
            self.holder[seat] = "x"
        elif not way:
            self.holder.pop(seat, None)

    # --- what always holds

    @invariant()
    def every_seat_is_as_the_model_says(self) -> None:
        picture = self.stage.run(self.stage.picture(self.event_id))
        assert picture.states.decode() == "".join(map(self.state, range(SEATS)))
        assert list(picture.general.values()) == [self.standing_left()]

    def teardown(self) -> None:
        assert self.stage.run(self.stage.sweep()) == {}

    def state(self, seat: int) -> str:
        holder = self.holder.get(seat)
        if holder is None or holder == "x":
            return holder or "a"
        return "s" if holder in self.orders else "h"

    def choose(self, data: st.DataObject, fits: Any) -> tuple[str, ModelHold]:
        ids = sorted(hold_id for hold_id, hold in self.holds.items() if fits(hold))
        hold_id = data.draw(st.sampled_from(ids))
        return hold_id, self.holds[hold_id]

    def end(self, hold_id: str) -> None:
        self.holds[hold_id].live = False
        self.holder = {seat: of for seat, of in self.holder.items() if of != hold_id}


class Stage:
    """The real stores, for the steps of a machine that is not asynchronous itself."""

    def __init__(self, runner: asyncio.Runner, database: Database, audit: Any) -> None:
        self.runner, self.database, self.audit = runner, database, audit
        self.catalogue = PostgresCatalogue(database)
        self.holds, self.orders = PostgresHolds(database), PostgresOrders(database)
        self.watch = Watch(database, lambda _: None, seconds=0)

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    async def event(self) -> EventId:
        now = datetime.now(UTC)
        catalogue = Catalogue(self.catalogue, seconds=60)
        event = await Organising(self.catalogue, catalogue, lambda: None).create(
            NewEvent(
                name="X", venue="Y", starts_at=now + timedelta(days=2),
                sale_opens_at=now - timedelta(days=1), sale_closes_at=now + timedelta(days=1),
                max_per_user=LIMIT,
                ticket_types=(
                    NewTicketType(name="R", price=100),
                    NewTicketType(name="S", price=30, kind="general", capacity=STANDING),
                ),
                layout=NewLayout(
                    (Section(name="A", rows=1, seats_per_row=SEATS, ticket_type="R"),)
                ),
            )
        )  # fmt: skip
        return event.id

    async def users(self, count: int) -> list[UserId]:
        ids = [UserId(new_id()) for _ in range(count)]
        await self.database.execute_many(
            "INSERT INTO users (id, email, name, password_hash) VALUES ($1, $1, 'X', '')",
            [(id_,) for id_ in ids],
        )
        return ids

    async def run_out(self, hold_id: str) -> None:
        for table, column, key in (
            ("holds", "expires_at", "id"),
            ("seats", "hold_until", "hold_id"),
        ):
            await self.database.execute(
                f"UPDATE {table} SET {column} = now() - interval '1 second' WHERE {key} = $1",
                hold_id,
            )

    async def in_time(self, hold_id: str) -> bool:
        return bool(
            await self.database.value(
                "SELECT expires_at > clock_timestamp() FROM holds WHERE id = $1", hold_id
            )
        )

    async def order_of(self, payment_id: str) -> str:
        return str(
            await self.database.value("SELECT order_id FROM payments WHERE id = $1", payment_id)
        )

    async def picture(self, event_id: EventId) -> Any:
        self.watch.touched()
        return await self.watch.picture(event_id)

    async def sweep(self) -> Any:
        return await self.audit(self.database)


@pytest.fixture
def stage(postgres_dsn: str, audit: Any) -> Iterator[Stage]:
    with asyncio.Runner() as runner:
        runner.run(migrate(postgres_dsn))
        opened = open_postgres(postgres_dsn, timeout=30)
        pool = runner.run(opened.__aenter__())
        yield Stage(runner, Database(pool), audit)
        runner.run(opened.__aexit__(None, None, None))


@pytest.mark.hypothesis
def test_a_seat_lives_as_its_model_does(stage: Stage) -> None:
    machine = type("SeatLifeHere", (SeatLife,), {"stage": stage})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            phases=WITHOUT_SHRINKING,
            suppress_health_check=list(HealthCheck),
        ),
    )
