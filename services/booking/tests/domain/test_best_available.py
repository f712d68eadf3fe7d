"""The best seats for someone who only says how many."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tiketi_booking.domain.best_available import best_available
from tiketi_booking.domain.layout import Row

ROWS = [Row(0, 10, "R"), Row(10, 20, "R"), Row(20, 30, "R")]


def _best(states: str, quantity: int, seed: int = 1) -> list[int] | None:
    return best_available(states.encode(), ROWS, quantity, Random(seed))


def test_neighbours_in_the_middle_of_the_best_row() -> None:
    assert best_available(b"a" * 10, ROWS[:1], 2, Random(1)) == [4, 5]


def test_a_row_with_room_is_found_behind_full_ones() -> None:
    assert _best("s" * 10 + "aasaasaasa" + "s" * 10, 3) is not None
    assert _best("s" * 20 + "ssaaasssss", 3) == [22, 23, 24]


def test_no_single_seat_is_left_where_that_can_be_helped() -> None:
    assert _best("aaas" + "s" * 6 + "aasssssss" + "s" * 11, 2) == [10, 11]
    assert _best("aaa" + "s" * 27, 2) in ([0, 1], [1, 2])


def test_a_group_is_parted_only_when_nowhere_is_room_for_all() -> None:
    assert _best("aassssssss" + "asssssssss" + "s" * 10, 3) == [0, 1, 10]
    assert _best("a" + "s" * 29, 2) is None


def test_shoppers_who_come_at_once_are_spread() -> None:
    choices = {tuple(_best("a" * 30, 2, seed) or ()) for seed in range(50)}
    assert len(choices) == 3


@given(st.text("ahsx", min_size=30, max_size=30), st.integers(1, 6), st.integers())
def test_what_is_offered_is_free_and_complete_and_together_if_it_can_be(
    states: str, quantity: int, seed: int
) -> None:
    chosen = _best(states, quantity, seed)
    if chosen is None:
        assert states.count("a") < quantity
        return
    assert len(set(chosen)) == quantity
    assert all(states[idx] == "a" for idx in chosen)
    rows = [states[first : first + 10] for first in (0, 10, 20)]
    if any("a" * quantity in row for row in rows):
        assert chosen == list(range(chosen[0], chosen[0] + quantity))
        assert chosen[0] // 10 == chosen[-1] // 10


def test_a_block_is_the_nearest_to_the_middle_that_leaves_no_single_seat() -> None:
    def one_row(states: str, quantity: int) -> list[int] | None:
        return best_available(states.encode(), [Row(0, len(states), "R")], quantity, Random(1))

    assert one_row("a" * 11, 3) == [4, 5, 6]
    assert one_row("aaaaasssss", 2) == [3, 4]
    assert one_row("sssssaaaaa", 2) == [5, 6]
    assert one_row("saaaas", 1) == [1]
    assert one_row("saaaass", 3) == [2, 3, 4]
    assert one_row("aaa", 2) == [0, 1]


def test_the_places_that_are_as_good_are_the_first_eight() -> None:
    rows = [Row(start, start + 2, "R") for start in range(0, 40, 2)]
    choices = {tuple(best_available(b"a" * 40, rows, 2, Random(seed)) or ()) for seed in range(300)}
    assert choices == {(start, start + 1) for start in range(0, 16, 2)}


def test_a_place_that_leaves_a_single_seat_is_taken_only_without_a_better_one() -> None:
    rows = [Row(0, 3, "R"), Row(3, 6, "R"), Row(6, 8, "R")]
    assert best_available(b"aaaaaaaa", rows, 2, Random(1)) == [6, 7]
    assert best_available(b"aaaaaasa", rows, 2, Random(1)) in ([0, 1], [1, 2])


def test_a_parted_group_gets_the_largest_groups_of_the_best_rows() -> None:
    rows = [Row(0, 4, "R"), Row(4, 8, "R"), Row(8, 12, "R")]
    assert best_available(b"asasaasaaass", rows, 4, Random(1)) == [4, 5, 8, 9]
    assert best_available(b"saasasaaassa", rows, 5, Random(1)) == [1, 2, 4, 6, 7]
