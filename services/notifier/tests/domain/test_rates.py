"""A connection may send a burst, and then as much as its rate gives."""

from hypothesis import given
from hypothesis import strategies as st

from tiketi_notifier.domain.rates import MessageRate


@given(st.lists(st.floats(0, 2), max_size=200), st.integers(1, 20), st.floats(0.5, 50))
def test_no_more_than_burst_and_rate_is_allowed(
    gaps: list[float], burst: int, per_second: float
) -> None:
    rate, now, allowed = MessageRate(per_second, burst, 0.0), 0.0, 0
    for gap in gaps:
        now += gap
        allowed += rate.allows(now)
    assert allowed <= burst + per_second * now + 1e-6


def test_a_steady_client_within_the_rate_is_never_refused() -> None:
    rate = MessageRate(10, 5, 0.0)
    assert all(rate.allows(second / 9.9) for second in range(1000))


def test_a_burst_is_allowed_at_once_and_one_more_with_each_token() -> None:
    rate = MessageRate(per_second=2, burst=3, now=100.0)
    assert [rate.allows(100.0) for _ in range(4)] == [True, True, True, False]
    assert [rate.allows(at) for at in (100.25, 100.5, 100.75, 101.0)] == [False, True, False, True]
    assert [rate.allows(500.0) for _ in range(4)] == [True, True, True, False]
