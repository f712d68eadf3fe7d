"""Booking's own Prometheus metrics."""

from prometheus_client import Counter, Gauge, Histogram

HOLDS = Counter("tiketi_holds_total", "Holds decided, by outcome.", ["outcome"])
HOLD_BATCH = Histogram(
    "tiketi_hold_batch_size",
    "Holds decided by one statement.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
)
HOLD_SECONDS = Histogram(
    "tiketi_hold_duration_seconds",
    "From a hold's arrival here to its decision.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5),
)
HOLDS_EXPIRED = Counter("tiketi_holds_expired_total", "Holds that ran out of time.")
CHECKOUTS = Counter("tiketi_checkouts_total", "Checkouts, by outcome.", ["provider", "outcome"])
CHECKOUT_SECONDS = Histogram(
    "tiketi_checkout_duration_seconds",
    "From a checkout's arrival to its answer.",
    ["provider"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REFUNDS = Counter("tiketi_refunds_total", "Refunds that a provider accepted.", ["provider"])
LOGINS = Counter("tiketi_logins_total", "Logins, by outcome.", ["outcome"])
PASSWORD_RESETS = Counter(
    "tiketi_password_resets_total", "Requests for a new password, by outcome.", ["outcome"]
)
RELAYED = Counter("tiketi_outbox_relayed_total", "Outbox rows relayed by this instance.")
OUTBOX_WAITING = Gauge("tiketi_outbox_waiting", "Outbox rows that are not sent yet.")
OUTBOX_AGE = Gauge("tiketi_outbox_oldest_seconds", "How long the oldest of them has waited.")
WORKER_FAILURES = Counter("tiketi_worker_failures_total", "Failed rounds of a worker.", ["worker"])
CHECK_INS = Counter("tiketi_check_ins_total", "Scans at doors, by outcome.", ["outcome"])
DELIVERIES = Counter(
    "tiketi_deliveries_total", "Tries to deliver mails and webhooks.", ["kind", "outcome"]
)
DELIVERIES_KEPT = Gauge(
    "tiketi_deliveries_kept", "Mails and webhooks that are not delivered, by status.", ["status"]
)
OFFERS = Counter("tiketi_waiting_list_offers_total", "Seats offered to the waiting list.")
WISHES_GRANTED = Counter(
    "tiketi_wishes_granted_total", "Returned seats held for people inside who had been refused."
)
