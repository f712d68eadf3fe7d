"""Leaving spreads the clients evenly, and is over in time."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tiketi_notifier.domain.leaving import departures, patience


@given(st.integers(0, 2000), st.floats(0, 3600))
def test_turns_are_even_and_in_time(clients: int, seconds: float) -> None:
    turns = departures(clients, seconds)
    assert len(turns) == clients
    assert all(0 <= turn <= seconds for turn in turns)
    steps = [later - turn for turn, later in itertools.pairwise(turns)]
    assert all(abs(step - steps[0]) < 1e-6 for step in steps)
    assert all(turn + patience(seconds) <= seconds + 1e-9 for turn in turns)
