"""Who waits for whom in an event's line of hold orders; what Postgres decides is scripted here."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from msgspec import structs

from tiketi_booking.domain.holds import Decision, HoldOrder, Quantity, Seats
from tiketi_booking.usecases import hold_line
from tiketi_booking.usecases.hold_line import PARALLEL, HoldLine
from tiketi_shared.errors import Unavailable
from tiketi_shared.ids import EventId, HoldId, UserId, new_id


class Statements:
    """Each statement waits until the test answers it."""

    def __init__(self) -> None:
        self.under_way: list[tuple[list[HoldOrder], asyncio.Future[list[Decision]]]] = []
        self.seen = 0

    async def take(self, _: EventId, orders: Sequence[HoldOrder], __: float) -> list[Decision]:
        self.seen += 1
        answer: asyncio.Future[list[Decision]] = asyncio.get_running_loop().create_future()
        self.under_way.append((list(orders), answer))
        return await answer

    def answer(self) -> None:
        """All that is asked is held."""
        orders, answer = self.under_way.pop(0)
        answer.set_result([held(order) for order in orders])

    def fail(self, error: Exception) -> None:
        self.under_way.pop(0)[1].set_exception(error)


def held(order: HoldOrder) -> Decision:
    assert isinstance(order.wanted, Seats)
    seats = list(order.wanted.indices)
    return Decision("held", order.id, seats, [1] * len(seats), [5] * len(seats), 5,
                    datetime.now(UTC))  # fmt: skip


def order(*seats: int, user: str = "") -> HoldOrder:
    return HoldOrder(HoldId(new_id()), UserId(user or new_id()), Seats(seats))


def standing(places: int = 1) -> HoldOrder:
    return HoldOrder(HoldId(new_id()), UserId(new_id()), Quantity(2, places))


@pytest_asyncio.fixture
async def statements() -> AsyncIterator[Statements]:
    statements = Statements()
    yield statements
    while statements.under_way:
        statements.fail(Unavailable("the test is over"))
        await soon()


@pytest.fixture
def line(statements: Any) -> HoldLine:
    return HoldLine(EventId("e"), statements, lambda: None, unprepared, seconds=300)


async def unprepared(orders: Sequence[HoldOrder]) -> Sequence[HoldOrder]:
    return orders


async def soon() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_asked_in_one_turn_is_decided_in_one_statement(
    line: HoldLine, statements: Statements
) -> None:
    deciding = [asyncio.ensure_future(line.decide(order(seat))) for seat in range(50)]
    await soon()
    assert [len(orders) for orders, _ in statements.under_way] == [50]
    statements.answer()
    assert {decision.outcome for decision in await asyncio.gather(*deciding)} == {"held"}


async def test_an_order_that_comes_as_the_last_one_is_told_is_decided_too(
    line: HoldLine, statements: Statements
) -> None:
    told: list[Any] = []

    def ask_again(_: Any) -> None:
        line.ask(order(2), told.append)

    line.ask(order(1), ask_again)
    await soon()
    statements.answer()
    await soon()
    statements.answer()
    await soon()
    assert [decision.outcome for decision in told] == ["held"]


async def test_statements_run_beside_each_other_but_not_too_many(
    line: HoldLine, statements: Statements
) -> None:
    for seat in range(4):
        line.ask(order(seat), lambda _: None)
        await soon()
    assert len(statements.under_way) == PARALLEL
    statements.answer()
    await soon()
    assert len(statements.under_way[-1][0]) == 4 - PARALLEL


async def test_a_seat_that_is_being_decided_is_not_asked_for_beside_it(
    line: HoldLine, statements: Statements
) -> None:
    first, second = (asyncio.ensure_future(line.decide(order(7))) for _ in range(2))
    await soon()
    assert statements.seen == 1
    statements.answer()
    assert ((await first).outcome, (await second).outcome) == ("held", "unavailable")
    assert statements.seen == 1


@pytest.mark.parametrize("keyed", [False, True], ids=["another's order", "a repeat"])
async def test_whoever_wants_seats_that_were_just_taken_is_refused_unless_a_key_may_know_better(
    line: HoldLine, statements: Statements, keyed: bool
) -> None:
    """With the Idempotency-Key of the hold that took them the database answers with that hold."""
    told: list[Any] = []
    first = order(1, 2)
    later = msgspec.structs.replace(order(2, 3), key=b"key" if keyed else None)
    line.ask(first, lambda _: None)
    line.ask(later, told.append)
    await soon()
    statements.answer()
    await soon()
    if keyed:
        assert (told, [orders for orders, _ in statements.under_way]) == ([], [[later]])
    else:
        assert [(one.outcome, one.seats) for one in told] == [("unavailable", [3])]
        assert statements.under_way == []


async def test_who_is_to_ask_again_comes_before_those_who_came_meanwhile(
    line: HoldLine, statements: Statements
) -> None:
    """Standing places: what is left depends on those before in the batch."""
    first, second, third = (standing() for _ in range(3))
    for one in (first, second):
        line.ask(one, lambda _: None)
    await soon()
    line.ask(order(7), lambda _: None)  # the second statement that may run beside
    await soon()
    line.ask(third, lambda _: None)
    orders, answer = statements.under_way.pop(0)
    assert orders == [first, second]
    later = Decision("later", second.id, [], [], [], 0, None)
    answer.set_result([Decision("held", first.id, [], [2], [5], 5, datetime.now(UTC)), later])
    await soon()
    assert statements.under_way[-1][0] == [second, third]


async def test_one_person_is_decided_one_order_at_a_time(
    line: HoldLine, statements: Statements
) -> None:
    both = [asyncio.ensure_future(line.decide(order(seat, user="u"))) for seat in (1, 2)]
    await soon()
    assert [len(orders) for orders, _ in statements.under_way] == [1]
    statements.answer()
    await soon()
    statements.answer()
    assert [decision.outcome for decision in await asyncio.gather(*both)] == ["held", "held"]


async def test_a_statement_that_fails_fails_its_own_orders_only(
    line: HoldLine, statements: Statements
) -> None:
    first = asyncio.ensure_future(line.decide(order(1)))
    await soon()
    second = asyncio.ensure_future(line.decide(order(2)))
    await soon()
    statements.fail(Unavailable("away"))
    with pytest.raises(Unavailable):
        await first
    statements.answer()
    assert (await second).outcome == "held"


async def test_more_than_can_wait_are_told_to_come_back(
    line: HoldLine, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold_line, "MAX_WAITING", 3)
    line.ask(order(0, user="u"), lambda _: None)
    await soon()
    for _ in range(3):
        line.ask(order(0, user="u"), lambda _: None)
    with pytest.raises(Unavailable):
        line.ask(order(1), lambda _: None)
    assert statements.seen == 1


async def test_who_agreed_to_other_seats_goes_on_without_the_lost_ones(
    line: HoldLine, statements: Statements
) -> None:
    """All of those who lost the same seat are decided together."""
    agreed = [structs.replace(order(4), wish=b"w") for _ in range(3)]
    decisions = [asyncio.ensure_future(line.decide(each)) for each in (order(4), *agreed)]
    await soon()
    assert len(statements.under_way[0][0]) == 1
    statements.answer()
    await soon()
    (together, _) = statements.under_way[0]
    assert [each.id for each in together] == [each.id for each in agreed]
    assert all(each.lost for each in together)
    statements.answer()
    assert [(await each).outcome for each in decisions] == ["held"] * 4
