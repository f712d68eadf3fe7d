import pytest

from tiketi_rehearsal.domain.other_paces import Visit, at_pace, compare_paces
from tiketi_rehearsal.domain.records import Bought, Call, Ended, Entered, Record, Stood
from tiketi_rehearsal.domain.verdict import Promises, broken, fairness, judge

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


def test_a_changed_number_is_a_lost_place() -> None:
    assert sentences(stood(1, 5), stood(1, 5)) == []
    assert sentences(stood(1, 5), stood(1, 6)) == ["1 people lost their place"]


def test_someone_who_enters_long_after_a_later_number_was_overtaken() -> None:
    line = [entered(1, 10.0), entered(2, 5.0), entered(3, 11.0)]
    assert fairness(line, slack=2.0).overtaken == 1
    assert fairness(line, slack=6.0).overtaken == 0


def test_who_was_away_is_not_overtaken() -> None:
    assert fairness([entered(1, 10.0, away=True), entered(2, 5.0)], slack=2.0).overtaken == 0


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
