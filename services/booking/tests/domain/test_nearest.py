"""Which seats are the nearest to some that are gone."""

from hypothesis import given
from hypothesis import strategies as st

from tiketi_booking.domain.holds import HoldOrder, Quantity, Seats
from tiketi_booking.domain.layout import Layout, SeatAt, Section
from tiketi_booking.domain.nearest import nearest, with_others
from tiketi_shared.ids import HoldId, UserId

# Front: 3 rows of 10, the last one's first two seats for wheelchairs. Side: 1 row of 10, same type.
# Back: 1 row of 10, another type.
HALL = Layout(
    (
        Section(
            name="Front", rows=3, seats_per_row=10, ticket_type="R",
            accessible=(SeatAt(3, 1), SeatAt(3, 2)),
        ),
        Section(name="Side", rows=1, seats_per_row=10, ticket_type="R"),
        Section(name="Back", rows=1, seats_per_row=10, ticket_type="B"),
    )
)  # fmt: skip


def near(free: str | set[int], *wanted: int, limit: int = 8) -> list[tuple[int, ...]]:
    places = (
        {idx for idx, state in enumerate(free) if state == "a"} if isinstance(free, str) else free
    )
    states = bytes(ord("a" if idx in places else "s") for idx in range(HALL.size))
    return nearest(states, HALL, wanted, limit)


def test_the_nearest_come_first() -> None:
    found = near(set(range(30)) - {4, 5}, 4, 5, limit=4)
    assert found == [(14, 15), (2, 3), (6, 7), (24, 25)]


def test_a_seat_that_is_still_free_is_kept_where_the_other_is_gone() -> None:
    assert near(set(range(10)) - {5}, 4, 5, limit=1) == [(3, 4)]


def test_the_row_behind_is_nearer_than_the_far_end_of_the_row() -> None:
    assert near({8, 9, 14, 15}, 4, 5, limit=1) == [(14, 15)]


def test_a_group_stays_together_or_gets_nothing() -> None:
    assert near({3, 6, 13, 16}, 4, 5) == []
    assert near({3, 6, 28, 29}, 4, 5) == [(28, 29)]
    assert near({9, 10}, 4, 5) == []


def test_seats_that_were_wanted_apart_may_be_replaced_apart() -> None:
    assert near({2, 14, 29}, 4, 6) == [(2, 14)]
    assert near({2}, 4, 6) == []


def test_the_same_section_comes_before_one_that_is_nearer() -> None:
    assert near({0, 1, 32, 33}, 24, 25) == [(0, 1), (32, 33)]


def test_another_ticket_type_is_never_given() -> None:
    assert near(set(range(40, 50)), 24, 25) == []
    assert near(set(range(50)) - {39, 40}, 39, 40) == []


def test_a_wheelchair_seat_is_only_for_whoever_asked_for_one() -> None:
    assert near({20, 21}, 22, 23) == []
    assert near({21, 22, 27, 28}, 23, 24) == [(27, 28)]
    assert near({21, 22, 27, 28}, 20, 29) == [(21, 22)]
    assert near({20, 21, 27, 28}, 20, 29) == [(21, 27)]
    assert near({21, 5}, 20) == [(21,)]


@given(st.text("as", min_size=50, max_size=50), st.integers(0, 29), st.integers(1, 4))
def test_what_is_found_is_free_and_of_the_same_kind(free: str, first: int, quantity: int) -> None:
    wanted = [idx for idx in range(first, first + quantity) if idx // 10 == first // 10]
    wheelchairs = sum(HALL.is_accessible(idx) for idx in wanted)
    groups = near(free, *wanted)
    assert len(groups) <= 8
    for group in groups:
        assert len(group) == len(set(group)) == len(wanted)
        assert all(free[idx] == "a" and idx < 40 for idx in group)
        assert sum(HALL.is_accessible(idx) for idx in group) == wheelchairs
        assert group[0] // 10 == group[-1] // 10
    blocks = [range(start, start + len(wanted)) for start in range(40 - len(wanted) + 1)]
    fits = [
        block
        for block in blocks
        if block[0] // 10 == block[-1] // 10
        and all(free[idx] == "a" for idx in block)
        and sum(HALL.is_accessible(idx) for idx in block) == wheelchairs
    ]
    assert bool(groups) == bool(fits)


def order(*seats: int, agreed: bool = True, lost: bool = False) -> HoldOrder:
    wish = b"w" if agreed else None
    return HoldOrder(HoldId("h"), UserId("u"), Seats(seats), wish=wish, lost=lost)


def test_only_people_who_agreed_are_given_other_seats() -> None:
    states = b"a" * HALL.size
    general = HoldOrder(HoldId("h"), UserId("u"), Quantity(1, 2), wish=b"w")
    agreed, refused, standing = with_others(
        [order(4), order(4, agreed=False), general], states, HALL
    )
    assert agreed.others
    assert (refused.others, standing.others) == ((), ())


def test_people_who_lost_the_same_seats_are_sent_to_different_ones() -> None:
    orders = [order(4, 5, lost=True) for _ in range(3)]
    firsts = [each.others[0] for each in with_others(orders, b"a" * HALL.size, HALL)]
    assert len({idx for group in firsts for idx in group}) == 6
