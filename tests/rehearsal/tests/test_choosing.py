import random

import pytest
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


def test_a_person_of_their_own_taste_begins_anywhere_and_comes_round() -> None:
    states, rows = "asaas" + "s" * 35, ROWS
    starts = {
        tuple(choose(states, rows, 1, best=False, chance=random.Random(seed))) for seed in range(60)
    }
    assert starts == {(0,), (2,), (3,)}
    pairs = {
        tuple(choose(states, rows, 2, best=False, chance=random.Random(seed))) for seed in range(60)
    }
    assert pairs == {(2, 3)}


@pytest.mark.parametrize(
    ("states", "count", "chosen"),
    [
        ("aasaaa", 3, [3, 4, 5]),
        ("aasaa", 2, [0, 1]),
        ("asasa", 2, [0, 2]),
        ("asasa", 4, [0, 2, 4]),
        ("sssaa", 2, [3, 4]),
        ("sssa", 1, [3]),
    ],
)
def test_neighbours_go_first_and_otherwise_the_first_there_are(
    states: str, count: int, chosen: list[int]
) -> None:
    assert choose(states, ROWS, count, best=True, chance=random.Random(1)) == chosen


def test_neighbours_stand_in_one_row() -> None:
    rows = ["A", "A", "B", "B", "B"]
    assert choose("saasa", rows, 2, best=True, chance=random.Random(1)) == [1, 2]
    assert choose("saaaa", rows, 2, best=True, chance=random.Random(1)) == [2, 3]
