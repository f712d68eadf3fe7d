from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_rehearsal.domain.crowd import Arrivals, Habits, Person, Plan, crowd

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


def habits(**shares: float) -> Habits:
    return Habits(**(dict.fromkeys(Habits.__dataclass_fields__, 0.0) | shares))


def people(**shares: float) -> list[Person]:
    return list(crowd(Plan(users=2_000, seats=1, habits=habits(**shares), seed=7)))


@pytest.mark.parametrize(
    ("habit", "shows"),
    [
        ("refreshes", lambda person: person.refreshes),
        ("loses_network", lambda person: person.cut_off is not None),
        ("second_device", lambda person: person.second_device_after is not None),
        ("leaves", lambda person: person.leaves_after is not None),
        ("hesitates", lambda person: person.hesitates_for > 0),
        ("wants_the_best", lambda person: person.wants_the_best),
        ("live", lambda person: person.live),
        ("takes_the_nearest", lambda person: person.takes_the_nearest),
        ("bots", lambda person: person.bot),
        ("card_declined", lambda person: person.payments == ("tok_declined", "tok_ok")),
        ("bank_is_slow", lambda person: person.payments == ("tok_timeout",)),
        ("abandons", lambda person: person.payments == ()),
    ],
)
def test_a_habit_is_had_by_its_share_of_the_crowd(
    habit: str, shows: Callable[[Person], bool]
) -> None:
    assert sum(map(shows, people(**{habit: 0.0}))) == 0
    assert 0.25 < sum(map(shows, people(**{habit: 0.3}))) / 2_000 < 0.35
    assert sum(map(shows, people(**{habit: 1.0}))) == 2_000


def test_the_ways_to_pay_are_shared_out() -> None:
    paid = Counter(
        person.payments for person in people(abandons=0.2, card_declined=0.3, bank_is_slow=0.4)
    )
    shares = {way: round(count / 2_000, 1) for way, count in paid.items()}
    assert shares == {
        (): 0.2, ("tok_declined", "tok_ok"): 0.3, ("tok_timeout",): 0.4, ("tok_ok",): 0.1,
    }  # fmt: skip


def test_times_of_habits_lie_within_their_bounds() -> None:
    everybody = people(loses_network=1.0, second_device=1.0, leaves=1.0, hesitates=1.0)
    bounds = [
        ([person.cut_off[0] for person in everybody if person.cut_off], 1, 20),
        ([person.cut_off[1] for person in everybody if person.cut_off], 2, 15),
        ([person.second_device_after or 0 for person in everybody], 1, 30),
        ([person.leaves_after or 0 for person in everybody], 2, 60),
        ([person.hesitates_for for person in everybody], 1, 10),
    ]
    for times, low, high in bounds:
        assert low <= min(times) < low + 0.01 * (high - low)
        assert high - 0.01 * (high - low) < max(times) <= high


def test_bots_take_four_of_the_best_and_never_leave() -> None:
    bots = people(bots=1.0, leaves=1.0)
    assert {(bot.tickets, bot.wants_the_best, bot.leaves_after) for bot in bots} == {
        (4, True, None)
    }


def test_half_of_the_people_want_two_tickets() -> None:
    wanted = Counter(person.tickets for person in people())
    shares = {count: number / 2_000 for count, number in wanted.items()}
    assert shares == pytest.approx({1: 0.3, 2: 0.5, 3: 0.1, 4: 0.1}, abs=0.025)


@pytest.mark.parametrize(
    ("arrivals", "median"), [("flash", 20 / 8), ("ramp", 20 / 2**0.5), ("lobby", 10)]
)
def test_half_of_the_crowd_is_there_at_the_median(arrivals: Arrivals, median: float) -> None:
    plan = Plan(users=4_001, seats=1, arrivals=arrivals, arrive_within=20.0)
    times = [person.arrives_at for person in crowd(plan)]
    assert times[2_000] == pytest.approx(median, rel=0.08)
