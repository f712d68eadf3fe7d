"""The forecast's arithmetic, number by number; whether it comes true is in test_forecast.py."""

import math

import pytest

from tiketi_queue.domain.forecast import (
    Forecast,
    Measured,
    Outflow,
    Sample,
    forecast,
)

# at, admitted, passed over, freed, left, active, waiting
STORY = [
    Sample(100.0, 10, 3, 2, 1, 8, 50),
    Sample(104.0, 22, 5, 7, 4, 15, 40),
    Sample(110.0, 40, 9, 20, 11, 20, 30),
]


def outflow(*samples: Sample) -> Outflow:
    outflow = Outflow()
    for sample in samples:
        outflow.add(sample)
    return outflow


def test_every_total_is_measured_from_the_first_sample_to_the_last() -> None:
    assert outflow(*STORY).measured() == Measured(
        seconds=10.0, admitted=30, passed_over=6, freed=18, left=10,
        slot_seconds=4 * 15 + 6 * 20, person_seconds=4 * 40 + 6 * 30,
    )  # fmt: skip
    assert outflow(*STORY[:2]).measured() == Measured(4.0, 12, 2, 5, 3, 60.0, 160.0)
    assert outflow(STORY[0]).measured() == Measured()


def test_a_second_sample_of_the_same_second_is_left_out() -> None:
    early, on_time = Sample(110.9, 41, 9, 21, 11, 90, 90), Sample(111.0, 41, 9, 21, 11, 19, 29)
    assert outflow(*STORY, early).measured() == outflow(*STORY).measured()
    assert outflow(*STORY, on_time).measured() == Measured(11.0, 31, 6, 19, 10, 199.0, 369.0)


def test_what_is_older_than_ten_minutes_is_forgotten() -> None:
    whole = [*STORY, Sample(700.0, 100, 10, 60, 20, 25, 10)]
    assert outflow(*whole).measured() == Measured(
        600.0, 90, 7, 58, 19, 180.0 + 590 * 25, 340.0 + 590 * 10
    )
    later = Sample(705.0, 110, 12, 66, 21, 30, 9)
    assert outflow(*whole, later).measured() == Measured(
        595.0, 70, 3, 46, 10, 590 * 25 + 5 * 30, 590 * 10 + 5 * 9
    )


def test_a_line_in_which_nobody_was_let_in_meanwhile_is_the_same_line() -> None:
    still = Sample(113.0, 40, 9, 21, 12, 19, 29)
    assert outflow(*STORY, still).measured() == Measured(13.0, 30, 6, 19, 11, 237.0, 427.0)


def test_nothing_of_an_earlier_life_of_the_line_is_measured() -> None:
    anew = [Sample(120.0, 9, 1, 1, 1, 6, 70), Sample(123.0, 15, 2, 3, 2, 11, 60)]
    assert outflow(*STORY, *anew).measured() == Measured(3.0, 6, 1, 2, 1, 33.0, 180.0)


@pytest.mark.parametrize(
    ("samples", "admitted", "turns"),
    [
        ([], 0.0, 0.0),
        (STORY[:1], 0.0, 0.0),
        (STORY[:2], 12 / 4, 14 / 4),
        (STORY, 30 / 10, 36 / 10),
        ([*STORY, Sample(113.9, 60, 10, 30, 12, 5, 5)], 50 / 13.9, 57 / 13.9),
        ([*STORY, Sample(114.0, 60, 10, 30, 12, 5, 5)], 38 / 10, 43 / 10),
        ([*STORY, Sample(120.0, 60, 10, 30, 12, 5, 5)], 20 / 10, 21 / 10),
        ([*STORY, Sample(150.0, 60, 10, 30, 12, 5, 5)], 20 / 40, 21 / 40),
    ],
)
def test_the_recent_pace_is_of_the_last_ten_seconds(
    samples: list[Sample], admitted: float, turns: float
) -> None:
    assert outflow(*samples).recently() == pytest.approx((admitted, turns))


def test_the_recent_pace_is_found_among_many_samples() -> None:
    squares = [Sample(float(at), at * at, at, 0, 0, 1, 1) for at in range(1, 31)]
    assert outflow(*squares).recently() == pytest.approx((50.0, 51.0))


def near_future(free_slots: int, starts_in: float = 7.5) -> Forecast:
    return Forecast(
        pace=2.0, free_slots=free_slots, slow_turnover=0.5, quick_turnover=0.8, wave_seconds=40.0,
        admitted_share=0.7, giving_up=0.001, starts_in=starts_in,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("free_slots", "ahead", "low", "high"),
    [
        # The pace alone: 21 people at 1.8 a second, or 14.4 of them at 2.2 a second.
        (1000, 20, 7.5 + 6.556, 7.5 + 11.667),
        (3000, 2000, 7.5 + 203.54, 7.5 + 1111.67),
        (1000, 2000, 7.5 + 82.83, 7.5 + 2002 + 12),
        # Three slots are free: the fourth in line waits for somebody to finish.
        (3, 2, 7.5 + 1.070, 7.5 + 1.667),
        (3, 3, 7.5 + 1.369, 7.5 + 2 + 12),
        # Slots becoming free: 198 people at 0.5 a second, 88.3 of them at 0.8 a second.
        (3, 200, 7.5 + 100.38, 7.5 + 396 + 12),
        # Nobody is left of a line that long but the one who asks.
        (3, 20_000, 7.5 + 0.4545, 7.5 + 39_996 + 12),
    ],
)
def test_a_wait_is_bounded_by_the_pace_and_by_free_slots(
    free_slots: int, ahead: int, low: float, high: float
) -> None:
    assert near_future(free_slots).wait(ahead) == (int(low), math.ceil(high) + 1)


def test_the_wait_of_a_long_line_is_exact() -> None:
    """With nobody giving up and everybody there, each of the four numbers can be seen."""
    steady = Forecast(
        pace=100.0, free_slots=500, slow_turnover=2.0, quick_turnover=4.0, wave_seconds=120.0,
        admitted_share=1.0, giving_up=0.0,
    )  # fmt: skip
    assert steady.wait(10_499) == (
        int((10_499 * 0.97 + 1 - 500) / 4 - 30),
        10_000 // 2 + 36 + 1,
    )
    assert steady.wait(399) == (int((399 * 0.97 + 1) / 110), math.ceil(400 / 90) + 1)


def test_each_number_of_a_forecast_comes_from_what_was_measured() -> None:
    made = forecast(
        outflow(*STORY), pace=4.0, capacity=100, active=60, admission_seconds=300, starts_in=9.0
    )
    assert made.pace == 4.0
    assert made.free_slots == 40
    assert made.admitted_share == pytest.approx(35 / 41)
    assert made.giving_up == pytest.approx(10 / 340)
    assert made.starts_in == 9.0
    assert made.slow_turnover == pytest.approx(100 / 247.8)
    assert made.quick_turnover == pytest.approx(100 / 20)
    assert made.wave_seconds == pytest.approx((247.8 + 20) / 2)


def test_a_forecast_without_measurements_or_with_senseless_settings_is_a_forecast() -> None:
    made = forecast(
        Outflow(), pace=0.0, capacity=0, active=5, admission_seconds=300, starts_in=-3.0
    )
    assert (made.pace, made.free_slots, made.starts_in) == (0.01, 0, 0.0)
    assert (made.admitted_share, made.giving_up) == (1.0, 0.0)
    assert made.slow_turnover == pytest.approx(1 / 300)
    assert forecast(
        Outflow(), pace=1.0, capacity=7, active=6, admission_seconds=300
    ).starts_in == 0.0  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "capacity", "freed", "active", "longest", "shortest"),
    [
        # Fewer have left than there are slots: between what was seen and a whole admission.
        (100, 100, 50, 90, 200, 80),
        (10, 100, 50, 90, 155, 20),
        (400, 100, 50, 90, 300, 240),
        (100, 100, 99, 90, 102, 80),
        (100, 1000, 399, 90, 0.399 * 100 + 0.601 * 300, 80),
        # As many have left as there are slots, or 400: slot-seconds over departures.
        (100, 100, 100, 90, 90 * 1.18, 9000 / 172 / 1.18),
        (100, 1000, 400, 90, 22.5 * 1.105, 9000 / 472 / 1.105),
        (100, 100, 100, 150, 150 * 1.18, 15_000 / 180 / 1.18),
        # Nobody was seen inside: a second each.
        (100, 100, 100, 0, 1.18, 1 / 1.18),
    ],
)
def test_how_long_a_slot_is_taken(  # noqa: PLR0917  a row of the table
    seconds: int, capacity: int, freed: int, active: int, longest: float, shortest: float
) -> None:
    seen = outflow(Sample(0.0, 0, 0, 0, 0, 77, 7), Sample(seconds, 500, 0, freed, 0, active, 0))
    made = forecast(seen, pace=50, capacity=capacity, active=active, admission_seconds=300)
    assert capacity / made.slow_turnover == pytest.approx(longest)
    assert capacity / made.quick_turnover == pytest.approx(shortest)
    assert made.wave_seconds == pytest.approx((longest + shortest) / 2)
    assert made.giving_up == 0.0


def test_nobody_is_through_quicker_than_the_longest_stay() -> None:
    made = forecast(Outflow(), pace=50, capacity=100, active=90, admission_seconds=15)
    assert 100 / made.quick_turnover == pytest.approx(15)
