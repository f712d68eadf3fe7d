"""The evening of the product's definition, and what must hold on any other evening."""

from datetime import UTC, datetime
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_metrics.domain.policy import Policy, PolicyError, parse_policy
from tiketi_metrics.domain.scaling import ScalingState, decide, initial_state

SHIPPED = files("tiketi_metrics").joinpath("scaling.toml").read_text(encoding="utf-8")
POLICY = parse_policy(SHIPPED)


def at(clock: str) -> float:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, 21, hour, minute, tzinfo=UTC).timestamp()


class Evening:
    """Plays looks at the line against one policy."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.policy = policy
        self.state = initial_state(policy)

    def look(self, clock: str, waiting: int | None) -> int:
        """The change decided at `clock`."""
        self.state, decision = decide(self.state, waiting, at(clock), self.policy)
        return decision.change


def test_the_evening_goes_as_planned() -> None:
    evening = Evening()

    assert evening.look("19:30", 0) == 0
    assert evening.state.desired == 2
    assert evening.look("19:50", 3_000) == 0
    assert evening.look("19:55", 8_000) == +2
    assert evening.look("19:58", 25_000) == +5
    assert evening.look("20:00", 20_000) == 0
    assert evening.state.desired == 9
    assert evening.look("20:30", 800) == 0
    assert evening.look("20:35", 500) == -1

    sizes = [evening.state.desired]
    changed_at = ["20:35"]
    for minute in range(36, 150):
        clock = f"{20 + minute // 60}:{minute % 60:02}"
        if evening.look(clock, 500):
            sizes.append(evening.state.desired)
            changed_at.append(clock)
    assert sizes == [8, 7, 6, 5, 4, 3, 2]
    assert changed_at == ["20:35", "20:45", "20:55", "21:05", "21:15", "21:25", "21:35"]


def test_the_same_evening_looked_at_every_three_seconds_takes_the_same_steps() -> None:
    line = [("19:30", 0), ("19:50", 3_000), ("19:55", 8_000), ("19:58", 25_000), ("20:00", 20_000),
            ("20:03", 4_000), ("20:30", 800), ("20:35", 500)]  # fmt: skip
    steps = sorted((at(clock), waiting) for clock, waiting in line)
    state, changes = initial_state(POLICY), []
    for second in range(int(at("19:30")), int(at("21:40")), 3):
        waiting = [waiting for since, waiting in steps if since <= second][-1]
        state, decision = decide(state, waiting, second, POLICY)
        if decision.change:
            clock = datetime.fromtimestamp(second, UTC).strftime("%H:%M:%S")
            changes.append((clock, decision.change, state.desired))
    assert changes == [
        ("19:55:00", +2, 4), ("19:58:00", +5, 9), ("20:35:00", -1, 8), ("20:45:00", -1, 7),
        ("20:55:00", -1, 6), ("21:05:00", -1, 5), ("21:15:00", -1, 4), ("21:25:00", -1, 3),
        ("21:35:00", -1, 2),
    ]  # fmt: skip


def test_a_rush_does_not_wait_for_the_small_steps_cooldown() -> None:
    evening = Evening()
    assert evening.look("20:00", 6_000) == +2
    assert evening.look("20:01", 60_000) == +5


def test_the_small_step_waits_for_the_large_ones_cooldown() -> None:
    evening = Evening()
    assert evening.look("20:00", 60_000) == +5
    assert evening.look("20:04", 6_000) == 0
    assert evening.look("20:05", 6_000) == +2


def test_a_line_that_stays_long_grows_the_fleet_to_its_maximum_and_no_further() -> None:
    evening = Evening()
    changes = [evening.look(f"20:{minute:02}", 6_000) for minute in range(0, 30, 3)]
    assert changes == [2, 2, 2, 2, 0, 0, 0, 0, 0, 0]
    assert evening.state.desired == 10


def test_one_long_period_starts_the_row_anew() -> None:
    evening = Evening()
    evening.state = ScalingState(desired=5)
    looks = [("20:00", 0), ("20:05", 0), ("20:10", 2_000), ("20:15", 0), ("20:20", 0)]
    assert [evening.look(*look) for look in looks] == [0, 0, 0, 0, -1]


def test_a_line_that_could_not_be_seen_changes_nothing_and_breaks_the_row() -> None:
    evening = Evening()
    evening.state = ScalingState(desired=5)
    looks = [("20:00", 0), ("20:05", 0), ("20:10", None), ("20:15", 0), ("20:20", 0)]
    assert [evening.look(*look) for look in looks] == [0, 0, 0, 0, -1]


def test_a_fresh_start_does_not_count_the_period_it_fell_into() -> None:
    evening = Evening()
    evening.state = ScalingState(desired=5)
    assert [evening.look(clock, 0) for clock in ("20:04", "20:05", "20:09")] == [0, 0, 0]


def test_instances_that_have_just_come_stay_for_their_cooldown() -> None:
    """With periods so short that a row of them is over before the cooldown is."""
    policy = parse_policy(SHIPPED.replace("period_seconds = 300", "period_seconds = 30"))
    began = at("20:00")
    state, grown = decide(initial_state(policy), 6_000, began, policy)
    changes = []
    for second in range(10, 200, 10):
        state, decision = decide(state, 0, began + second, policy)
        if decision.change:
            changes.append((second, decision.change))
    assert (grown.change, changes) == (+2, [(180, -1)])


def test_new_bounds_hold_at_once() -> None:
    narrower = parse_policy(SHIPPED.replace("maximum = 10", "maximum = 4"))
    state, _ = decide(ScalingState(desired=9), 0, at("20:00"), narrower)
    assert state.desired == 4


waitings = st.one_of(
    st.none(), st.integers(0, 200_000), st.sampled_from([999, 1_000, 5_000, 5_001])
)
looks = st.lists(st.tuples(st.integers(1, 900), waitings), max_size=60)


def play(looks: list[tuple[int, int | None]]) -> list[tuple[float, int, ScalingState]]:
    """(time, change, state) of each look, `looks` being (seconds since the last, waiting)."""
    state, now, played = initial_state(POLICY), at("18:00"), []
    for pause, waiting in looks:
        now += pause
        state, decision = decide(state, waiting, now, POLICY)
        played.append((now, decision.change, state))
    return played


@given(looks)
def test_the_number_stays_within_its_bounds(looks: list[tuple[int, int | None]]) -> None:
    assert all(2 <= state.desired <= 10 for _, _, state in play(looks))


@given(looks)
def test_the_number_is_the_sum_of_the_changes(looks: list[tuple[int, int | None]]) -> None:
    played = play(looks)
    total = 2 + sum(change for _, change, _ in played)
    assert not played or played[-1][2].desired == total


@given(looks)
def test_no_step_is_taken_within_a_cooldown(looks: list[tuple[int, int | None]]) -> None:
    """A step that the maximum cut short counts as the step it is."""
    steps = [
        (now, state.grown_by if change > 0 else change)
        for now, change, state in play(looks)
        if change
    ]
    for (before, first), (after, second) in pairwise(steps):
        if first < 0 and second < 0:
            assert after - before >= 600
        if first > 0 and (second < 0 or second <= first):
            assert after - before >= {2: 180, 5: 300}[first]


@given(looks, st.integers(1, 900), st.integers(0, 100_000), st.integers(0, 100_000))
def test_a_longer_line_never_means_fewer_instances(
    looks: list[tuple[int, int | None]], pause: int, one: int, other: int
) -> None:
    played = play(looks)
    now, _, state = played[-1] if played else (at("18:00"), 0, initial_state(POLICY))
    shorter, _ = decide(state, min(one, other), now + pause, POLICY)
    longer, _ = decide(state, max(one, other), now + pause, POLICY)
    assert shorter.desired <= longer.desired


@given(looks)
def test_an_empty_line_returns_to_the_minimum(looks: list[tuple[int, int | None]]) -> None:
    quiet_evening: list[tuple[int, int | None]] = [(300, 0)] * 30
    assert play(looks + quiet_evening)[-1][2].desired == 2


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (SHIPPED.replace("maximum = 10", "maximum = 1"), "`minimum` is above `maximum`"),
        (SHIPPED.replace("20_000", "4_000"), "`grow` must rise"),
        (SHIPPED.replace("below = 1_000", "below = 6_000"), "`shrink.below` is above"),
        (SHIPPED.replace("below = 1_000", "under = 1_000"), "under"),
        (SHIPPED.replace("periods = 2", "periods = 0"), "shrink.periods"),
        ("minimum =", "Invalid"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_with_the_place(broken: str, says: str) -> None:
    with pytest.raises(PolicyError, match=says):
        parse_policy(broken)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (SHIPPED.replace("maximum = 10", "maximum = 1"), "`minimum` is above `maximum`"),
        (SHIPPED.replace("20_000", "5_000"), "`grow` must rise: a higher `above` adds more"),
        (SHIPPED.replace("add = 5", "add = 2"), "`grow` must rise: a higher `above` adds more"),
        (
            SHIPPED.replace("below = 1_000", "below = 5_001"),
            "`shrink.below` is above the first `grow.above`",
        ),
    ],
)
def test_a_refusal_of_a_policy_says_what_is_wrong(broken: str, says: str) -> None:
    assert broken != SHIPPED
    with pytest.raises(PolicyError) as refused:
        parse_policy(broken)
    assert str(refused.value).partition(" - at")[0] == says


def test_a_policy_at_its_limits_is_accepted() -> None:
    fixed = parse_policy(SHIPPED.replace("maximum = 10", "maximum = 2"))
    assert (fixed.minimum, fixed.maximum) == (2, 2)
    touching = parse_policy(SHIPPED.replace("below = 1_000", "below = 5_000"))
    assert touching.shrink.below == touching.grow[0].above == 5_000
    start, end = SHIPPED.index("[[grow]]"), SHIPPED.index("[shrink]")
    assert parse_policy(SHIPPED[:start] + "grow = []\n" + SHIPPED[end:]).grow == ()


def told(state: ScalingState, waiting: int | None, now: float) -> tuple[int, str]:
    _, decision = decide(state, waiting, now, POLICY)
    return decision.change, decision.reason


QUIET = ScalingState(desired=5, period=100, low_periods=2)


@pytest.mark.parametrize(
    ("state", "waiting", "change", "reason"),
    [
        (QUIET, None, 0, "the line cannot be seen: keeping the number"),
        (QUIET, 1_000, 0, "the line calls for no change"),
        (QUIET, 999, -1, "fewer than 1,000 in line for 2 periods: -1"),
        (
            ScalingState(desired=5, period=100, low_periods=1), 999, 0,
            "the line calls for no change",
        ),
        (
            ScalingState(desired=2, period=100, low_periods=3), 999, 0,
            "fewer than 1,000 in line for 3 periods, but 2 is the minimum",
        ),
        (
            ScalingState(desired=5, period=100, low_periods=2, shrink_after=30_041), 999, 0,
            "fewer than 1,000 in line for 2 periods, cooling down for 31 s",
        ),
        (
            ScalingState(desired=5, period=100, low_periods=2, shrink_after=30_010), 999, -1,
            "fewer than 1,000 in line for 2 periods: -1",
        ),
        (
            ScalingState(
                desired=5, period=100, low_periods=2, grow_after=30_041, shrink_after=30_020
            ), 999, 0,
            "fewer than 1,000 in line for 2 periods, cooling down for 31 s",
        ),
        (
            ScalingState(
                desired=5, period=100, low_periods=2, grow_after=30_010, shrink_after=29_000
            ), 999, -1,
            "fewer than 1,000 in line for 2 periods: -1",
        ),
        (QUIET, 5_000, 0, "the line calls for no change"),
        (QUIET, 5_001, 2, "more than 5,000 in line: +2"),
        (QUIET, 20_000, 2, "more than 5,000 in line: +2"),
        (QUIET, 20_001, 5, "more than 20,000 in line: +5"),
        (ScalingState(desired=9, period=100), 20_001, 1, "more than 20,000 in line: +1"),
        (
            ScalingState(desired=10, period=100), 20_001, 0,
            "more than 20,000 in line, but 10 is the maximum",
        ),
        (
            ScalingState(desired=5, period=100, grown_by=2, grow_after=30_052), 5_001, 0,
            "more than 5,000 in line, cooling down for 42 s",
        ),
        (
            ScalingState(desired=5, period=100, grown_by=2, grow_after=30_010), 5_001, 2,
            "more than 5,000 in line: +2",
        ),
    ],
)  # fmt: skip
def test_each_decision_is_explained_to_the_operator(
    state: ScalingState, waiting: int | None, change: int, reason: str
) -> None:
    assert told(state, waiting, 30_010) == (change, reason)


def test_a_period_that_ended_long_ago_does_not_count_twice() -> None:
    state = ScalingState(desired=5, period=100, low_periods=1)
    state, _ = decide(state, 0, 30_299, POLICY)
    assert (state.period, state.low_periods) == (100, 1)
    state, _ = decide(state, 0, 30_300, POLICY)
    assert (state.period, state.low_periods) == (101, 2)
    state, _ = decide(state, 1_000, 30_600, POLICY)
    assert (state.period, state.low_periods) == (102, 0)


def test_a_late_look_at_an_earlier_period_changes_nothing() -> None:
    state = ScalingState(desired=5, period=100, low_periods=2)
    state, _ = decide(state, 2_000, 29_999, POLICY)
    assert (state.period, state.low_periods) == (100, 2)
