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


def test_of_too_many_accounts_the_one_that_asked_least_recently_is_forgotten() -> None:
    limiter = JoinLimiter(per_minute=2, most_keys=3)
    asked = [("ann", 0.0), ("bob", 0.1), ("cid", 0.2), ("ann", 0.3), ("dan", 0.4)]
    assert [limiter.allow(who, at) for who, at in asked] == [True, True, True, False, True]
    assert not limiter.allow("ann", 0.5)
    assert not limiter.allow("cid", 0.6)
    assert limiter.allow("bob", 0.7), "bob was forgotten, and has a full bucket"
    assert limiter.allow("dan", 40.0)


def test_a_flood_of_accounts_gives_nobody_a_new_burst_who_goes_on_asking() -> None:
    limiter = JoinLimiter(per_minute=6, most_keys=10)
    while limiter.allow("ann", 0.0):
        pass
    for stranger in range(1000):
        limiter.allow(f"stranger-{stranger}", stranger * 0.001)
        assert not limiter.allow("ann", stranger * 0.001)
