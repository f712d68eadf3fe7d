"""How busy instances were between two scrapes, and all instances of a service together."""

from collections.abc import Iterable
from dataclasses import dataclass

from tiketi_metrics.domain.exposition import Buckets, Scrape


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One instance's work in `seconds`; buckets are cumulative over bounds, not over time."""

    seconds: float
    cpu_cores: float
    requests: float
    failures: float
    loop_lag: Buckets
    latency: Buckets


def load_between(earlier: Scrape, later: Scrape) -> Load | None:
    """The work from `earlier` to `later`; None when no time passed or the instance restarted,
    which shows as a total that fell."""
    seconds = later.at - earlier.at
    if seconds <= 0 or later.cpu_seconds < earlier.cpu_seconds:
        return None
    return Load(
        seconds=seconds,
        cpu_cores=(later.cpu_seconds - earlier.cpu_seconds) / seconds,
        requests=max(0.0, later.requests - earlier.requests),
        failures=max(0.0, later.failures - earlier.failures),
        loop_lag=_less(later.loop_lag, earlier.loop_lag),
        latency=_less(later.latency, earlier.latency),
    )


def sum_of(histograms: Iterable[Buckets]) -> Buckets:
    """Histograms with the same bounds as one."""
    totals: dict[float, float] = {}
    for buckets in histograms:
        for bound, count in buckets:
            totals[bound] = totals.get(bound, 0.0) + count
    return tuple(sorted(totals.items()))


def quantile(q: float, buckets: Buckets) -> float | None:
    """As Prometheus' `histogram_quantile`: linear within a bucket, the highest finite bound for
    what lies above it; None without observations."""
    if not buckets or buckets[-1][1] <= 0:
        return None
    rank = q * buckets[-1][1]
    lower, below = 0.0, 0.0
    for bound, count in buckets:
        if count >= rank and count > below:
            if bound == float("inf"):
                return lower
            return lower + (bound - lower) * (rank - below) / (count - below)
        lower, below = bound, count
    return lower


def _less(later: Buckets, earlier: Buckets) -> Buckets:
    before = dict(earlier)
    return tuple((bound, max(0.0, count - before.get(bound, 0.0))) for bound, count in later)
