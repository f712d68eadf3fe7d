import statistics
from typing import Any

import msgspec
import pytest

from tiketi_rehearsal.domain.other_paces import OtherPace, Visit, at_pace, compare_paces
from tiketi_rehearsal.domain.records import (
    Bought,
    Call,
    Ended,
    Entered,
    Held,
    Load,
    Record,
    Seen,
    Stood,
)
from tiketi_rehearsal.domain.verdict import (
    Fairness,
    House,
    Latency,
    Promises,
    Told,
    Verdict,
    broken,
    fairness,
    judge,
)

PROMISES = Promises()


def entered(number: int, until: float, *, away: bool = False) -> Entered:
    return Entered(at=until, person=number, number=number, until=until, away=away)


def stood(person: int, number: int, *, eta: tuple[float, float] | None = None) -> Stood:
    return Stood(at=0.0, person=person, number=number, position=1, eta=eta, after="poll")


def bought(person: int, *seats: str) -> Bought:
    return Bought(1.0, person, f"order{person}", 1000, "KRW", list(seats))


def sentences(*records: Record, promises: Promises = PROMISES) -> list[str]:
    return broken(judge(records, promises), promises)


def test_an_orderly_sale_breaks_no_promise() -> None:
    assert not sentences(
        Call(0.0, 1, "join", 202, 0.01),
        stood(1, 5, eta=(0.0, 10.0)),
        entered(5, 2.0),
        bought(1, "s1", "s2"),
        Ended(3.0, 1, "bought"),
    )


def test_a_seat_sold_twice_is_found() -> None:
    assert sentences(bought(1, "s1"), bought(2, "s1", "s2")) == ["1 seats were sold twice"]


@pytest.mark.parametrize(
    ("unsold", "without", "kept"), [(0, 1, True), (2, 1, True), (3, 1, False), (3, 0, True)]
)
def test_seats_may_stay_unsold_only_when_everybody_has_theirs(
    unsold: int, without: int, *, kept: bool
) -> None:
    sold = [bought(person, f"s{person}") for person in range(1000 - unsold)]
    left = [Ended(9.0, 2000 + number, "sold_out") for number in range(without)]
    house = House(total=1000, sold=1000 - unsold)
    assert (not broken(judge([*sold, *left], PROMISES, house), PROMISES)) is kept


def test_who_is_told_sold_out_before_the_last_sale_was_sent_away_wrongly() -> None:
    order = Bought(60.0, 1, "o1", 1000, "KRW", ["s1"])
    early, late = Ended(57.9, 2, "sold_out"), Ended(58.1, 3, "sold_out")
    assert judge([order, early, late], PROMISES).sent_away_wrongly == 1
    assert sentences(order, early) == ["1 people were told sold out before the last seat was sold"]


def test_people_inside_who_were_always_too_late_break_a_promise_when_they_are_many() -> None:
    inside = [entered(number, float(number)) for number in range(1, 201)]
    one, two, three = (Ended(300.0, number, "too_late") for number in (1, 2, 3))
    assert sentences(*inside, one, two) == []
    assert sentences(*inside, one, two, three) == [
        "3 of 200 people who entered were always too late"
    ]


def test_what_the_service_sold_is_what_people_bought() -> None:
    verdict = judge([bought(1, "s1")], PROMISES, House(total=2, sold=2))
    assert broken(verdict, PROMISES) == ["people say they bought 1 seats, the service sold 2"]


def test_chances_are_held_against_what_came_of_them() -> None:
    """Of three people who were told a quarter, one could hold seats and one left by themselves."""

    def told(person: int) -> Stood:
        return Stood(0.0, person, person, 1, None, "poll", 0.25)

    verdict = judge(
        [
            *(told(person) for person in (1, 2, 3)),
            entered(1, 5.0),
            Call(6.0, 1, "hold", 200, 0.01),
            Ended(7.0, 2, "sold_out"),
            Ended(7.0, 3, "left"),
        ],
        PROMISES,
    )
    assert verdict.chances == [Told(0.2, 2, 0.25, 0.5)]


def test_a_changed_number_is_a_lost_place() -> None:
    assert sentences(stood(1, 5), stood(1, 5)) == []
    assert sentences(stood(1, 5), stood(1, 6)) == ["1 people lost their place"]


def test_someone_who_enters_long_after_a_later_number_was_overtaken() -> None:
    line = [entered(1, 10.0), entered(2, 5.0), entered(3, 11.0)]
    assert fairness(line, slack=2.0).overtaken == 1
    assert fairness(line, slack=6.0).overtaken == 0


def test_who_was_away_is_not_overtaken() -> None:
    assert fairness([entered(1, 10.0, away=True), entered(2, 5.0)], slack=2.0).overtaken == 0


@pytest.mark.parametrize(("told", "kept"), [(2, True), (3, False)])
def test_hardly_anybody_who_is_there_is_passed_over(told: int, *, kept: bool) -> None:
    """Of a hundred people; who was passed over enters later, and overtakes nobody by that."""
    late = [Entered(0.0, n, n, 90.0, away=False, passed_over=True) for n in range(1, told + 1)]
    away = [Entered(0.0, 50, 50, 95.0, away=True, passed_over=True)]
    on_time = [entered(n, n / 10) for n in range(51, 150 - told)]
    verdict = judge([*late, *away, *on_time], PROMISES)
    assert (verdict.passed_over, verdict.fairness.overtaken) == (told, 0)
    assert (broken(verdict, PROMISES) == []) is kept


def test_the_same_number_enters_in_any_order() -> None:
    line = [
        Entered(at=0, person=1, number=7, until=9.0, away=False),
        Entered(at=0, person=2, number=7, until=1.0, away=False),
    ]
    assert fairness(line, slack=2.0).overtaken == 0


def test_the_correlation_is_one_in_order_and_minus_one_in_reverse() -> None:
    forwards = [entered(number, float(number)) for number in range(10)]
    backwards = [entered(number, -float(number)) for number in range(10)]
    assert fairness(forwards, slack=2.0).rank_correlation == pytest.approx(1.0)
    assert fairness(backwards, slack=2.0).rank_correlation == pytest.approx(-1.0)


def test_two_people_are_enough_for_a_correlation_and_one_is_not() -> None:
    assert fairness([entered(1, 9.0), entered(2, 3.0)], slack=9.0).rank_correlation == (
        pytest.approx(-1.0)
    )
    assert fairness([entered(1, 9.0)], slack=9.0).rank_correlation == 1.0


def test_those_who_enter_in_the_same_second_count_as_entered_in_order() -> None:
    line = [entered(number, float(number % 7)) for number in range(200)]
    order = sorted(range(200), key=lambda number: number % 7)
    ranks = [order.index(number) for number in range(200)]
    expected = statistics.correlation(range(200), ranks)
    assert fairness(line, slack=9.0).rank_correlation == pytest.approx(expected)


def test_refusals_belong_to_a_sale_and_errors_do_not() -> None:
    records = [
        Call(0.0, 1, "hold", 409, 0.01, "seats_unavailable"),
        Call(0.0, 1, "hold", 500, 0.01, "internal"),
        Call(0.0, 1, "join", 0, 0.01),
    ]
    verdict = judge(records, PROMISES)
    assert verdict.refusals == {"hold 409 seats_unavailable": 1}
    assert verdict.errors == {"hold 500 internal": 1, "join 0": 1}
    assert "2 of 2 requests failed" in broken(verdict, PROMISES)


def test_a_slow_step_breaks_its_promise() -> None:
    assert sentences(Call(0.0, 1, "join", 202, 0.5)) == ["P95 of join is 500 ms"]


def test_more_entries_than_the_pace_are_found() -> None:
    line = [entered(number, number / 100) for number in range(1000)]
    assert sentences(*line, promises=Promises(pace=50)) == [
        "100 people a second entered for 5 s, the pace is 50"
    ]
    assert sentences(*line, promises=Promises(pace=70)) == []


def test_entries_are_told_to_the_second_and_the_pace_is_held_all_the_same() -> None:
    line = [entered(number, 2 * round(number / 40)) for number in range(400)]
    assert sentences(*line, promises=Promises(pace=20)) == []


def test_waiting_ranges_are_held_against_what_came() -> None:
    right = [stood(person, person, eta=(0.0, 10.0)) for person in range(8)]
    wrong = [stood(person, person, eta=(0.0, 1.0)) for person in range(8, 10)]
    verdict = judge([*right, *wrong, *(entered(n, 5.0) for n in range(10))], PROMISES)
    assert (verdict.ranges_told, verdict.ranges_right) == (10, 0.8)
    assert broken(verdict, PROMISES) == ["only 80% of the waiting ranges came true"]


def test_nothing_recorded_breaks_nothing() -> None:
    assert sentences() == []


def test_twice_the_pace_sells_out_in_half_the_time_until_the_capacity_holds_it_back() -> None:
    visits = [Visit(seconds=10.0, seats=2)] * 100
    slow = at_pace(visits, per_second=1, capacity=1000, seats=100)
    fast = at_pace(visits, per_second=2, capacity=1000, seats=100)
    full = at_pace(visits, per_second=100, capacity=5, seats=100)
    assert (slow.last_entered_after, fast.last_entered_after) == (50.0, 25.0)
    assert full.most_active == 5
    assert full.last_entered_after > fast.last_entered_after


def test_seats_that_nobody_takes_are_left() -> None:
    [*_, fastest] = compare_paces([Visit(1.0, 0)] * 5, pace=1, capacity=10, seats=1)
    assert fastest.per_second == 4.0
    assert fastest.sold_out_after is None


def test_each_number_of_a_verdict_is_counted_from_the_records() -> None:
    records: list[Record] = [
        Call(100.0, 1, "join", 202, 0.1),
        Call(101.0, 1, "join", 202, 0.3),
        Call(101.5, 2, "hold", 409, 0.2, "seats_unavailable"),
        Call(101.6, 2, "hold", 409, 0.2, "seats_unavailable"),
        Call(101.7, 2, "hold", 503, 0.4, "unavailable"),
        Call(101.8, 3, "hold", 0, 9.9),
        Stood(102.0, 1, 5, 1, (1.0, 4.0), "join"),
        Stood(102.0, 2, 6, 2, (1.0, 4.0), "join"),
        Stood(103.0, 2, 7, 2, None, "return"),
        Stood(103.0, 3, 8, 3, (0.0, 1.0), "join"),
        Entered(at=104.0, person=1, number=5, until=104.5, away=False),
        Entered(at=107.0, person=2, number=7, until=107.5, away=False),
        Entered(at=108.0, person=3, number=8, until=108.5, away=True),
        Bought(109.0, 1, "order1", 1_000, "KRW", ["s1", "s2"]),
        Bought(110.0, 2, "order2", 250, "EUR", ["s3", "s1"]),
        Bought(110.0, 2, "order2", 50, "EUR", []),
        Held(109.5, 1, 121.75),
        Seen(103.0, "hs"),
        Seen(105.0, "as"),
        Seen(106.5, "hs"),
        Call(110.5, 5, "join", 429, 0.0, "too_many_requests"),
        Load(112.5, [0.1, 0.3], 3.0, 12.0),
        Load(112.5, [], 5.0, 10.0),
        Ended(111.0, 1, "bought"),
        Ended(112.0, 2, "bought"),
        Ended(113.0, 4, "left"),
    ]
    verdict = judge(records, Promises(slack=3.5))
    assert verdict.people == 5
    assert (verdict.longest_idle, verdict.hold_seconds) == (1.5, 12.25)
    load = verdict.load
    assert (load.waited, load.waited_worst, load.refused, load.cpu) == (2, 0.3, 1, 0.5)
    assert load.waited_p95 == pytest.approx(0.29)
    assert verdict.ended == {"bought": 2, "left": 1}
    assert verdict.entered_per_second == 3 / 4
    assert verdict.entered_per_second_worst == 3 / 5
    assert (verdict.fairness.entered, verdict.fairness.overtaken) == (3, 0)
    assert verdict.fairness.slack == 3.5
    assert verdict.fairness.rank_correlation == pytest.approx(1.0)
    assert verdict.lost_places == 1
    assert (verdict.seats_sold, verdict.double_sales, verdict.orders) == (4, 1, 2)
    assert verdict.revenue == {"KRW": 1_000, "EUR": 300}
    assert list(verdict.latency) == ["hold", "join"]
    join = verdict.latency["join"]
    assert (join.count, join.worst) == (3, 0.3)
    assert (join.p50, join.p95, join.p99) == pytest.approx((0.1, 0.28, 0.296))
    assert verdict.latency["hold"].count == 3
    assert verdict.errors == {"hold 503 unavailable": 1, "hold 0": 1}
    assert verdict.refusals == {"hold 409 seats_unavailable": 2, "join 429 too_many_requests": 1}
    assert (verdict.ranges_told, verdict.ranges_right) == (2, 0.5)
    assert verdict.seconds == 13.0


def test_a_verdict_on_nothing_is_empty() -> None:
    verdict = judge([], PROMISES)
    assert (verdict.people, verdict.orders, verdict.seconds) == (0, 0, 0.0)
    assert (verdict.entered_per_second, verdict.entered_per_second_worst) == (0.0, 0.0)
    assert (verdict.ranges_told, verdict.ranges_right) == (0, 1.0)
    assert verdict.fairness == Fairness(0, 0, 2.0, 1.0)


def verdict_of(**changes: object) -> Verdict:
    return msgspec.structs.replace(judge([], PROMISES), **changes)


def latency(p95: float, count: int = 1) -> Latency:
    return Latency(count=count, p50=0.0, p95=p95, p99=9.0, worst=9.0)


FAST = {"join": latency(0.01, 1_000), "order": latency(0.01, 1_000)}


@pytest.mark.parametrize(
    ("changes", "pace", "said"),
    [
        ({"longest_idle": 60.0, "hold_seconds": 60.0}, None, []),
        ({"longest_idle": 5.0, "hold_seconds": 1.0}, None, []),
        (
            {"longest_idle": 61.2, "hold_seconds": 60.0},
            None,
            [
                (
                    "a seat that came back was unsold for 61 s while people wanted some; "
                    "a hold lasts 60 s"
                )
            ],
        ),
        ({"double_sales": 2}, None, ["2 seats were sold twice"]),
        ({"lost_places": 3}, None, ["3 people lost their place"]),
        ({"fairness": Fairness(9, 4, 2.0, 1.0)}, None, ["4 people were overtaken in the line"]),
        ({"errors": {"a": 1, "b": 1}, "latency": FAST}, None, []),
        ({"errors": {"a": 1, "b": 2}, "latency": FAST}, None, ["3 of 2000 requests failed"]),
        ({"ranges_told": 1, "ranges_right": 0.9}, None, []),
        (
            {"ranges_told": 1, "ranges_right": 0.89},
            None,
            ["only 89% of the waiting ranges came true"],
        ),
        ({"ranges_told": 0, "ranges_right": 0.5}, None, []),
        ({"entered_per_second_worst": 31.0}, 20.0, []),
        (
            {"entered_per_second_worst": 31.2},
            20.0,
            ["31 people a second entered for 5 s, the pace is 20"],
        ),
        ({"entered_per_second_worst": 1e9}, None, []),
        *(
            ({"latency": {step: latency(0.201)}}, None, [f"P95 of {step} is 201 ms"])
            for step in ("join", "place", "hold", "availability", "seatmap")
        ),
        ({"latency": {"join": latency(0.2)}}, None, []),
        ({"latency": {"join": latency(2.0)}}, None, ["P95 of join is 2000 ms"]),
        ({"latency": {"order": latency(5.0), "checkout": latency(5.0)}}, None, []),
    ],
)
def test_each_promise_breaks_just_beyond_its_bound(
    changes: dict[str, Any], pace: float | None, said: list[str]
) -> None:
    assert broken(verdict_of(**changes), Promises(pace=pace)) == said


@pytest.mark.parametrize(("status", "error"), [(200, False), (399, False), (400, True), (0, True),
                                               (401, False), (404, False), (429, False),
                                               (500, True)])  # fmt: skip
def test_an_answer_that_no_sale_should_give_is_an_error(status: int, error: bool) -> None:
    verdict = judge([Call(0.0, 1, "join", status, 0.1)], PROMISES)
    assert bool(verdict.errors) is error


@pytest.mark.parametrize(("behind", "overtaken"), [(12.0, 0), (12.1, 1)])
def test_being_overtaken_begins_beyond_the_slack(behind: float, overtaken: int) -> None:
    line = [entered(1, behind), entered(2, 10.0), entered(3, 11.0)]
    assert fairness(line, slack=2.0).overtaken == overtaken


def test_each_of_those_who_share_a_number_can_be_overtaken() -> None:
    def shared(person: int, until: float) -> Entered:
        return Entered(at=0, person=person, number=7, until=until, away=False)

    line = [shared(1, 20.0), shared(2, 21.0), shared(3, 6.0), entered(8, 5.0), entered(6, 9.0)]
    assert fairness(line, slack=2.0).overtaken == 3


def test_a_range_comes_true_up_to_its_ends() -> None:
    told = [stood(0, 0)] + [
        Stood(at=0.0, person=n, number=n, position=1, eta=eta, after="poll")
        for n, eta in enumerate([(5.0, 9.0), (1.0, 5.0), (5.1, 9.0), (1.0, 4.9)])
    ]
    away: list[Record] = [stood(9, 9, eta=(0.0, 9.0)), entered(9, 5.0, away=True)]
    verdict = judge([*told, *(entered(n, 5.0) for n in range(4)), *away], PROMISES)
    assert (verdict.ranges_told, verdict.ranges_right) == (4, 0.5)


@pytest.mark.parametrize(
    ("times", "mean", "worst"),
    [
        ([7.0], 1.0, 0.2),
        ([0.0, 4.9], 2 / 4.9, 0.4),
        ([0.0, 5.0], 2 / 5, 0.2),
        ([3.0, 3.1], 2.0, 0.4),
        ([9.0, 0.0, 1.0, 6.0, 2.0], 5 / 9, 0.6),
    ],
)
def test_entries_are_counted_over_five_seconds(
    times: list[float], mean: float, worst: float
) -> None:
    verdict = judge([entered(n, at) for n, at in enumerate(times)], PROMISES)
    assert verdict.entered_per_second == pytest.approx(mean)
    assert verdict.entered_per_second_worst == pytest.approx(worst)


def test_a_sale_at_another_pace_is_worked_out_visit_by_visit() -> None:
    """Two slots: the third waits for the first who leaves, and takes the last seat."""
    visits = [Visit(10.0, 1), Visit(3.0, 0), Visit(4.0, 2), Visit(5.0, 1), Visit(1.0, 1)]
    assert at_pace(visits, per_second=1, capacity=2, seats=4) == OtherPace(
        per_second=1, sold_out_after=14.0, last_entered_after=9.0, longest_wait=9.0, most_active=2
    )
    assert at_pace(visits, per_second=0.5, capacity=9, seats=99) == OtherPace(
        per_second=0.5, sold_out_after=None, last_entered_after=10.0, longest_wait=10.0,
        most_active=3,
    )  # fmt: skip


def test_a_sale_without_people_takes_no_time() -> None:
    assert at_pace([], per_second=4, capacity=3, seats=5) == OtherPace(4, None, 0.0, 0.0, 0)


def test_paces_are_compared_from_a_quarter_to_four_times() -> None:
    visits = [Visit(1.0, 2), Visit(1.0, 3)]
    compared = compare_paces(visits, pace=8, capacity=3, seats=5)
    assert [other.per_second for other in compared] == [2.0, 4.0, 8.0, 16.0, 32.0]
    assert [other.sold_out_after for other in compared] == [2.0, 1.5, 1.25, 1.125, 1.0625]
    single = compare_paces([Visit(4.0, 0)] * 3, pace=8, capacity=1, seats=5)
    assert {other.most_active for other in single} == {1}
