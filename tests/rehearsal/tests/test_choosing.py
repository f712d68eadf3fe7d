import random

from hypothesis import given
from hypothesis import strategies as st

from tiketi_rehearsal.domain.choosing import choose

ROWS = [index // 10 for index in range(40)]


@given(st.text("ahsx", min_size=40, max_size=40), st.integers(1, 4), st.booleans(), st.integers())
def test_only_available_seats_are_chosen_and_as_many_as_there_are(
    states: str, count: int, best: bool, seed: int
) -> None:
    chosen = choose(states, ROWS, count, best=best, chance=random.Random(seed))
    assert all(states[index] == "a" for index in chosen)
    assert len(chosen) == len(set(chosen)) == min(count, states.count("a"))


def test_everybody_wants_the_first_seats_side_by_side_in_one_row() -> None:
    states = "s" * 9 + "a" * 31
    assert choose(states, ROWS, 2, best=True, chance=random.Random(1)) == [10, 11]


def test_nothing_is_left_when_nothing_is_available() -> None:
    assert choose("s" * 40, ROWS, 2, best=True, chance=random.Random(1)) == []
