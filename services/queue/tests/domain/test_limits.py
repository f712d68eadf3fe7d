from hypothesis import given
from hypothesis import strategies as st

from tiketi_queue.domain.limits import Knocks


def test_half_a_minutes_worth_may_come_at_once() -> None:
    knocks = Knocks(per_minute=60)
    assert [knocks.allow("ann", 0.0) for _ in range(40)] == [True] * 30 + [False] * 10


def test_patience_is_rewarded() -> None:
    knocks = Knocks(per_minute=60)
    while knocks.allow("ann", 0.0):
        pass
    assert not knocks.allow("ann", 0.5)
    assert knocks.allow("ann", 1.1)


def test_one_accounts_knocking_is_not_anothers() -> None:
    knocks = Knocks(per_minute=2)
    assert knocks.allow("ann", 0.0)
    assert not knocks.allow("ann", 0.0)
    assert knocks.allow("bob", 0.0)


@given(st.lists(st.floats(0, 5), max_size=300))
def test_no_minute_has_more_than_the_rate_and_the_burst(pauses: list[float]) -> None:
    knocks, now, allowed = Knocks(per_minute=60), 0.0, []
    for pause in pauses:
        now += pause
        if knocks.allow("ann", now):
            allowed.append(now)
    for start in allowed:
        assert sum(start <= at < start + 60 for at in allowed) <= 60 + 30 + 1


def test_memory_follows_those_who_knock_often() -> None:
    knocks = Knocks(per_minute=60, most_keys=100)
    for index in range(1000):
        knocks.allow(f"user-{index}", index * 0.01)
    assert len(knocks._buckets) <= 100
