"""Five tries, 1 s growing to 5 s, not all at the same moment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_client.retrying import TRIES, pause, worth_repeating


@given(st.floats(0, 1))
def test_pauses_grow_from_one_second_to_five_at_the_most(chance: float) -> None:
    pauses = [pause(attempt, chance) for attempt in range(TRIES)]
    assert pauses == sorted(pauses)
    assert 1 <= pauses[0] <= 2
    assert 4 <= pauses[-1] <= 5
    assert pause(99, chance) <= 5


def test_only_what_may_change_is_repeated() -> None:
    assert worth_repeating(503, "unavailable")
    assert worth_repeating(409, "still_running")
    assert not worth_repeating(409, "seats_unavailable")
    assert not worth_repeating(500, "internal")


def test_each_pause_is_a_second_longer_up_to_five() -> None:
    assert [pause(attempt, 0.25) for attempt in range(6)] == [1.25, 2.25, 3.25, 4.25, 4.25, 4.25]


@pytest.mark.parametrize(
    ("status", "again"),
    [(429, True), (502, True), (503, True), (504, True), (500, False), (501, False), (408, False)],
)
def test_a_status_says_whether_later_is_worth_a_try(status: int, again: bool) -> None:
    assert worth_repeating(status, "x") is again
