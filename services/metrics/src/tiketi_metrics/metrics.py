"""The Prometheus metrics of this service: the board at the time of the scrape.

The figures belong to the queue and to booking. This service exports them once for the whole
deployment, whichever instance answered. Every metrics instance exports the same figures, so take
the `max` over them, never the `sum`. `tiketi_source_age_seconds` is their age.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from tiketi_metrics.domain.board import Board, Depth, Takings
from tiketi_metrics.domain.policy import Policy

QUEUE_GAUGES: dict[str, tuple[str, Callable[[Depth], float]]] = {
    "tiketi_queue_waiting": ("Everybody who waits, in all lanes.", lambda depth: depth.waiting),
    "tiketi_queue_lobby": (
        "Those of tiketi_queue_waiting who wait for the opening.", lambda depth: depth.lobby,
    ),
    "tiketi_queue_active": (
        "People let in who have neither bought nor left.", lambda depth: depth.active,
    ),
    "tiketi_queue_capacity": ("People who may be in at once.", lambda depth: depth.capacity),
    "tiketi_queue_pace": (
        "People a second that may be let in, as set by the organiser and slowed by the till.",
        lambda depth: depth.pace,
    ),
    "tiketi_queue_passed_over": (
        "People whose turn came while they were away and who may still return.",
        lambda depth: depth.passed_over,
    ),
    "tiketi_queue_oldest_wait_seconds": (
        "How long the first in line has waited.", lambda depth: depth.oldest_wait_seconds,
    ),
}  # fmt: skip
QUEUE_COUNTERS: dict[str, tuple[str, Callable[[Depth], float]]] = {
    "tiketi_queue_admitted": ("People let in.", lambda depth: depth.admitted_total),
    "tiketi_queue_no_shows": (
        "People let in who never came.", lambda depth: depth.no_shows_total,
    ),
}  # fmt: skip
SALES_GAUGES: dict[str, tuple[str, Callable[[Takings], float]]] = {
    "tiketi_sales_seats": ("Seats and tickets there are.", lambda sale: sale.seats_total),
    "tiketi_sales_seats_sold": ("Of them sold.", lambda sale: sale.sold),
    "tiketi_sales_seats_held": ("Of them held.", lambda sale: sale.held),
    "tiketi_sales_seats_left": ("Of them still to be had.", lambda sale: sale.left),
    "tiketi_sales_orders": ("Orders paid.", lambda sale: sale.orders),
    "tiketi_sales_refunds": ("Orders given back.", lambda sale: sale.refunds),
    "tiketi_sales_last_hour": ("Tickets sold in the last hour.", lambda sale: sale.sold_last_hour),
}


@dataclass(frozen=True, slots=True, eq=False)
class BoardCollector(Collector):
    """Registered while the application runs."""

    board: Board
    policy: Policy
    clock: Callable[[], float] = time.time

    def collect(self) -> Iterator[Metric]:
        yield from self._lines()
        yield from self._sales()
        yield from self._booking_health()
        yield from self._fleets()
        yield from self._sources()
        yield from self._scaling()

    def _lines(self) -> Iterator[Metric]:
        depths = self.board.depths.value.items()
        for name, (meaning, figure) in QUEUE_GAUGES.items():
            yield _gauge(name, meaning, ((event_id, figure(depth)) for event_id, depth in depths))
        for name, (meaning, figure) in QUEUE_COUNTERS.items():
            counter = CounterMetricFamily(name, meaning, labels=["event_id"])
            for event_id, depth in depths:
                counter.add_metric([event_id], figure(depth))
            yield counter

    def _sales(self) -> Iterator[Metric]:
        stats = self.board.stats.value.items()
        for name, (meaning, figure) in SALES_GAUGES.items():
            yield _gauge(name, meaning, ((event_id, figure(sale)) for event_id, sale in stats))
        shares = ((event_id, self.board.conversion(event_id)) for event_id, _ in stats)
        yield _gauge(
            "tiketi_sales_conversion_ratio",
            "Share of the people let in who bought.",
            ((event_id, share) for event_id, share in shares if share is not None),
        )
        revenue = GaugeMetricFamily(
            "tiketi_sales_revenue",
            "Money taken and not given back, in the currency's smallest unit.",
            labels=["event_id", "currency"],
        )
        info = InfoMetricFamily("tiketi_event", "An event's name.", labels=["event_id"])
        for event_id, sale in stats:
            revenue.add_metric([event_id, sale.currency], sale.revenue)
            info.add_metric([event_id], {"name": sale.name})
        yield revenue
        yield info

    def _booking_health(self) -> Iterator[Metric]:
        sales = self.board.sales.value
        if sales is None:
            return
        yield _plain("tiketi_till_hold_p95_seconds", "As booking measures.", sales.hold_seconds_p95)
        yield _plain(
            "tiketi_till_checkout_p95_seconds", "As booking measures.", sales.checkout_seconds_p95
        )
        yield _plain("tiketi_till_error_ratio", "Failed holds and checkouts.", sales.error_share)

    def _fleets(self) -> Iterator[Metric]:
        fleets = self.board.fleets.items()
        present = ((name, len(fleet.instances)) for name, fleet in fleets)
        ready = ((name, fleet.ready) for name, fleet in fleets)
        yield _gauge("tiketi_service_instances", "Instances known.", present, label="service")
        yield _gauge("tiketi_service_ready", "Instances that are ready.", ready, label="service")

    def _sources(self) -> Iterator[Metric]:
        now = self.clock()
        ages = ((source.name, source.age(now)) for source in self.board.sources)
        known = ((name, age) for name, age in ages if age is not None)
        lost = ((source.name, float(source.error is not None)) for source in self.board.sources)
        yield _gauge("tiketi_source_age_seconds", "Since the last answer.", known, label="source")
        yield _gauge("tiketi_source_lost", "1 when it did not answer.", lost, label="source")

    def _scaling(self) -> Iterator[Metric]:
        """Nothing is told before the number is known: a lost metric scales nothing, a wrong one
        would."""
        yield _plain(
            "tiketi_scaling_leading", "1 where this instance decides.", float(self.board.leading)
        )
        yield _plain("tiketi_scaling_minimum_replicas", "Of the policy.", self.policy.minimum)
        yield _plain("tiketi_scaling_maximum_replicas", "Of the policy.", self.policy.maximum)
        if self.board.scaling is None:
            return
        yield _plain(
            "tiketi_scaling_desired_replicas",
            "Instances that the line calls for.",
            self.board.scaling.state.desired,
        )
        yield _plain(
            "tiketi_scaling_decided_timestamp_seconds",
            "When that was decided last.",
            self.board.scaling.decided_at,
        )


def _gauge(
    name: str, meaning: str, values: Iterable[tuple[str, float]], *, label: str = "event_id"
) -> Metric:
    gauge = GaugeMetricFamily(name, meaning, labels=[label])
    for key, value in values:
        gauge.add_metric([key], value)
    return gauge


def _plain(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)
