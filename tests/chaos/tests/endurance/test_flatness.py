"""A quantity is flat when it has stopped growing, even if it grew before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_chaos.endurance.flatness import Bound, trend

TENTH = Bound(0.1, 0.0)


def test_warming_up_is_no_growth() -> None:
    assert trend("memory", [10, 40, 80, 100, 101, 102, 101, 102, 101], TENTH).flat


def test_what_goes_on_growing_is_not_flat() -> None:
    assert not trend("memory", [10, 20, 30, 40, 50, 60, 70, 80, 90], TENTH).flat


def test_one_high_reading_is_no_growth() -> None:
    assert trend("files", [20, 20, 20, 20, 20, 20, 20, 90, 20], TENTH).flat


def test_what_is_kept_on_purpose_may_grow() -> None:
    assert trend("database", [1, 2, 3], None).flat


def test_slack_comes_on_top() -> None:
    assert trend("messages", [0, 0, 8], Bound(0.0, 8.0)).flat
    assert not trend("messages", [0, 0, 9], Bound(0.0, 8.0)).flat


def test_two_readings_have_no_thirds() -> None:
    with pytest.raises(ValueError, match="three readings"):
        trend("memory", [1, 2], TENTH)


@given(st.lists(st.floats(0, 1e9), min_size=3, max_size=50), st.floats(1.5, 10))
def test_whatever_grows_by_more_than_the_bound_is_seen(values: list[float], factor: float) -> None:
    third = len(values) // 3
    grown = [value + 1 for value in values[:-third]]
    grown += [max(grown) * factor] * third
    assert not trend("any", grown, TENTH).flat
