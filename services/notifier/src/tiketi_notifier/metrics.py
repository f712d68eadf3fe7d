"""The notifier's Prometheus metrics."""

from prometheus_client import Counter, Gauge, Histogram

CONNECTIONS = Gauge("tiketi_live_connections", "Clients connected now.")
OPENED = Counter("tiketi_live_connections_opened_total", "Connections taken.", ["transport"])
REFUSED = Counter("tiketi_live_refused_total", "Connections not taken, by close code.", ["code"])
CLOSED = Counter("tiketi_live_closed_total", "Connections the server closed, by code.", ["code"])
RESUMED = Counter(
    "tiketi_live_reconnects_total",
    "Subscriptions that went on from an earlier position, by whether without a gap.",
    ["recovered"],
)
FRAMES = Counter("tiketi_live_frames_total", "Messages handed to connections.")
RECEIVED = Counter("tiketi_live_messages_received_total", "Messages from clients.", ["type"])
SLOW = Counter("tiketi_live_slow_cut_total", "Clients cut for reading too slowly.")
SILENT = Counter("tiketi_live_silent_cut_total", "Clients cut for answering no ping.")
GAPS = Counter("tiketi_live_gaps_total", "Entries that did not follow the one before.")
RESETS = Counter("tiketi_live_resets_total", "Channels that had to begin anew.")
REPEATED = Counter("tiketi_live_repeated_total", "Domain events that were published before.")
UNREADABLE = Counter("tiketi_live_unreadable_total", "Messages dropped as malformed.", ["source"])
MERGED = Counter("tiketi_live_changes_total", "Domain events that went into published messages.")
PUBLISHED = Counter("tiketi_live_published_total", "Messages published to the channels.")
PUBLISH_LAG = Histogram(
    "tiketi_live_publish_lag_seconds",
    "From a domain event's receipt to its publication.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 60),
)
PUBSUB_LAG = Gauge("tiketi_live_pubsub_lag_seconds", "Round trip on the subscribed connection.")
BROKER = Gauge("tiketi_live_broker_connected", "1 while domain events can be consumed.")
LEAVING = Gauge("tiketi_live_leaving", "1 while the clients are asked to go elsewhere.")
