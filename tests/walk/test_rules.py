"""Each rule of a walk finds what cannot be true, and lets pass what only looks like it."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.harness import Json
from tests.walk.facts import Span, Terms
from tests.walk.ledger import Ledger

STALLS, STANDING = "stalls", "standing"
EVENT: Json = {
    "ticket_types": [
        {"id": STALLS, "kind": "seated", "capacity": 5},
        {"id": STANDING, "kind": "general", "capacity": 3},
    ]
}
TERMS = Terms(
    presence=3, grace=2, admission=10, settings=2, fresh=4, max_per_user=4, paced=True
)  # fmt: skip

ZERO = time.monotonic()


def at(sent: float, received: float | None = None) -> Span:
    """So many seconds from the start of the test. An answer takes 10 ms."""
    return Span(ZERO + sent, ZERO + (sent + 0.01 if received is None else received))


def stamp(seconds: float) -> str:
    away = seconds - (time.monotonic() - ZERO)
    return (datetime.now(UTC) + timedelta(seconds=away)).isoformat()


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(EVENT, TERMS, capacity=2, pace=1.0)


def rules(ledger: Ledger) -> set[str]:
    return {broken.rule for broken in ledger.findings.broken}


def waits(ledger: Ledger, who: str, number: int, told: Span, **place: object) -> None:
    shown = {"status": "waiting", "lane": "general", "number": number, "admission": None}
    ledger.line.place(who, told, shown | place, joined=True)


def enters(ledger: Ledger, who: str, number: int, told: Span, until: float = 60) -> None:
    admission = {"token": who, "expires_at": stamp(until)}
    waits(ledger, who, number, told, status="admitted", admission=admission)


def holds(
    ledger: Ledger, who: str, seats: list[str], told: Span, *, until: float = 60, standing: int = 0
) -> str:
    """Record a hold. Returns its id."""
    kind, price = (STANDING, 3) if standing else (STALLS, 7)
    places: list[str | None] = [*seats, *[None] * standing]
    hold = {
        "id": f"{who}-{'-'.join(seats)}-{told.sent}",
        "seats": [{"id": seat, "price": price, "ticket_type_id": kind} for seat in places],
        "total": price * len(places),
        "expires_at": stamp(until),
    }
    return ledger.sale.held(who, told, hold).id


def buys(ledger: Ledger, who: str, seats: list[str], told: Span, **order: object) -> str:
    """Record a purchase. Returns the order's id."""
    hold_id = holds(ledger, who, seats, told)
    ledger.sale.paying(hold_id)
    tickets = [
        {"id": f"t-{seat}", "code": f"c-{seat}", "price": 7, "seat": {"id": seat}} for seat in seats
    ]
    shown = {"id": f"o-{hold_id}", "tickets": tickets, "total": 7 * len(seats), "refunded": 0}
    ledger.sale.ordered(who, told, hold_id, shown | order)
    return f"o-{hold_id}"


def gives_back(ledger: Ledger, order_id: str, told: Span, refunded: int, **by: bool) -> None:
    tickets = ledger.sale.orders[order_id].tickets
    ledger.sale.refunding(tickets, told.sent)
    answer = {"id": order_id, "refunded": refunded}
    ledger.sale.refunded(told, answer, tickets, **({"by_owner": True} | by))


def scans(ledger: Ledger, code: str, told: Span, outcome: str) -> None:
    ledger.sale.scanning(code, told.sent)
    ledger.sale.scanned(code, told, outcome)


# --- the line


@pytest.mark.parametrize(
    ("ahead_is_seen", "broken"),
    [
        ([0, 1, 2, 3], {"order"}),
        ([0, 1, 9], set()),  # away when the other one came in
        ([1.55, 3], set()),  # perhaps not in line yet
    ],
)
def test_somebody_present_in_front_enters_first(
    ledger: Ledger, ahead_is_seen: list[float], broken: set[str]
) -> None:
    waits(ledger, "behind", 12, at(1.5))
    enters(ledger, "behind", 12, at(1.6))
    for moment in ahead_is_seen:
        waits(ledger, "ahead", 11, at(moment))
    assert rules(ledger) == broken


@pytest.mark.parametrize(("lane", "broken"), [("priority", {"order"}), ("general", set())])
def test_the_priority_lane_is_served_first(ledger: Ledger, lane: str, broken: set[str]) -> None:
    waits(ledger, "invited", 99, at(0), lane=lane)
    waits(ledger, "other", 12, at(1))
    enters(ledger, "other", 12, at(1.2))
    waits(ledger, "invited", 99, at(2), lane=lane)
    assert rules(ledger) == broken


@pytest.mark.parametrize(("again", "broken"), [(2.5, {"order"}), (3.5, set())])
def test_only_whoever_is_away_is_passed_over(
    ledger: Ledger, again: float, broken: set[str]
) -> None:
    waits(ledger, "somebody", 11, at(0))
    waits(ledger, "somebody", 11, at(again), status="passed_over")
    assert rules(ledger) == broken


@pytest.mark.parametrize(
    ("second", "again", "broken"),
    [
        (11, 4, set()),
        (10, 4, {"number"}),
        (12, 4, {"place"}),
        (12, 5.5, set()),  # longer away than presence and grace
    ],
)
def test_a_place_keeps_its_number(
    ledger: Ledger, second: int, again: float, broken: set[str]
) -> None:
    waits(ledger, "somebody", 11, at(0))
    waits(ledger, "somebody", second, at(again))
    assert rules(ledger) == broken


def test_a_number_is_one_persons(ledger: Ledger) -> None:
    waits(ledger, "one", 11, at(0))
    waits(ledger, "two", 11, at(0), lane="lobby")  # drawn numbers may be shared
    assert rules(ledger) == set()
    waits(ledger, "two", 11, at(0))
    assert rules(ledger) == {"number"}


def test_a_place_that_was_given_up_is_gone(ledger: Ledger) -> None:
    waits(ledger, "somebody", 11, at(0))
    ledger.line.leaving("somebody")
    ledger.line.left("somebody")
    waits(ledger, "somebody", 12, at(1))
    assert rules(ledger) == set()
    waits(ledger, "another", 13, at(1))
    ledger.line.leaving("another")
    ledger.line.left("another")
    waits(ledger, "another", 13, at(2))
    assert rules(ledger) == {"number"}


@pytest.mark.parametrize(("again", "broken"), [(4, {"place"}), (30, set())])
def test_nobody_loses_a_place_or_a_turn(ledger: Ledger, again: float, broken: set[str]) -> None:
    waits(ledger, "waiting", 11, at(0))
    enters(ledger, "inside", 10, at(0), until=10)
    for who in ("waiting", "inside"):
        ledger.line.not_in_line(who, at(again))
    assert rules(ledger) == broken
    assert len(ledger.findings.broken) == 2 * len(broken)


def test_a_turn_may_end_with_the_purchase(ledger: Ledger) -> None:
    enters(ledger, "buyer", 11, at(0))
    ledger.line.pays("buyer")
    enters(ledger, "buyer", 11, at(1))
    ledger.line.not_in_line("buyer", at(2))
    assert rules(ledger) == set()


@pytest.mark.parametrize(
    ("stays_until", "raised_at", "broken"),
    [(5, None, {"capacity"}), (1, None, set()), (5, 2.5, set()), (5, -4, set())],
)
def test_nobody_enters_above_the_capacity(
    ledger: Ledger, stays_until: float, raised_at: float | None, broken: set[str]
) -> None:
    for who, number in (("one", 1), ("two", 2)):
        enters(ledger, who, number, at(0))
        enters(ledger, who, number, at(stays_until))
    if raised_at is not None:
        change = ledger.line.capacity.begin(3, at(raised_at).sent)
        ledger.line.capacity.done(change, at(raised_at).received)
    enters(ledger, "three", 3, at(3))
    assert rules(ledger) == broken


@pytest.mark.parametrize(("active", "broken"), [(2, set()), (3, {"capacity"})])
def test_the_shared_document_tells_of_no_more_than_the_capacity(
    ledger: Ledger, active: int, broken: set[str]
) -> None:
    for moment, number in ((0, 1), (1, active)):
        ledger.line.status(0, at(moment), {"phase": "on_sale", "active": number})
    assert rules(ledger) == broken


def test_what_is_above_a_lowered_capacity_need_only_not_grow(ledger: Ledger) -> None:
    for moment, number in ((0, 2), (9, 2)):
        ledger.line.status(0, at(moment), {"phase": "on_sale", "active": number})
        change = ledger.line.capacity.begin(1, at(1).sent)
        ledger.line.capacity.done(change, at(1).received)
    assert rules(ledger) == set()


@pytest.mark.parametrize(("every", "broken"), [(0.1, {"pace"}), (1.0, set())])
def test_nobody_enters_above_the_pace(ledger: Ledger, every: float, broken: set[str]) -> None:
    ledger.line.capacity.begin(100, at(-9).sent)
    for number in range(1, 12):
        enters(ledger, f"fan {number}", number, at(number * every))
    ledger.line.check_pace()
    assert rules(ledger) == broken


# --- what is sold


@pytest.mark.parametrize(
    ("until", "given_up", "broken"),
    [(60, False, {"seat"}), (1, False, set()), (60, True, set())],
)
def test_a_seat_has_one_holder(
    ledger: Ledger, until: float, given_up: bool, broken: set[str]
) -> None:
    first = holds(ledger, "one", ["s1", "s2"], at(0), until=until)
    if given_up:
        ledger.sale.giving_up(first, at(1).sent)
    holds(ledger, "two", ["s2"], at(2))
    assert rules(ledger) == broken


@pytest.mark.parametrize(("given_back", "broken"), [(False, {"seat"}), (True, set())])
def test_a_sold_seat_is_on_sale_again_only_once_it_was_given_back(
    ledger: Ledger, given_back: bool, broken: set[str]
) -> None:
    order_id = buys(ledger, "one", ["s1"], at(0))
    if given_back:
        gives_back(ledger, order_id, at(1), 7)
    holds(ledger, "two", ["s1"], at(2))
    assert rules(ledger) == broken


@pytest.mark.parametrize(("quantity", "broken"), [(1, set()), (2, {"seat"})])
def test_no_more_stand_than_there_are_places(
    ledger: Ledger, quantity: int, broken: set[str]
) -> None:
    holds(ledger, "one", [], at(0), standing=2)
    holds(ledger, "two", [], at(1), standing=quantity)
    assert rules(ledger) == broken


def test_nobody_has_more_than_the_limit(ledger: Ledger) -> None:
    buys(ledger, "one", ["s1", "s2", "s3"], at(0))
    holds(ledger, "one", ["s4"], at(1))
    assert rules(ledger) == set()
    holds(ledger, "one", ["s5"], at(2))
    assert rules(ledger) == {"limit"}


@pytest.mark.parametrize(("moment", "broken"), [(1, {"seat"}), (6, set())])
def test_a_hold_lasts_as_long_as_was_told(ledger: Ledger, moment: float, broken: set[str]) -> None:
    hold_id = holds(ledger, "one", ["s1"], at(0), until=5)
    ledger.sale.hold_gone(hold_id, at(moment))
    assert rules(ledger) == broken


@pytest.mark.parametrize(("moment", "broken"), [(2, set()), (4, {"admission"})])
def test_nobody_holds_with_an_admission_that_was_given_up(
    ledger: Ledger, moment: float, broken: set[str]
) -> None:
    ledger.sale.void("token", at(3).received)
    ledger.sale.holding("token", None, at(moment), {"id": "h"})
    assert rules(ledger) == broken


@pytest.mark.parametrize(
    ("order", "broken"),
    [({}, set()), ({"total": 13}, {"money"}), ({"tickets": []}, {"seat", "money"})],
)
def test_an_order_is_what_was_held(ledger: Ledger, order: Json, broken: set[str]) -> None:
    buys(ledger, "one", ["s1", "s2"], at(0), **order)
    assert rules(ledger) == broken


def test_a_hold_is_paid_once(ledger: Ledger) -> None:
    order_id = buys(ledger, "one", ["s1"], at(0))
    order = ledger.sale.orders[order_id]
    shown = {
        "id": order_id,
        "tickets": [{"id": "t-s1", "code": "c-s1", "price": 7, "seat": {"id": "s1"}}],
        "total": 7,
    }
    ledger.sale.ordered("one", at(1), order.hold.id, shown)
    assert rules(ledger) == set()
    ledger.sale.ordered("one", at(1), order.hold.id, shown | {"id": "another"})
    assert rules(ledger) == {"money"}


def test_what_nobody_paid_for_is_nobodys_order(ledger: Ledger) -> None:
    ledger.sale.ordered("one", at(0), None, {"id": "o", "tickets": [], "total": 7})
    assert rules(ledger) == {"money"}


@pytest.mark.parametrize(("refunded", "broken"), [(14, set()), (7, {"money"})])
def test_a_refund_is_what_was_paid(ledger: Ledger, refunded: int, broken: set[str]) -> None:
    order_id = buys(ledger, "one", ["s1", "s2"], at(0))
    gives_back(ledger, order_id, at(1), refunded)
    assert rules(ledger) == broken


def test_the_same_tickets_are_refunded_once(ledger: Ledger) -> None:
    order_id = buys(ledger, "one", ["s1"], at(0))
    gives_back(ledger, order_id, at(1), 7)
    gives_back(ledger, order_id, at(1), 7)
    assert rules(ledger) == {"money"}


@pytest.mark.parametrize(
    ("state", "refunded", "broken"),
    [
        ("valid", 0, set()),
        ("used", 0, {"door"}),
        ("refunded", 7, {"money"}),
        ("valid", 7, {"money"}),
    ],
)
def test_an_order_stays_as_it_was_left(
    ledger: Ledger, state: str, refunded: int, broken: set[str]
) -> None:
    order_id = buys(ledger, "one", ["s1"], at(0))
    ticket = {"id": "t-s1", "code": "c-s1", "price": 7, "seat": {"id": "s1"}, "state": state}
    seen = {"id": order_id, "tickets": [ticket], "total": 7, "refunded": refunded}
    ledger.sale.order_seen("one", at(1), seen)
    assert rules(ledger) == broken


# --- the door


@pytest.mark.parametrize(
    ("outcomes", "broken"),
    [
        (["admitted", "already_used"], set()),
        (["admitted", "admitted"], {"door"}),
        (["already_used"], {"door"}),
        (["ticket_cancelled"], {"door"}),
        (["unknown_ticket"], {"door"}),
    ],
)
def test_a_ticket_lets_in_one_person_once(
    ledger: Ledger, outcomes: list[str], broken: set[str]
) -> None:
    buys(ledger, "one", ["s1"], at(0))
    for moment, outcome in enumerate(outcomes, 1):
        scans(ledger, "c-s1", at(moment), outcome)
    assert rules(ledger) == broken


@pytest.mark.parametrize(
    ("outcome", "broken"), [("ticket_cancelled", set()), ("admitted", {"door"})]
)
def test_a_refunded_ticket_is_refused(ledger: Ledger, outcome: str, broken: set[str]) -> None:
    gives_back(ledger, buys(ledger, "one", ["s1"], at(0)), at(1), 7)
    scans(ledger, "c-s1", at(2), outcome)
    assert rules(ledger) == broken


@pytest.mark.parametrize(("by_owner", "broken"), [(False, set()), (True, {"door"})])
def test_who_went_in_keeps_the_price_paid_unless_the_organiser_gives_it_back(
    ledger: Ledger, by_owner: bool, broken: set[str]
) -> None:
    order_id = buys(ledger, "one", ["s1"], at(0))
    scans(ledger, "c-s1", at(1), "admitted")
    gives_back(ledger, order_id, at(2), 7, by_owner=by_owner)
    assert rules(ledger) == broken


def test_a_code_that_nobody_bought_is_unknown(ledger: Ledger) -> None:
    scans(ledger, "made-up", at(0), "unknown_ticket")
    assert rules(ledger) == set()
    scans(ledger, "made-up", at(1), "admitted")
    assert rules(ledger) == {"door"}


# --- sold out


def sells_all(ledger: Ledger) -> str:
    buys(ledger, "one", ["s1", "s2", "s3"], at(0))
    ledger.sale.paying(holds(ledger, "two", [], at(0), standing=3))
    return buys(ledger, "three", ["s4", "s5"], at(0))


def test_nothing_is_sold_out_while_something_is_only_held(ledger: Ledger) -> None:
    buys(ledger, "one", ["s1", "s2", "s3"], at(0))
    holds(ledger, "two", ["s4", "s5"], at(0))
    holds(ledger, "three", [], at(0), standing=3)
    waits(ledger, "four", 4, at(1), status="sold_out")
    assert rules(ledger) == {"sold_out"}


@pytest.mark.parametrize(("asked", "broken"), [(2, set()), (4.5, set()), (6, {"sold_out"})])
def test_what_came_back_is_told_in_time(ledger: Ledger, asked: float, broken: set[str]) -> None:
    order_id = sells_all(ledger)
    gives_back(ledger, order_id, at(1), 14)
    ledger.sale.sold_out(at(asked), "somebody")
    assert rules(ledger) == broken
