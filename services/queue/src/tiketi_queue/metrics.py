"""This instance's Prometheus metrics. Labels are events and codes, never users.

`tiketi_line_*` are the numbers of this instance's last round. The metrics service exports the same
numbers once for all instances, as `tiketi_queue_*`.
"""

import contextlib

from prometheus_client import Counter, Gauge, Histogram

_MILLISECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1)

WAITING = Gauge("tiketi_line_waiting", "People in line, all lanes.", ["event_id"])
ACTIVE = Gauge("tiketi_line_active", "Slots that admitted people occupy.", ["event_id"])
PASSED_OVER = Gauge(
    "tiketi_line_passed_over", "People who were away when their turn came.", ["event_id"]
)
PACE = Gauge("tiketi_line_pace", "People let in per second, after the adaptive rule.", ["event_id"])
PACE_SHARE = Gauge(
    "tiketi_line_pace_share", "Share of the set pace that is in force, 0 to 1.", ["event_id"]
)
OLDEST_WAIT = Gauge(
    "tiketi_line_oldest_wait_seconds", "Wait of the first person in line.", ["event_id"]
)
ADMITTED = Gauge("tiketi_line_admitted", "People let in since the line began.", ["event_id"])
NO_SHOWS = Gauge("tiketi_line_no_shows", "Admissions that nobody picked up.", ["event_id"])
RESTORED = Gauge(
    "tiketi_line_restored", "Places and admissions restored after a loss.", ["event_id"]
)

STEP_SECONDS = Histogram(
    "tiketi_queue_step_duration_seconds",
    "Duration of one step of the store, including the network.",
    ["step"],
    buckets=_MILLISECONDS,
)
STEP_FAILURES = Counter(
    "tiketi_queue_step_failures_total", "Steps of the store that failed.", ["step"]
)
CLOCK_AHEAD = Gauge(
    "tiketi_queue_clock_ahead_seconds", "How far this machine's clock is ahead of Redis's."
)
TICKS = Counter("tiketi_queue_ticks_total", "Ticks published.")
REFUSED = Counter("tiketi_queue_refused_total", "Requests that the line refused.", ["code"])
ANSWERED_PAUSED = Counter(
    "tiketi_queue_answered_paused_total", "Requests answered while Redis was unavailable."
)
BOOKING_FAILURES = Counter("tiketi_queue_till_failures_total", "Calls of booking that failed.")
REPORTS = Counter("tiketi_queue_reports_total", "Messages received from booking.", ["type"])
WORKER_FAILURES = Counter(
    "tiketi_queue_worker_failures_total",
    "Iterations of a worker that failed unexpectedly.",
    ["worker"],
)

_OF_A_LINE = (
    WAITING, ACTIVE, PASSED_OVER, PACE, PACE_SHARE, OLDEST_WAIT, ADMITTED, NO_SHOWS, RESTORED
)  # fmt: skip


def forget(event_id: str) -> None:
    """Remove the gauges of a line that has ended."""
    for gauge in _OF_A_LINE:
        with contextlib.suppress(KeyError):
            gauge.remove(event_id)
