"""What is read from /metrics, and what becomes of it over time."""

import math

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from tiketi_metrics.domain.exposition import Buckets, Scrape, read_exposition
from tiketi_metrics.domain.load import Load, load_between, quantile, sum_of


def exposed() -> str:
    """As the services expose it, by the library that they use."""
    registry = CollectorRegistry()
    requests = Counter(
        "tiketi_requests_total", "-", ["route", "method", "status"], registry=registry
    )
    requests.labels("/api/events", "GET", 200).inc(90)
    requests.labels("/api/events/{id}/holds", "POST", 503).inc(10)
    requests.labels("/ws", "GET", 502).inc(1000)
    seconds = Histogram(
        "tiketi_request_duration_seconds", "-", ["route"], registry=registry, buckets=(0.1, 1)
    )
    seconds.labels("/api/events").observe(0.05)
    seconds.labels("/api/events/{id}/stream").observe(600)
    Gauge("tiketi_live_connections", "-", registry=registry).set(7)
    Gauge("tiketi_live_connections_other", "-", registry=registry).set(1)
    return generate_latest(registry).decode()


def test_totals_are_taken_over_all_labels_but_not_from_live_connections() -> None:
    scrape = read_exposition(exposed(), 5.0)
    assert (scrape.at, scrape.requests, scrape.failures) == (5.0, 100, 10)
    assert scrape.connections == 7
    assert scrape.latency == ((0.1, 1), (1, 1), (math.inf, 1))


def test_an_exposition_without_our_families_is_empty() -> None:
    assert read_exposition("up 1\n", 5.0) == Scrape(at=5.0)


def test_a_broken_exposition_is_refused() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        read_exposition("process_cpu_seconds_total much\n", 5.0)


def test_a_load_is_what_was_done_in_between() -> None:
    earlier = Scrape(at=10, cpu_seconds=1, requests=5, latency=((1, 2), (math.inf, 3)))
    later = Scrape(at=20, cpu_seconds=6, requests=25, latency=((1, 12), (math.inf, 23)))
    load = load_between(earlier, later)
    assert load is not None
    assert (load.cpu_cores, load.requests) == (0.5, 20)
    assert load.latency == ((1, 10), (math.inf, 20))


def test_a_restarted_instance_has_no_load_yet() -> None:
    assert load_between(Scrape(at=10, cpu_seconds=9), Scrape(at=20, cpu_seconds=1)) is None
    assert load_between(Scrape(at=10), Scrape(at=10)) is None


def test_a_quantile_lies_within_its_bucket() -> None:
    buckets = ((0.1, 90.0), (0.2, 100.0), (math.inf, 100.0))
    assert quantile(0.95, buckets) == pytest.approx(0.15)
    assert quantile(0.5, buckets) == pytest.approx(0.1 * 50 / 90)


def test_what_lies_above_the_last_bound_is_told_as_that_bound() -> None:
    assert quantile(0.99, ((0.1, 1.0), (math.inf, 100.0))) == 0.1


def test_nothing_observed_has_no_quantile() -> None:
    assert quantile(0.95, ()) is None
    assert quantile(0.95, ((0.1, 0.0), (math.inf, 0.0))) is None


def test_histograms_of_several_instances_add_up() -> None:
    assert sum_of([((1, 2), (math.inf, 3)), ((1, 4), (math.inf, 5))]) == ((1, 6), (math.inf, 8))


# Live connections first, then several samples of each family; all numbers differ.
BUSY = """\
tiketi_requests_total{route="/ws",status="502"} 1000
tiketi_requests_total{route="/api/a",status="500"} 3
tiketi_requests_total{route="/api/a",status="503"} 4
tiketi_requests_total{route="/api/a",status="499"} 20
tiketi_requests_total 5
tiketi_request_duration_seconds_bucket{route="/api/e/stream",le="0.1"} 900
tiketi_request_duration_seconds_bucket{route="/api/a",le="+Inf"} 9
tiketi_request_duration_seconds_bucket{route="/api/a",le="0.1"} 6
tiketi_request_duration_seconds_bucket{route="/api/b",le="0.1"} 2
tiketi_request_duration_seconds_bucket{route="/api/b",le="+Inf"} 13
tiketi_event_loop_lag_seconds_bucket{le="0.5"} 7
tiketi_event_loop_lag_seconds_bucket{le="+Inf"} 8
process_cpu_seconds_total 17.5
tiketi_live_connections{kind="ws"} 30
tiketi_live_connections{kind="sse"} 11
"""


def test_each_number_of_an_exposition_arrives_at_its_place() -> None:
    assert read_exposition(BUSY, 5.0) == Scrape(
        at=5.0,
        cpu_seconds=17.5,
        requests=32,
        failures=7,
        connections=41,
        loop_lag=((0.5, 7), (math.inf, 8)),
        latency=((0.1, 8), (math.inf, 22)),
    )


def test_each_number_of_a_load_is_a_difference() -> None:
    earlier = Scrape(
        at=10, cpu_seconds=1, requests=5, failures=2, connections=9,
        loop_lag=((0.5, 3), (math.inf, 4)), latency=((0.1, 2), (math.inf, 3)),
    )  # fmt: skip
    later = Scrape(
        at=14, cpu_seconds=3, requests=12, failures=5, connections=8,
        loop_lag=((0.5, 10), (math.inf, 15)), latency=((0.1, 2), (0.2, 4), (math.inf, 9)),
    )  # fmt: skip
    assert load_between(earlier, later) == Load(
        seconds=4,
        cpu_cores=0.5,
        requests=7,
        failures=3,
        loop_lag=((0.5, 7), (math.inf, 11)),
        latency=((0.1, 0), (0.2, 4), (math.inf, 6)),
    )


def test_a_load_of_less_than_a_second_without_work_is_a_load() -> None:
    idle = Scrape(at=10, cpu_seconds=1, requests=5, failures=2)
    load = load_between(idle, Scrape(at=10.5, cpu_seconds=1, requests=5, failures=2))
    assert load == Load(seconds=0.5, cpu_cores=0, requests=0, failures=0, loop_lag=(), latency=())


@pytest.mark.parametrize(
    ("q", "buckets", "expected"),
    [
        (0.5, ((0.1, 0.0), (0.2, 0.0), (math.inf, 1.0)), 0.2),
        (0.5, ((0.1, 0.5), (0.2, 0.5), (math.inf, 0.5)), 0.05),
        (0.5, ((0.1, 5.0), (0.2, 9.0), (math.inf, 10.0)), 0.1),
        (0.0, ((0.1, 0.0), (0.2, 4.0), (math.inf, 4.0)), 0.1),
        (0.5, ((0.1, 0.0), (0.2, 4.0), (math.inf, 4.0)), 0.15),
        (1.0, ((0.1, 1.0), (0.2, 4.0), (math.inf, 4.0)), 0.2),
        (1.0, ((0.1, 1.0), (0.2, 2.0), (math.inf, 3.0)), 0.2),
        (0.5, ((0.3, 2.0),), 0.15),
    ],
)
def test_a_quantile_is_found_at_each_edge_of_a_bucket(
    q: float, buckets: Buckets, expected: float
) -> None:
    assert quantile(q, buckets) == pytest.approx(expected)
