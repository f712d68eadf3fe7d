import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_gateway.domain.buckets import Bucket, Limit

LIMIT = Limit(per_second=2, burst=5)


@given(st.lists(st.floats(0, 2), max_size=60))
def test_nobody_gets_more_than_the_burst_and_the_rate(pauses: list[float]) -> None:
    bucket, now, taken = Bucket(LIMIT, 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        taken += bucket.take(LIMIT, now) == 0.0
        assert taken <= LIMIT.burst + now * LIMIT.per_second + 1e-6


def test_whoever_waits_as_told_is_served() -> None:
    bucket = Bucket(LIMIT, 0.0)
    for _ in range(5):
        assert bucket.take(LIMIT, 0.0) == 0.0
    wait = bucket.take(LIMIT, 0.0)
    assert wait == pytest.approx(0.5)
    assert bucket.take(LIMIT, wait) == 0.0


def test_two_gateways_share_what_is_left_once_they_have_settled() -> None:
    here, there = Bucket(LIMIT, 0.0), Bucket(LIMIT, 0.0)
    for _ in range(4):
        here.take(LIMIT, 0.0)
        there.take(LIMIT, 0.0)
    here.settle(5 - 4, 4, 0.0)
    there.settle(5 - 4 - 4, 4, 0.0)
    here.settle(5 - 4 - 4, 0, 0.0)
    assert here.take(LIMIT, 0.0) > 0
    assert there.take(LIMIT, 0.0) > 0


def test_what_was_taken_while_settling_is_not_forgotten() -> None:
    bucket = Bucket(LIMIT, 0.0)
    bucket.take(LIMIT, 0.0)
    settled = bucket.taken
    bucket.take(LIMIT, 0.0)
    bucket.settle(4.0, settled, 0.0)
    assert (bucket.level, bucket.taken) == (3.0, 1.0)


def test_a_bucket_that_has_filled_up_may_be_forgotten() -> None:
    bucket = Bucket(LIMIT, 0.0)
    bucket.take(LIMIT, 0.0)
    assert not bucket.is_full(LIMIT, 0.1)
    assert bucket.is_full(LIMIT, 0.5)


def test_a_bucket_gains_by_its_rate_and_loses_one_by_one() -> None:
    bucket = Bucket(LIMIT, 100.0)
    assert (bucket.level, bucket.at, bucket.taken) == (5, 100.0, 0.0)
    assert [bucket.take(LIMIT, 100.0) for _ in range(5)] == [0.0] * 5
    assert (bucket.level, bucket.taken) == (0.0, 5.0)
    assert bucket.take(LIMIT, 100.25) == 0.25
    assert (bucket.level, bucket.at, bucket.taken) == (0.5, 100.25, 5.0)
    assert bucket.take(LIMIT, 100.5) == 0.0
    assert (bucket.level, bucket.at, bucket.taken) == (0.0, 100.5, 6.0)


@pytest.mark.parametrize(("now", "level"), [(100.0, 1.5), (101.0, 3.5), (101.75, 5), (900.0, 5)])
def test_the_level_rises_to_the_burst(now: float, level: float) -> None:
    bucket = Bucket(LIMIT, 90.0)
    bucket.settle(1.5, 0.0, 100.0)
    assert bucket.level_at(LIMIT, now) == level
    assert bucket.is_full(LIMIT, now) is (level == 5)


def test_settling_takes_over_the_shared_level_at_that_time() -> None:
    bucket = Bucket(LIMIT, 0.0)
    for _ in range(3):
        bucket.take(LIMIT, 0.0)
    bucket.settle(2.5, 2.0, 7.0)
    assert (bucket.level, bucket.taken, bucket.at) == (1.5, 1.0, 7.0)
