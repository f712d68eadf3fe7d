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
