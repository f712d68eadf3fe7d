from hypothesis import given
from hypothesis import strategies as st

from tiketi_queue.domain.limits import JoinLimiter


def test_half_a_minutes_worth_may_come_at_once() -> None:
    limiter = JoinLimiter(per_minute=60)
    assert [limiter.allow("ann", 0.0) for _ in range(40)] == [True] * 30 + [False] * 10


def test_patience_is_rewarded() -> None:
    limiter = JoinLimiter(per_minute=60)
    while limiter.allow("ann", 0.0):
        pass
    assert not limiter.allow("ann", 0.5)
    assert limiter.allow("ann", 1.1)


def test_one_accounts_knocking_is_not_anothers() -> None:
    limiter = JoinLimiter(per_minute=2)
    assert limiter.allow("ann", 0.0)
    assert not limiter.allow("ann", 0.0)
    assert limiter.allow("bob", 0.0)


@given(st.lists(st.floats(0, 5), max_size=300))
def test_no_minute_has_more_than_the_rate_and_the_burst(pauses: list[float]) -> None:
    limiter, now, allowed = JoinLimiter(per_minute=60), 0.0, []
    for pause in pauses:
        now += pause
        if limiter.allow("ann", now):
            allowed.append(now)
    for start in allowed:
        assert sum(start <= at < start + 60 for at in allowed) <= 60 + 30 + 1


def test_memory_follows_those_who_knock_often() -> None:
    limiter = JoinLimiter(per_minute=60, most_keys=100)
    for index in range(1000):
        limiter.allow(f"user-{index}", index * 0.01)
    assert len(limiter._buckets) <= 100


def test_a_bucket_fills_by_its_rate_up_to_half_a_minutes_worth() -> None:
    limiter = JoinLimiter(per_minute=6)
    assert [limiter.allow("ann", 100.0) for _ in range(4)] == [True, True, True, False]
    assert not limiter.allow("ann", 109.9)
    assert limiter.allow("ann", 110.0)
    assert not limiter.allow("ann", 119.9)
    assert [limiter.allow("ann", 900.0) for _ in range(4)] == [True, True, True, False]


def test_a_refused_knock_costs_nothing() -> None:
    limiter = JoinLimiter(per_minute=6)
    for at in (100.0, 100.0, 100.0, 101.0, 102.0, 103.0, 104.0):
        limiter.allow("ann", at)
    assert limiter.allow("ann", 110.5)


def test_with_many_accounts_only_those_of_the_last_half_minute_are_remembered() -> None:
    limiter = JoinLimiter(per_minute=2, most_keys=3)
    assert [limiter.allow(who, at) for who, at in [("ann", 0.0), ("bob", 0.1), ("cid", 20.0)]] == [
        True, True, True,
    ]  # fmt: skip
    assert set(limiter._buckets) == {"ann", "bob", "cid"}
    assert limiter.allow("dan", 30.0)
    assert set(limiter._buckets) == {"bob", "cid", "dan"}
    assert not limiter.allow("cid", 31.0)


def test_when_all_of_too_many_accounts_are_recent_all_are_forgotten() -> None:
    limiter = JoinLimiter(per_minute=2, most_keys=2)
    assert [limiter.allow(who, 0.0) for who in ("ann", "bob")] == [True, True]
    assert limiter.allow("cid", 1.0)
    assert set(limiter._buckets) == {"cid"}
