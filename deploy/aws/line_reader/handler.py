"""Reads every event's line from Redis and writes it to CloudWatch; a Lambda, run every minute.

Metrics, namespace `NAMESPACE`: `QueueSize` (people waiting) and `ActiveUsers`, once per event
(dimension `Event`) and once over all events (no dimension: what the alarms look at, written
also when nobody waits). The key names are the queue service's (its `adapters/keys.py`).
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import boto3
import redis

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricDatumTypeDef

METRICS_IN_CALL = 1000
"""What one PutMetricData takes at the most."""


@dataclass(frozen=True, slots=True)
class Line:
    event_id: str
    waiting: int
    active: int


def handle(event: Mapping[str, Any], context: object) -> dict[str, int]:  # noqa: ARG001  Lambda's
    """Raises what Redis or AWS raise: the invocation is then seen to have failed."""
    lines = read_lines(_redis())
    cloudwatch = boto3.client("cloudwatch")
    metrics = metrics_of(lines)
    while batch := list(islice(metrics, METRICS_IN_CALL)):
        cloudwatch.put_metric_data(Namespace=os.environ["NAMESPACE"], MetricData=batch)
    return {"events": len(lines), "waiting": sum(line.waiting for line in lines)}


def read_lines(store: redis.Redis) -> list[Line]:
    """One line per event that has one; two sizes each, in one pipeline."""
    event_ids = sorted(
        {
            key.decode().split("{")[1].split("}")[0]
            for part in ("waiting", "priority", "active")
            for key in store.scan_iter(match=f"line:{{*}}:{part}", count=1000)
        }
    )
    pipeline = store.pipeline(transaction=False)
    for event_id in event_ids:
        for part in ("waiting", "priority", "active"):
            pipeline.zcard(f"line:{{{event_id}}}:{part}")
    sizes = iter(pipeline.execute())
    return [
        Line(event_id, waiting + priority, active)
        for event_id, (waiting, priority, active) in zip(
            event_ids, zip(sizes, sizes, sizes, strict=True), strict=True
        )
    ]


def metrics_of(lines: Iterable[Line]) -> "Iterator[MetricDatumTypeDef]":
    """CloudWatch's `MetricData`: each event's, then the totals."""
    waiting = active = 0
    for line in lines:
        waiting += line.waiting
        active += line.active
        dimensions: list[DimensionTypeDef] = [{"Name": "Event", "Value": line.event_id}]
        yield _metric("QueueSize", line.waiting, dimensions)
        yield _metric("ActiveUsers", line.active, dimensions)
    yield _metric("QueueSize", waiting, [])
    yield _metric("ActiveUsers", active, [])


def _metric(name: str, value: int, dimensions: "list[DimensionTypeDef]") -> "MetricDatumTypeDef":
    return {"MetricName": name, "Value": value, "Unit": "Count", "Dimensions": dimensions}


def _redis() -> redis.Redis:
    secrets = boto3.client("secretsmanager")
    secret = secrets.get_secret_value(SecretId=os.environ["REDIS_SECRET"])
    return redis.Redis(
        host=os.environ["REDIS_HOST"],
        port=int(os.environ.get("REDIS_PORT", "6379")),
        password=secret["SecretString"] or None,
        ssl=os.environ.get("REDIS_TLS", "on") == "on",
        socket_timeout=5,
        socket_connect_timeout=5,
    )
