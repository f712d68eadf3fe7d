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
