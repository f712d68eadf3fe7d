import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_queue.domain.pacing import LOWEST, BookingHealth, Level, aim, approach

FINE = BookingHealth(hold_seconds=0.01, checkout_seconds=0.1, error_share=0.0, holds_per_slot=0.5)

health = st.builds(
    BookingHealth,
    hold_seconds=st.floats(0, 60),
    checkout_seconds=st.floats(0, 60),
    error_share=st.floats(0, 1),
    holds_per_slot=st.floats(0, 50),
)
shares = st.floats(LOWEST, 1.0)


def test_a_till_that_does_well_takes_the_whole_pace() -> None:
    assert aim(FINE) == 1.0


def test_each_measure_alone_can_slow_the_line() -> None:
    for trouble in (
        BookingHealth(2.0, 0.1, 0.0, 0.5),
        BookingHealth(0.01, 9.0, 0.0, 0.5),
        BookingHealth(0.01, 0.1, 0.5, 0.5),
        BookingHealth(0.01, 0.1, 0.0, 3.0),
    ):
        assert aim(trouble) == LOWEST


@given(health)
def test_the_line_is_never_stopped_nor_hurried(any_health: BookingHealth) -> None:
    assert LOWEST <= aim(any_health) <= 1.0


@given(shares, shares, st.floats(0, 3600))
def test_the_share_moves_towards_the_aim_and_not_beyond(
    share: float, goal: float, seconds: float
) -> None:
    after = approach(share, goal, seconds)
    low, high = sorted((share, goal))
    assert low - 1e-9 <= after <= high + 1e-9
    assert abs(after - goal) <= abs(share - goal)


@given(shares, shares, st.floats(0, 5), st.floats(0, 5))
def test_many_small_steps_are_one_large_one(
    share: float, goal: float, one: float, two: float
) -> None:
    stepped = approach(approach(share, goal, one), goal, two)
    assert abs(stepped - approach(share, goal, one + two)) < 1e-9


def test_the_pace_drops_within_seconds_and_recovers_over_half_a_minute() -> None:
    dropped = approach(1.0, LOWEST, 4)
    assert dropped < 0.25
    assert approach(dropped, 1.0, 4) < 0.5
    assert approach(dropped, 1.0, 45) > 0.9


def test_no_step_of_half_a_second_is_a_jump() -> None:
    assert 1.0 - approach(1.0, LOWEST, 0.5) < 0.25
    assert approach(LOWEST, 1.0, 0.5) - LOWEST < 0.05


@pytest.mark.parametrize(
    ("value", "badness"),
    [(0.0, 0.0), (2.0, 0.0), (3.0, 0.25), (5.0, 0.75), (6.0, 1.0), (7.0, 1.0)],
)
def test_a_measure_is_bad_in_proportion_between_its_levels(value: float, badness: float) -> None:
    assert Level(fine=2.0, bad=6.0).badness(value) == badness


@pytest.mark.parametrize(
    "half_bad",
    [
        BookingHealth(0.6, 1.1, 0.03, 1.1),
        BookingHealth(0.21, 3.0, 0.03, 1.1),
        BookingHealth(0.21, 1.1, 0.11, 1.1),
        BookingHealth(0.21, 1.1, 0.03, 1.5),
    ],
)
def test_the_worst_measure_sets_the_aim(half_bad: BookingHealth) -> None:
    assert aim(half_bad) == pytest.approx(0.55)


@pytest.mark.parametrize(
    ("share", "goal", "seconds", "after"),
    [
        (1.0, 0.2, 2.0, 0.2 + 0.8 / math.e),
        (0.4, 1.0, 15.0, 1.0 - 0.6 / math.e),
        (0.4, 1.0, 0.0, 0.4),
        (0.4, 1.0, -5.0, 0.4),
        (0.4, 0.4, 3.0, 0.4),
        (0.4, 1.0, 0.5, 1.0 - 0.6 * math.exp(-0.5 / 15)),
    ],
)
def test_the_approach_covers_two_thirds_in_one_time_constant(
    share: float, goal: float, seconds: float, after: float
) -> None:
    assert approach(share, goal, seconds) == pytest.approx(after)
