"""Poll every source, decide how many instances should run, and keep both."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from tiketi_metrics.domain.board import FLEETS, Board, Change, Fleet, ScalingRecord, Source
from tiketi_metrics.domain.load import Load, quantile, sum_of
from tiketi_metrics.domain.policy import Policy
from tiketi_metrics.domain.scaling import decide, initial_state
from tiketi_metrics.domain.timeline import EventPoint, Point
from tiketi_metrics.errors import SourceLost
from tiketi_metrics.ports import ScalingStore, Upstreams
from tiketi_shared.ids import EventId
from tiketi_shared.logs import get_logger

HISTORY = 50
"""Changes that are kept."""

Clock = Callable[[], float]
T = TypeVar("T")

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Deciding:
    """What a decision needs: the store, the policy, and the name of this instance."""

    store: ScalingStore
    policy: Policy
    instance: str


async def poll(board: Board, upstreams: Upstreams, clock: Clock) -> None:
    """Poll every source at once; one that does not answer keeps its last answer and its error."""
    await asyncio.gather(
        _ask(board.depths, upstreams.depths, clock),
        _ask(board.stats, upstreams.stats, clock),
        _ask(board.sales, upstreams.sales, clock),
        *(_see(board.fleets[name], upstreams, name, clock) for name in FLEETS),
    )


async def scale(board: Board, deciding: Deciding, now: float) -> None:
    """Decide if this instance leads; otherwise take over the leader's decision.

    Raises StoreLost: without the store the leader is unknown, and the number stays as it is.
    """
    board.leading, kept = await deciding.store.lead(deciding.instance)
    last = board.scaling = _latest(board.scaling, kept)
    if not board.leading:
        return
    waiting = board.people_in_line(now)
    decided = next_record(last, waiting, now, deciding.policy, deciding.instance)
    if await deciding.store.save(deciding.instance, decided):
        _log_change(last, decided)
        board.scaling = decided


def next_record(
    last: ScalingRecord | None, waiting: int | None, now: float, policy: Policy, leader: str
) -> ScalingRecord:
    """The record after deciding at `now` with `waiting` people in line (None: unknown)."""
    state = last.state if last else initial_state(policy)
    decided, decision = decide(state, waiting, now, policy)
    history = last.history if last else ()
    if decided.desired != state.desired:
        change = Change(
            at=now, before=state.desired, after=decided.desired, waiting=waiting or 0,
            reason=decision.reason,
        )  # fmt: skip
        history = (change, *history)[:HISTORY]
    return ScalingRecord(
        decided_at=now, state=decided, reason=decision.reason, leader=leader, history=history
    )


def remember(board: Board, now: float) -> None:
    """Add this moment to the timeline."""
    events = board.depths.value.keys() | board.stats.value.keys()
    api = board.fleets["gateway"].loads()
    board.timeline.add(
        Point(
            at=now,
            events={event_id: _event_point(board, event_id, now) for event_id in events},
            connections=board.fleets["notifier"].connections(),
            requests_per_second=requests_per_second(api),
            p95_seconds=quantile(0.95, sum_of(load.latency for load in api)),
            error_share=error_share(api),
            desired=board.scaling.state.desired if board.scaling else None,
        )
    )


def requests_per_second(loads: list[Load]) -> float | None:
    return sum(load.requests / load.seconds for load in loads) if loads else None


def error_share(loads: list[Load]) -> float | None:
    """Failures among all requests, 0 to 1; None without requests."""
    requests = sum(load.requests for load in loads)
    return sum(load.failures for load in loads) / requests if requests else None


async def _ask(source: Source[T], ask: Callable[[], Awaitable[T]], clock: Clock) -> None:
    try:
        source.value = await ask()
    except SourceLost as error:
        if source.error is None:
            log.warning("source unavailable", source=source.name, error=str(error))
        source.error = str(error)
    else:
        source.at, source.error = clock(), None


async def _see(fleet: Fleet, upstreams: Upstreams, name: str, clock: Clock) -> None:
    fleet.see(await upstreams.instances(name), clock())


def _latest(mine: ScalingRecord | None, kept: ScalingRecord | None) -> ScalingRecord | None:
    """The newer record: Redis may have lost its last writes, or all of them."""
    records = [record for record in (mine, kept) if record is not None]
    return max(records, key=lambda record: record.decided_at, default=None)


def _log_change(before: ScalingRecord | None, after: ScalingRecord) -> None:
    if before is not None and after.history != before.history:
        change = after.history[0]
        log.info(
            "desired replicas changed",
            before=change.before,
            after=change.after,
            reason=change.reason,
        )


def _event_point(board: Board, event_id: EventId, now: float) -> EventPoint:
    depth = None if board.depths.stale(now) else board.depths.value.get(event_id)
    takings = None if board.stats.stale(now) else board.stats.value.get(event_id)
    return EventPoint(
        waiting=depth.waiting if depth else None,
        active=depth.active if depth else None,
        admitted_total=depth.admitted_total if depth else None,
        sold=takings.sold if takings else None,
        held=takings.held if takings else None,
    )
