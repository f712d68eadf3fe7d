"""Leaving spreads the clients evenly, and is over in time."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_notifier.domain.drain_schedule import departures, patience


@given(st.integers(0, 2000), st.floats(0, 3600))
def test_turns_are_even_and_in_time(clients: int, seconds: float) -> None:
    turns = departures(clients, seconds)
    assert len(turns) == clients
    assert all(0 <= turn <= seconds for turn in turns)
    steps = [later - turn for turn, later in itertools.pairwise(turns)]
    assert all(abs(step - steps[0]) < 1e-6 for step in steps)
    assert all(turn + patience(seconds) <= seconds + 1e-9 for turn in turns)


def test_the_last_client_goes_early_enough_to_go_by_itself() -> None:
    assert departures(3, 60.0) == [0.0, 18.0, 36.0]
    assert departures(0, 60.0) == []


@pytest.mark.parametrize(
    ("seconds", "waits"), [(0.0, 0.0), (10.0, 1.0), (50.0, 5.0), (55.0, 5.0), (600.0, 5.0)]
)
def test_a_client_that_stays_is_closed_after_a_tenth_of_the_time(
    seconds: float, waits: float
) -> None:
    assert patience(seconds) == waits
