import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_rehearsal.domain.crowd import Arrivals, Habits, Plan, crowd

NOBODY = Habits(**dict.fromkeys(Habits.__dataclass_fields__, 0.0))


def test_the_same_plan_and_seed_give_the_same_crowd() -> None:
    plan = Plan(users=200, seats=50)
    assert list(crowd(plan)) == list(crowd(plan))
    assert list(crowd(plan)) != list(crowd(Plan(users=200, seats=50, seed=2)))


@given(st.sampled_from(["flash", "ramp", "lobby"]), st.integers(0, 300), st.integers())
def test_everybody_comes_in_order_and_in_time(arrivals: Arrivals, users: int, seed: int) -> None:
    people = list(crowd(Plan(users=users, seats=1, arrivals=arrivals, seed=seed)))
    times = [person.arrives_at for person in people]
    assert [person.number for person in people] == list(range(users))
    assert times == sorted(times)
    assert all(0 <= at <= 10 for at in times)


def test_a_flash_comes_at_once_and_a_ramp_comes_late() -> None:
    def early(arrivals: Arrivals) -> int:
        return sum(p.arrives_at < 2.5 for p in crowd(Plan(users=1000, seats=1, arrivals=arrivals)))

    assert early("flash") > 550
    assert early("ramp") < 120


def test_without_habits_everybody_pays_and_nobody_leaves() -> None:
    for person in crowd(Plan(users=100, seats=1, habits=NOBODY)):
        assert person.payments == ("tok_ok",)
        assert (person.leaves_after, person.cut_off, person.hesitates_for) == (None, None, 0.0)


@pytest.mark.parametrize("habit", sorted(Habits.__dataclass_fields__))
def test_each_habit_shows_when_everybody_has_it(habit: str) -> None:
    changed = Habits(**{**dict.fromkeys(Habits.__dataclass_fields__, 0.0), habit: 1.0})
    plain = next(crowd(Plan(users=1, seats=1, habits=NOBODY)))
    assert next(crowd(Plan(users=1, seats=1, habits=changed))) != plain
