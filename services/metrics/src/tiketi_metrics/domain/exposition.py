"""What one instance says of itself on /metrics, reduced to what the live page shows.

Only the lines of a few families are parsed: an exposition has hundreds, and it is read every few
seconds from every instance. Live connections (`/ws`, streams) last minutes by design; they are no
requests here.
"""

import re
from collections import defaultdict
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

Buckets = tuple[tuple[float, float], ...]
"""A histogram: (upper bound, observations up to it), rising, the last bound infinite."""

_WANTED = re.compile(
    r"^(?:process_cpu_seconds_total|tiketi_live_connections|tiketi_requests_total"
    r"|tiketi_(?:event_loop_lag|request_duration)_seconds_bucket)[ {].*$",
    re.MULTILINE,
)
_LIVE = re.compile(r"/ws|.*/stream")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrape:
    """Running totals since the instance started, over all labels; `at` is Unix seconds."""

    at: float
    cpu_seconds: float = 0.0
    requests: float = 0.0
    failures: float = 0.0
    """Requests answered with 500 or above."""
    connections: float = 0.0
    loop_lag: Buckets = ()
    latency: Buckets = ()


def read_exposition(text: str, at: float) -> Scrape:
    """Raises ValueError when `text` is not in the Prometheus text format."""
    totals: defaultdict[str, float] = defaultdict(float)
    buckets: defaultdict[str, defaultdict[float, float]] = defaultdict(lambda: defaultdict(float))
    wanted = "\n".join(_WANTED.findall(text)) + "\n"
    for family in text_string_to_metric_families(wanted):
        for sample in family.samples:
            if _LIVE.fullmatch(sample.labels.get("route", "")):
                continue
            if "le" in sample.labels:
                buckets[sample.name][float(sample.labels["le"])] += sample.value
                continue
            totals[sample.name] += sample.value
            if sample.labels.get("status", "").startswith("5"):
                totals["failures"] += sample.value
    return Scrape(
        at=at,
        cpu_seconds=totals["process_cpu_seconds_total"],
        requests=totals["tiketi_requests_total"],
        failures=totals["failures"],
        connections=totals["tiketi_live_connections"],
        loop_lag=_rising(buckets["tiketi_event_loop_lag_seconds_bucket"]),
        latency=_rising(buckets["tiketi_request_duration_seconds_bucket"]),
    )


def _rising(buckets: dict[float, float]) -> Buckets:
    return tuple(sorted(buckets.items()))
