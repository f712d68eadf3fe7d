"""The timings of sales over the last ten seconds."""

import pytest

from tiketi_booking.domain.timings import SaleTimings


def test_a_till_that_did_nothing_is_healthy() -> None:
    health = SaleTimings()
    assert (health.hold_p95(5), health.checkout_p95(5), health.error_share(5)) == (0, 0, 0)


def test_the_slowest_twentieth_is_what_counts() -> None:
    health = SaleTimings()
    for place in range(100):
        health.hold(1, place / 100)
    assert health.hold_p95(2) == 0.94


def test_what_is_older_than_ten_seconds_is_forgotten() -> None:
    health = SaleTimings()
    health.checkout(0, 9, failed=True)
    health.checkout(8, 1)
    assert (health.checkout_p95(11), health.error_share(11)) == (1, 0)


def test_failures_are_a_share_of_all() -> None:
    health = SaleTimings()
    health.hold(1, 0.1)
    health.hold(1, 0.1, failed=True)
    health.checkout(1, 0.1)
    health.checkout(1, 0.1, failed=True)
    assert health.error_share(2) == 0.5


@pytest.mark.parametrize(
    ("count", "slowest"), [(1, 1), (2, 1), (20, 19), (21, 20), (22, 20), (40, 38), (41, 39)]
)
def test_the_p95_is_an_operation_that_happened(count: int, slowest: int) -> None:
    health = SaleTimings()
    for seconds in range(count, 0, -1):
        health.hold(1, seconds)
        health.checkout(1, seconds + 0.5)
    assert health.hold_p95(2) == slowest
    assert health.checkout_p95(2) == slowest + 0.5


@pytest.mark.parametrize(("now", "p95", "share"), [(10.9, 3, 0.5), (11, 2, 0), (11.1, 2, 0)])
def test_an_operation_counts_for_ten_seconds(now: float, p95: float, share: float) -> None:
    health = SaleTimings()
    health.hold(1, 7, failed=True)
    health.checkout(1, 7, failed=True)
    health.hold(2, 3)
    health.checkout(2, 3)
    assert health.error_share(now) == share
    health.hold(2, 2)
    health.checkout(2, 2)
    assert (health.hold_p95(now), health.checkout_p95(now)) == (p95, p95)


def test_in_a_rush_the_last_two_thousand_operations_count() -> None:
    health = SaleTimings()
    health.hold(1, 9, failed=True)
    health.checkout(1, 9, failed=True)
    for _ in range(1_999):
        health.hold(2, 1)
        health.checkout(2, 1)
    assert health.error_share(3) == 2 / 4_000
    health.hold(2, 1)
    assert health.error_share(3) == 1 / 4_000
