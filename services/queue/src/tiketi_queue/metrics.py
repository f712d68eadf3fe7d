"""The queue's Prometheus metrics. Labels are events and codes, never users."""

from prometheus_client import Counter, Gauge, Histogram

_MILLISECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1)

WAITING = Gauge("tiketi_queue_waiting", "People in line, all lanes.", ["event"])
ACTIVE = Gauge("tiketi_queue_active", "Slots taken by admitted people.", ["event"])
PASSED_OVER = Gauge("tiketi_queue_passed_over", "People away when their turn came.", ["event"])
PACE = Gauge("tiketi_queue_pace", "People let in a second, as the till can take.", ["event"])
PACE_SHARE = Gauge("tiketi_queue_pace_share", "Part of the set pace in use, 0 to 1.", ["event"])
OLDEST_WAIT = Gauge("tiketi_queue_oldest_wait_seconds", "Wait of the first in line.", ["event"])
ADMITTED = Gauge("tiketi_queue_admitted", "People let in since the line began.", ["event"])
NO_SHOWS = Gauge("tiketi_queue_no_shows", "Admissions that nobody picked up.", ["event"])
RESTORED = Gauge("tiketi_queue_restored", "Places put back by their tickets.", ["event"])

STEP_SECONDS = Histogram(
    "tiketi_queue_step_duration_seconds",
    "Time of one step of the store, the network included.",
    ["step"],
    buckets=_MILLISECONDS,
)
STEP_FAILURES = Counter("tiketi_queue_step_failures_total", "Steps without an answer.", ["step"])
TICKS = Counter("tiketi_queue_ticks_total", "Ticks published.")
REFUSED = Counter("tiketi_queue_refused_total", "Requests refused at the line.", ["code"])
ANSWERED_PAUSED = Counter(
    "tiketi_queue_answered_paused_total", "Requests answered while Redis was away."
)
TILL_FAILURES = Counter("tiketi_queue_till_failures_total", "Calls of booking that failed.")
REPORTS = Counter("tiketi_queue_reports_total", "Messages of the till taken in.", ["type"])
WORKER_FAILURES = Counter(
    "tiketi_queue_worker_failures_total", "Turns of a worker that failed unexpectedly.", ["worker"]
)
