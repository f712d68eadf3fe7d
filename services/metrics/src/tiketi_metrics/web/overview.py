"""Makes the live page's document from the board. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, TypeVar

from tiketi_metrics.domain.board import Board, Depth, Fleet, Takings
from tiketi_metrics.domain.load import quantile, sum_of
from tiketi_metrics.domain.policy import Policy
from tiketi_metrics.domain.timeline import EventPoint, Point, admission_rate
from tiketi_metrics.usecases import error_share, requests_per_second
from tiketi_metrics.web import schemas
from tiketi_shared.ids import EventId
from tiketi_shared.sale import Phase, Sale, phase_of

LINE_FIGURES = (
    "lobby", "waiting", "active", "capacity", "per_second", "pace", "admitted_total",
    "oldest_wait_seconds", "passed_over", "no_shows_total",
)  # fmt: skip
SALES_FIGURES = (
    "seats_total", "sold", "held", "left", "revenue", "currency", "orders", "refunds",
    "sold_last_hour",
)  # fmt: skip

N = TypeVar("N", int, float)


def overview(board: Board, policy: Policy, now: float) -> schemas.Overview:
    """The document at `now` (Unix seconds)."""
    points = board.timeline.points
    sales = {sale.event_id: sale for sale in board.sales.value.sales} if board.sales.value else {}
    ids = board.depths.value.keys() | board.stats.value.keys() | sales.keys()
    events = [_event(board, points, event_id, sales.get(event_id), now) for event_id in ids]
    return schemas.Overview(
        as_of=_time(now),
        events=sorted(events, key=lambda event: (-(event.waiting or 0), event.name)),
        services=[_service(name, fleet) for name, fleet in board.fleets.items()],
        api=_api(board.fleets["gateway"]),
        till=_booking_health(board),
        connections=board.fleets["notifier"].connections(),
        scaling=_scaling(board, policy, now),
        sources=[
            schemas.SourceNow(
                name=source.name, age_seconds=source.age(now), stale=source.stale(now),
                error=source.error,
            )
            for source in board.sources
        ],
        series=_series(points),
    )  # fmt: skip


def _event(
    board: Board, points: Sequence[Point], event_id: EventId, sale: Sale | None, now: float
) -> schemas.EventNow:
    depth, takings = board.depths.value.get(event_id), board.stats.value.get(event_id)
    rate = board.timeline.admitted_per_second(event_id)
    return schemas.EventNow(
        id=event_id,
        name=takings.name if takings else sale.name if sale else event_id,
        phase=_phase(depth, sale, now),
        **_figures(depth, LINE_FIGURES),
        **_figures(takings, SALES_FIGURES),
        admitted_per_second=rate,
        drain_seconds=_drain_seconds(depth, rate),
        conversion=board.conversion(event_id),
        series=_columns(points, event_id),
    )


def _figures(known: Depth | Takings | None, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(known, name) if known else None for name in names}


def _phase(depth: Depth | None, sale: Sale | None, now: float) -> Phase:
    if depth is not None:
        return depth.phase
    return phase_of(sale, now) if sale is not None else "ended"


def _drain_seconds(depth: Depth | None, rate: float | None) -> float | None:
    if depth is None or (depth.waiting and not rate):
        return None
    return depth.waiting / rate if rate else 0.0


def _service(name: str, fleet: Fleet) -> schemas.ServiceNow:
    loads = fleet.loads()
    cores = [load.cpu_cores for load in loads]
    return schemas.ServiceNow(
        name=name,
        instances=len(fleet.instances),
        ready=fleet.ready,
        cpu=max(cores, default=None),
        cpu_mean=sum(cores) / len(cores) if cores else None,
        loop_lag_p99_seconds=quantile(0.99, sum_of(load.loop_lag for load in loads)),
    )


def _api(gateways: Fleet) -> schemas.ApiNow:
    loads = gateways.loads()
    return schemas.ApiNow(
        requests_per_second=requests_per_second(loads),
        p95_seconds=quantile(0.95, sum_of(load.latency for load in loads)),
        error_share=error_share(loads),
    )


def _booking_health(board: Board) -> schemas.BookingHealthNow:
    sales = board.sales.value
    return schemas.BookingHealthNow(
        hold_seconds_p95=sales.hold_seconds_p95 if sales else None,
        checkout_seconds_p95=sales.checkout_seconds_p95 if sales else None,
        error_share=sales.error_share if sales else None,
    )


def _scaling(board: Board, policy: Policy, now: float) -> schemas.ScalingNow:
    record = board.scaling
    history = [
        schemas.ScalingChange(
            at=_time(change.at), before=change.before, after=change.after, waiting=change.waiting,
            reason=change.reason,
        )
        for change in (record.history if record else ())
    ]  # fmt: skip
    return schemas.ScalingNow(
        desired=record.state.desired if record else None,
        running=board.fleets["gateway"].ready,
        minimum=policy.minimum,
        maximum=policy.maximum,
        waiting=board.people_in_line(now),
        reason=record.reason if record else "nothing was decided yet",
        leader=record.leader if record else None,
        history=history,
    )


def _series(points: Sequence[Point]) -> schemas.Series:
    events = [list(point.events.values()) for point in points]
    ids = {event_id for point in points for event_id in point.events}
    rates = [_rates(points, event_id) for event_id in ids]
    return schemas.Series(
        at=[_time(point.at) for point in points],
        waiting=[_total(event.waiting for event in known) for known in events],
        active=[_total(event.active for event in known) for known in events],
        admitted_per_second=[_total(rate[index] for rate in rates) for index in range(len(points))],
        sold=[_total(event.sold for event in known) for known in events],
        connections=[point.connections for point in points],
        requests_per_second=[point.requests_per_second for point in points],
        p95_seconds=[point.p95_seconds for point in points],
        error_share=[point.error_share for point in points],
        desired=[point.desired for point in points],
    )


def _columns(points: Sequence[Point], event_id: EventId) -> schemas.Columns:
    nothing = EventPoint(waiting=None, active=None, admitted_total=None, sold=None, held=None)
    known = [point.events.get(event_id, nothing) for point in points]
    return schemas.Columns(
        waiting=[point.waiting for point in known],
        active=[point.active for point in known],
        admitted_per_second=_rates(points, event_id),
        sold=[point.sold for point in known],
        held=[point.held for point in known],
    )


def _rates(points: Sequence[Point], event_id: EventId) -> list[float | None]:
    """People let in a second in each step; the first has nothing before it to compare with."""
    if not points:
        return []
    return [None, *(admission_rate(a, b, event_id) for a, b in pairwise(points))]


def _total(values: Iterable[N | None]) -> N | None:
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
