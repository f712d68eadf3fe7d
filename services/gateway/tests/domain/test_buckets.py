import pytest

from tiketi_gateway.domain.buckets import SettledBucket
from tiketi_gateway.http1.replies import problem_reply
from tiketi_gateway.web.routes import RULES
from tiketi_shared.buckets import Limit
from tiketi_shared.errors import TooManyRequests

LIMIT = Limit(per_second=2, burst=5)


def test_two_gateways_share_what_is_left_once_they_have_settled() -> None:
    here, there = SettledBucket(LIMIT, 0.0), SettledBucket(LIMIT, 0.0)
    for _ in range(4):
        here.take(LIMIT, 0.0)
        there.take(LIMIT, 0.0)
    here.settle(5 - 4, 4, 0.0)
    there.settle(5 - 4 - 4, 4, 0.0)
    here.settle(5 - 4 - 4, 0, 0.0)
    assert here.take(LIMIT, 0.0) > 0
    assert there.take(LIMIT, 0.0) > 0


def test_what_was_taken_while_settling_is_not_forgotten() -> None:
    bucket = SettledBucket(LIMIT, 0.0)
    bucket.take(LIMIT, 0.0)
    settled = bucket.taken
    bucket.take(LIMIT, 0.0)
    bucket.settle(4.0, settled, 0.0)
    assert (bucket.level, bucket.taken) == (3.0, 1.0)


def test_a_bucket_gains_by_its_rate_and_loses_one_by_one() -> None:
    bucket = SettledBucket(LIMIT, 100.0)
    assert (bucket.level, bucket.at, bucket.taken) == (5, 100.0, 0.0)
    assert [bucket.take(LIMIT, 100.0) for _ in range(5)] == [0.0] * 5
    assert (bucket.level, bucket.taken) == (0.0, 5.0)
    assert bucket.take(LIMIT, 100.25) == 0.25
    assert (bucket.level, bucket.at, bucket.taken) == (0.5, 100.25, 5.0)
    assert bucket.take(LIMIT, 100.5) == 0.0
    assert (bucket.level, bucket.at, bucket.taken) == (0.0, 100.5, 6.0)


def test_settling_takes_over_the_shared_level_at_that_time() -> None:
    bucket = SettledBucket(LIMIT, 0.0)
    for _ in range(3):
        bucket.take(LIMIT, 0.0)
    bucket.settle(2.5, 2.0, 7.0)
    assert (bucket.level, bucket.taken, bucket.at) == (1.5, 1.0, 7.0)


LIMITS = sorted(
    {
        limit
        for rule in RULES
        for limit in (rule.rate.address, rule.rate.account)
        if limit is not None
    }
    | {Limit(per_second=0.3, burst=7)},
    key=lambda limit: (limit.per_second, limit.burst),
)


@pytest.mark.parametrize("level", ["debt", -2.5, -1, -0.75, 0, 0.25, 0.5, 0.999, 1 - 1e-7])
@pytest.mark.parametrize("limit", LIMITS)
def test_whoever_waits_as_retry_after_says_is_served_and_a_second_earlier_is_not(
    limit: Limit, level: float | str
) -> None:
    bucket = SettledBucket(limit, 100.0)
    bucket.settle(-limit.burst if isinstance(level, str) else level, 0.0, 100.0)
    wait = bucket.take(limit, 100.0)
    assert wait > 0
    head = problem_reply(TooManyRequests(retry_after=wait), "r1").head
    (header,) = [line for line in head.split(b"\r\n") if line.startswith(b"Retry-After: ")]
    told = int(header.removeprefix(b"Retry-After: "))
    assert told >= 1
    if told > 1:
        assert bucket.take(limit, 100.0 + told - 1 - 1e-6) > 0
    assert bucket.take(limit, 100.0 + told) == 0.0
