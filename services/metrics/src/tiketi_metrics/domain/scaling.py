"""How many instances should run: one pure step from what was decided to what is decided now.

`decide` is called whenever the line was looked at, every few seconds or every few minutes; the
outcome depends on the clock it is given, not on how often it is asked.

Growing acts on what is seen now. After a step of a certain size, that step and smaller ones wait
for its cooldown; a larger one does not, since a line that went from 5,000 to 20,000 in a minute
must not wait for the small step's three. Shrinking looks at the line as it stands at the end of
each period; a period that nobody saw the end of breaks the row. It waits for every cooldown.
"""

import msgspec

from tiketi_metrics.domain.policy import Grow, Policy


class ScalingState(msgspec.Struct, frozen=True, kw_only=True):
    """What the next decision needs to know of the earlier ones; times are Unix seconds."""

    desired: int
    grown_by: int = 0
    """Size of the last step up."""
    grow_after: float = 0.0
    """Until then no step up of that size or a smaller one."""
    shrink_after: float = 0.0
    """Until then no step down after the last one."""
    period: int | None = None
    """Number of the last period whose end was seen, counted from the epoch."""
    low_periods: int = 0
    """Periods in a row that ended with a short line."""


class Decision(msgspec.Struct, frozen=True):
    """`change` instances more (or fewer); `reason` is a sentence for the operator."""

    change: int
    reason: str


def initial_state(policy: Policy) -> ScalingState:
    return ScalingState(desired=policy.minimum)


def decide(
    state: ScalingState, waiting: int | None, now: float, policy: Policy
) -> tuple[ScalingState, Decision]:
    """The next state and why, with `waiting` people in line at `now`.

    `waiting` None: the line could not be seen, and nothing changes.
    """
    state = _within_bounds(state, policy)
    if waiting is None:
        return state, Decision(0, "the line cannot be seen: keeping the number")
    state = _count_period(state, waiting, now, policy)
    step = _largest(policy, waiting)
    if step is not None:
        return _grow(state, step, now, policy)
    if state.low_periods >= policy.shrink.periods and waiting < policy.shrink.below:
        return _shrink(state, now, policy)
    return state, Decision(0, "the line calls for no change")


def _within_bounds(state: ScalingState, policy: Policy) -> ScalingState:
    """The bounds may have been changed since the state was kept."""
    desired = min(max(state.desired, policy.minimum), policy.maximum)
    return msgspec.structs.replace(state, desired=desired)


def _count_period(state: ScalingState, waiting: int, now: float, policy: Policy) -> ScalingState:
    period = int(now // policy.shrink.period_seconds)
    if state.period is None:
        return msgspec.structs.replace(state, period=period)
    if period <= state.period:
        return state
    in_a_row = state.low_periods if period == state.period + 1 else 0
    low = in_a_row + 1 if waiting < policy.shrink.below else 0
    return msgspec.structs.replace(state, period=period, low_periods=low)


def _largest(policy: Policy, waiting: int) -> Grow | None:
    return next((step for step in reversed(policy.grow) if waiting > step.above), None)


def _grow(
    state: ScalingState, step: Grow, now: float, policy: Policy
) -> tuple[ScalingState, Decision]:
    seen = f"more than {step.above:,} in line"
    if now < state.grow_after and step.add <= state.grown_by:
        return state, Decision(0, f"{seen}, cooling down for {state.grow_after - now:.0f} s")
    change = min(step.add, policy.maximum - state.desired)
    if change == 0:
        return state, Decision(0, f"{seen}, but {policy.maximum} is the maximum")
    grown = msgspec.structs.replace(
        state,
        desired=state.desired + change,
        grown_by=step.add,
        grow_after=now + step.cooldown_seconds,
    )
    return grown, Decision(change, f"{seen}: {change:+d}")


def _shrink(state: ScalingState, now: float, policy: Policy) -> tuple[ScalingState, Decision]:
    shrink = policy.shrink
    seen = f"fewer than {shrink.below:,} in line for {state.low_periods} periods"
    quiet = max(state.grow_after, state.shrink_after)
    if now < quiet:
        return state, Decision(0, f"{seen}, cooling down for {quiet - now:.0f} s")
    change = min(shrink.remove, state.desired - policy.minimum)
    if change == 0:
        return state, Decision(0, f"{seen}, but {policy.minimum} is the minimum")
    shrunk = msgspec.structs.replace(
        state, desired=state.desired - change, shrink_after=now + shrink.cooldown_seconds
    )
    return shrunk, Decision(-change, f"{seen}: {-change:+d}")
