"""The till's health over the last ten seconds."""

from tiketi_booking.domain.till import TillHealth


def test_a_till_that_did_nothing_is_healthy() -> None:
    health = TillHealth()
    assert (health.hold_p95(5), health.checkout_p95(5), health.error_share(5)) == (0, 0, 0)


def test_the_slowest_twentieth_is_what_counts() -> None:
    health = TillHealth()
    for place in range(100):
        health.hold(1, place / 100)
    assert health.hold_p95(2) == 0.94


def test_what_is_older_than_ten_seconds_is_forgotten() -> None:
    health = TillHealth()
    health.checkout(0, 9, failed=True)
    health.checkout(8, 1)
    assert (health.checkout_p95(11), health.error_share(11)) == (1, 0)


def test_failures_are_a_share_of_all() -> None:
    health = TillHealth()
    health.hold(1, 0.1)
    health.hold(1, 0.1, failed=True)
    health.checkout(1, 0.1)
    health.checkout(1, 0.1, failed=True)
    assert health.error_share(2) == 0.5
