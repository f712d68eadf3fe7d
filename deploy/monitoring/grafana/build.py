"""Write the dashboards: `make -C deploy/monitoring dashboards`.

Each dashboard is a list of rows, each row a list of panels, each panel a title, a unit and its
queries. The JSON that Grafana loads is made from that, so that a change is readable as a change.
"""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "dashboards"
WIDTH, HEIGHT = 24, 8
DATASOURCE = {"type": "prometheus", "uid": "prometheus"}
GATEWAY = 'job="gateway", route!~"/ws|.*/stream"'


@dataclass(frozen=True, slots=True)
class Panel:
    """`queries` maps a legend to PromQL; `limit` draws a red line where an alert begins."""

    title: str
    queries: dict[str, str]
    unit: str = "short"
    kind: str = "timeseries"
    limit: float | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    uid: str
    title: str
    rows: list[list[Panel]]
    variables: dict[str, str] = field(default_factory=dict)
    """Name to the PromQL of `label_values(...)`."""


def event(name: str) -> str:
    """One figure of the chosen events, told the same by every metrics instance."""
    return f'max by (event_id) ({name}{{job="metrics", event_id=~"$event"}})'


SALE = Dashboard(
    "tiketi-sale",
    "Tiketi: the sale",
    [
        [
            Panel(
                "In line", {"": 'sum(tiketi:queue_waiting:max{event_id=~"$event"})'}, kind="stat",
            ),
            Panel(
                "Inside", {"": 'sum(tiketi:queue_active:max{event_id=~"$event"})'}, kind="stat",
            ),
            Panel("Sold", {"": f"sum({event('tiketi_sales_seats_sold')})"}, kind="stat"),
            Panel("Left", {"": f"sum({event('tiketi_sales_seats_left')})"}, kind="stat"),
            Panel(
                "Taken",
                {"{{currency}}": 'sum by (currency) (max by (event_id, currency) '
                 '(tiketi_sales_revenue{job="metrics", event_id=~"$event"}))'},
                kind="stat", description="In the currency's smallest unit.",
            ),
            Panel(
                "Instances wanted", {"": "tiketi:scaling_desired_replicas:max"}, kind="stat",
            ),
        ],
        [
            Panel(
                "People in line", {"{{event_id}}": 'tiketi:queue_waiting:max{event_id=~"$event"}'},
                limit=50_000,
            ),
            Panel(
                "Let in a second",
                {"measured {{event_id}}": 'tiketi:queue_admitted:rate1m{event_id=~"$event"}',
                 "pace {{event_id}}": event("tiketi_queue_pace")},
            ),
            Panel(
                "Oldest wait", {"{{event_id}}": event("tiketi_queue_oldest_wait_seconds")},
                unit="s",
            ),
        ],
        [
            Panel(
                "Inside and capacity",
                {"inside {{event_id}}": 'tiketi:queue_active:max{event_id=~"$event"}',
                 "capacity {{event_id}}": event("tiketi_queue_capacity")},
            ),
            Panel(
                "Lobby, passed over, no-shows",
                {"lobby {{event_id}}": event("tiketi_queue_lobby"),
                 "passed over {{event_id}}": event("tiketi_queue_passed_over"),
                 "no-shows {{event_id}}": event("tiketi_queue_no_shows_total")},
            ),
            Panel(
                "Seats",
                {"sold {{event_id}}": event("tiketi_sales_seats_sold"),
                 "held {{event_id}}": event("tiketi_sales_seats_held"),
                 "left {{event_id}}": event("tiketi_sales_seats_left")},
            ),
        ],
        [
            Panel(
                "Sold in the last hour", {"{{event_id}}": event("tiketi_sales_last_hour")},
            ),
            Panel(
                "Bought, of those let in", {"{{event_id}}": event("tiketi_sales_conversion_ratio")},
                unit="percentunit",
            ),
            Panel(
                "The till",
                {"hold P95": "max(tiketi_till_hold_p95_seconds)",
                 "checkout P95": "max(tiketi_till_checkout_p95_seconds)"},
                unit="s",
            ),
        ],
        [
            Panel(
                "Instances",
                {"wanted": "tiketi:scaling_desired_replicas:max",
                 "ready": 'max(tiketi_service_ready{service="gateway"})',
                 "at most": "max(tiketi_scaling_maximum_replicas)"},
            ),
            Panel("Live connections", {"": "sum(tiketi_live_connections)"}),
            Panel(
                "Age of these figures",
                {"{{source}}": "min by (source) (tiketi_source_age_seconds)"},
                unit="s", limit=60,
            ),
        ],
    ],
    {"event": "label_values(tiketi_queue_waiting{job=\"metrics\"}, event_id)"},
)  # fmt: skip

SERVICES = Dashboard(
    "tiketi-services",
    "Tiketi: services",
    [
        [
            Panel("Requests a second", {"all": "tiketi:requests:rate5m"}, unit="reqps"),
            Panel(
                "Failures", {"5xx": "tiketi:failures:ratio5m"}, unit="percentunit", limit=0.05,
            ),
            Panel(
                "P95", {"all": "tiketi:request_duration_seconds:p95_5m"}, unit="s", limit=0.5,
                description="The promise is 200 ms.",
            ),
        ],
        [
            Panel(
                "Busiest routes",
                {"{{route}}": "topk(10, sum by (route) "
                 f"(rate(tiketi_requests_total{{{GATEWAY}}}[5m])))"},
                unit="reqps",
            ),
            Panel(
                "Slowest routes, P95",
                {"{{route}}": "topk(10, histogram_quantile(0.95, sum by (route, le) "
                 f"(rate(tiketi_request_duration_seconds_bucket{{{GATEWAY}}}[5m]))))"},
                unit="s",
            ),
            Panel(
                "Refusals", {"{{status}}": "sum by (status) (rate(tiketi_requests_total"
                             f'{{{GATEWAY}, status=~"4.."}}[5m]))'},
                unit="reqps",
            ),
        ],
        [
            Panel(
                "CPU", {"{{job}} {{instance}}": "tiketi:cpu_cores:rate5m"}, unit="percentunit",
                limit=0.7, description="Of the one core that an instance can use.",
            ),
            Panel(
                "Event-loop lag, P99",
                {"{{job}} {{instance}}": "tiketi:event_loop_lag_seconds:p99_5m"}, unit="s",
            ),
            Panel(
                "Memory",
                {"{{job}} {{instance}}":
                 'process_resident_memory_bytes{job=~"gateway|queue|booking|notifier|metrics"}'},
                unit="bytes",
            ),
        ],
        [
            Panel("Instances ready", {"{{service}}": "max by (service) (tiketi_service_ready)"}),
            Panel(
                "Live connections", {"{{instance}}": "tiketi_live_connections"},
            ),
            Panel(
                "Reconnects", {"within 5 minutes": "tiketi:reconnects:ratio5m"},
                unit="percentunit", limit=0.1,
            ),
        ],
        [
            Panel(
                "Live frames a second", {"{{instance}}": "rate(tiketi_live_frames_total[1m])"},
            ),
            Panel(
                "Clients cut",
                {"slow {{instance}}": "rate(tiketi_live_slow_cut_total[5m])",
                 "silent {{instance}}": "rate(tiketi_live_silent_cut_total[5m])"},
            ),
            Panel(
                "Steps of the line, P95",
                {"{{step}}": "histogram_quantile(0.95, sum by (step, le) "
                 "(rate(tiketi_queue_step_duration_seconds_bucket[5m])))"},
                unit="s",
            ),
        ],
    ],
)  # fmt: skip

STORES = Dashboard(
    "tiketi-stores",
    "Tiketi: stores",
    [
        [
            Panel(
                "Database CPU", {"{{instance}}": "tiketi:database_cpu:ratio5m"},
                unit="percentunit", limit=0.8,
            ),
            Panel(
                "Database transactions a second",
                {"commits": "sum(rate(pg_stat_database_xact_commit[1m]))",
                 "rollbacks": "sum(rate(pg_stat_database_xact_rollback[1m]))"},
            ),
            Panel(
                "Database connections", {"{{state}}": "sum by (state) (pg_stat_activity_count)"},
            ),
        ],
        [
            Panel(
                "Redis memory", {"{{instance}}": "tiketi:redis_memory:ratio"},
                unit="percentunit", limit=0.9, description="Of its limit, where it has one.",
            ),
            Panel("Redis memory used", {"{{instance}}": "redis_memory_used_bytes"}, unit="bytes"),
            Panel(
                "Redis commands a second",
                {"{{instance}}": "rate(redis_commands_processed_total[1m])"},
            ),
        ],
        [
            Panel("Messages ready", {"{{instance}}": "rabbitmq_queue_messages_ready"}),
            Panel(
                "Messages a second",
                {"published": "rate(rabbitmq_channel_messages_published_total[1m])",
                 "delivered": "rate(rabbitmq_channel_messages_delivered_ack_total[1m])"},
            ),
            Panel(
                "Pub/sub round trip", {"{{instance}}": "tiketi_live_pubsub_lag_seconds"}, unit="s",
            ),
        ],
        [
            Panel("Outbox rows not sent", {"": "max(tiketi_outbox_waiting)"}),
            Panel(
                "Oldest outbox row", {"": "max(tiketi_outbox_oldest_seconds)"}, unit="s", limit=60,
            ),
            Panel(
                "Publishing live changes, P95",
                {"": "histogram_quantile(0.95, sum by (le) "
                 "(rate(tiketi_live_publish_lag_seconds_bucket[5m])))"},
                unit="s",
            ),
        ],
    ],
)  # fmt: skip

AVAILABILITY = Dashboard(
    "tiketi-availability",
    "Tiketi: availability",
    [
        [
            Panel(
                "Answered, last 3 days", {"": "1 - tiketi:failures:ratio3d"}, unit="percentunit",
                kind="stat", description="The promise is 99.9 %.",
            ),
            Panel(
                "Error budget used by the last 3 days",
                {"": "tiketi:failures:ratio3d * 3 / 30 / 0.001"},
                unit="percentunit", kind="stat", description="Of the 0.1 % of 30 days.",
            ),
            Panel(
                "Alerts firing", {"": 'count(ALERTS{alertstate="firing"}) or vector(0)'},
                kind="stat",
            ),
        ],
        [
            Panel(
                "Burn rate",
                {window: f"tiketi:failures:ratio{window} / 0.001"
                 for window in ("5m", "1h", "6h", "1d", "3d")},
                limit=14.4, description="1 uses the budget up in exactly 30 days.",
            ),
            Panel(
                "Failures by route",
                {"{{route}}": 'sum by (route) (rate(tiketi_requests_total{job="gateway", '
                 'status=~"5.."}[5m]))'},
                unit="reqps",
            ),
        ],
    ],
)  # fmt: skip

DASHBOARDS = [SALE, SERVICES, STORES, AVAILABILITY]


def render(dashboard: Dashboard) -> dict[str, Any]:
    """What Grafana loads."""
    panels = [
        _panel(panel, 100 * (y + 1) + x, x * WIDTH // len(row), y * HEIGHT, WIDTH // len(row))
        for y, row in enumerate(dashboard.rows)
        for x, panel in enumerate(row)
    ]
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "tags": ["tiketi"],
        "timezone": "utc",
        "refresh": "5s",
        "schemaVersion": 39,
        "time": {"from": "now-30m", "to": "now"},
        "templating": {"list": [_variable(*item) for item in dashboard.variables.items()]},
        "panels": panels,
    }


def _panel(panel: Panel, number: int, x: int, y: int, width: int) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.limit is not None:
        steps.append({"color": "red", "value": panel.limit})
    custom = {"thresholdsStyle": {"mode": "line" if panel.limit is not None else "off"}}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "gridPos": {"x": x, "y": y, "w": width, "h": HEIGHT},
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "min": 0,
                "thresholds": {"mode": "absolute", "steps": steps},
                **({"custom": custom} if panel.kind == "timeseries" else {}),
            },
            "overrides": [],
        },
        "targets": [
            {"refId": chr(65 + index), "datasource": DATASOURCE, "expr": query,
             "legendFormat": legend}
            for index, (legend, query) in enumerate(panel.queries.items())
        ],
    }  # fmt: skip


def _variable(name: str, query: str) -> dict[str, Any]:
    return {
        "name": name, "label": name, "type": "query", "datasource": DATASOURCE, "query": query,
        "refresh": 2, "multi": True, "includeAll": True, "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }  # fmt: skip


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for dashboard in DASHBOARDS:
        path = FOLDER / f"{dashboard.uid}.json"
        path.write_text(json.dumps(render(dashboard), indent=2) + "\n")
        sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main()
