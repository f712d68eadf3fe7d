import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_shared.buckets import Bucket, Limit

LIMIT = Limit(per_second=2, burst=5)


@given(st.lists(st.floats(0, 2), max_size=200), st.integers(1, 20), st.floats(0.5, 50))
def test_nobody_gets_more_than_the_burst_and_the_rate(
    pauses: list[float], burst: int, per_second: float
) -> None:
    limit = Limit(per_second, burst)
    bucket, now, taken = Bucket(limit, 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        taken += bucket.take(limit, now) == 0.0
        assert taken <= burst + now * per_second + 1e-6


def test_a_steady_client_within_the_rate_is_never_refused() -> None:
    limit = Limit(10, 5)
    bucket = Bucket(limit, 0.0)
    assert not any(bucket.take(limit, second / 9.9) for second in range(1000))


def test_a_burst_is_allowed_at_once_and_one_more_with_each_token() -> None:
    bucket = Bucket(LIMIT, 100.0)
    assert [bucket.take(LIMIT, 100.0) for _ in range(6)] == [0, 0, 0, 0, 0, 0.5]
    assert [bucket.take(LIMIT, at) for at in (100.25, 100.5, 100.75, 101.0)] == [0.25, 0, 0.25, 0]
    assert [bucket.take(LIMIT, 500.0) for _ in range(6)] == [0, 0, 0, 0, 0, 0.5]


def test_whoever_waits_as_told_is_served() -> None:
    bucket = Bucket(LIMIT, 0.0)
    for _ in range(5):
        assert bucket.take(LIMIT, 0.0) == 0.0
    wait = bucket.take(LIMIT, 0.0)
    assert wait == pytest.approx(0.5)
    assert bucket.take(LIMIT, wait) == 0.0


def test_a_bucket_that_has_filled_up_may_be_forgotten() -> None:
    bucket = Bucket(LIMIT, 0.0)
    bucket.take(LIMIT, 0.0)
    assert not bucket.is_full(LIMIT, 0.1)
    assert bucket.is_full(LIMIT, 0.5)


@pytest.mark.parametrize(("now", "level"), [(100.0, 1.5), (101.0, 3.5), (101.75, 5), (900.0, 5)])
def test_the_level_rises_to_the_burst(now: float, level: float) -> None:
    bucket = Bucket(LIMIT, 98.0)
    for _ in range(5):
        bucket.take(LIMIT, 99.25)
    assert bucket.level_at(LIMIT, now) == level
    assert bucket.is_full(LIMIT, now) is (level == 5)
