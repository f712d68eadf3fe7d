"""The gateway's metrics. Labels name routes, never users."""

from prometheus_client import Counter, Gauge, Histogram

from tiketi_shared.web import REQUEST_SECONDS, REQUESTS

connections = Gauge("tiketi_gateway_connections", "Open connections of clients, tunnels included.")
tunnels = Gauge("tiketi_gateway_tunnels", "Open WebSockets and event streams.")
slow_senders = Counter("tiketi_gateway_slow_senders_total", "Requests that did not arrive in time.")
REFUSED = Counter(
    "tiketi_gateway_refused_total", "Input that was refused before it was a request.", ["code"]
)
LIMITED = Counter(
    "tiketi_gateway_limited_total", "Requests refused by a rate limit.", ["limit", "by"]
)
CACHE = Counter("tiketi_gateway_cache_total", "Lookups in the response cache.", ["route", "result"])
SHED = Counter(
    "tiketi_gateway_shed_total",
    "Requests refused because a service is overloaded or down.",
    ["service", "reason"],
)
RETRIES = Counter("tiketi_gateway_retries_total", "Requests sent again to a service.", ["service"])
UPSTREAM_UP = Gauge(
    "tiketi_gateway_upstream_up",
    "1 in use, 0 taken out of use after failures.",
    ["service", "instance"],
)
UPSTREAM_BUSY = Gauge(
    "tiketi_gateway_upstream_outstanding", "Requests in progress.", ["service", "instance"]
)
BATCH_SIZE = Histogram(
    "tiketi_gateway_batch_size", "Requests in one batch.", ["batch"],
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
)  # fmt: skip
SESSIONS = Counter("tiketi_gateway_sessions_total", "Session lookups, by source.", ["source"])


_requests: dict[tuple[str, str, int], Counter] = {}
_seconds: dict[str, Histogram] = {}
_counted: dict[tuple[Counter, tuple[str, ...]], Counter] = {}


def count(metric: Counter, *labels: str) -> None:
    """Add one. Children are kept here: finding them in the metric costs more than counting."""
    key = (metric, labels)
    child = _counted.get(key)
    if child is None:
        child = _counted[key] = metric.labels(*labels)
    child.inc()


def answered(route: str, method: str, status: int, seconds: float) -> None:
    labels = (route, method, status)
    child = _requests.get(labels)
    if child is None:
        child = _requests[labels] = REQUESTS.labels(*labels)
        _seconds.setdefault(route, REQUEST_SECONDS.labels(route))
    child.inc()
    _seconds[route].observe(seconds)
