"""Which holds can be decided together."""

from hypothesis import given
from hypothesis import strategies as st

from tiketi_booking.domain.holds import HoldOrder, Quantity, Seats, first_wave
from tiketi_shared.ids import HoldId, UserId

ORDERS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.one_of(
            st.frozensets(st.integers(0, 9), min_size=1, max_size=4).map(
                lambda seats: Seats(tuple(sorted(seats)))
            ),
            st.integers(1, 4).map(lambda quantity: Quantity(1, quantity)),
        ),
    ),
    max_size=20,
).map(
    lambda rows: [
        HoldOrder(HoldId(str(place)), UserId(str(user)), wanted)
        for place, (user, wanted) in enumerate(rows)
    ]
)


@given(ORDERS, st.integers(1, 10))
def test_a_wave_has_no_seat_and_no_user_twice(orders: list[HoldOrder], limit: int) -> None:
    wave = first_wave(orders, limit).orders
    seats = [
        idx for order in wave if isinstance(order.wanted, Seats) for idx in order.wanted.indices
    ]
    assert len(wave) <= limit
    assert len(seats) == len(set(seats))
    assert len({order.user_id for order in wave}) == len(wave)


@given(ORDERS)
def test_the_first_is_always_in_it_and_order_is_kept(orders: list[HoldOrder]) -> None:
    wave = first_wave(orders, 100).orders
    assert wave[:1] == orders[:1]
    assert wave == [order for order in orders if order in wave]


@given(ORDERS)
def test_wave_after_wave_decides_everyone(orders: list[HoldOrder]) -> None:
    left = orders
    for _ in range(len(orders)):
        chosen = first_wave(left, 100).orders
        left = [order for order in left if order not in chosen]
    assert left == []
