"""The Lambda against a real Redis with lines in it, and moto's CloudWatch and Secrets Manager."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
import redis
from handler import METRICS_IN_CALL, Line, handle, metrics_of
from moto import mock_aws

PASSWORD = "a-password"


@pytest.fixture(scope="module")
def redis_port() -> Iterator[int]:
    program = shutil.which("redis-server")
    assert program is not None, "install redis-server (Debian's package of that name)"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen(
        [program, "--port", str(port), "--save", "", "--requirepass", PASSWORD],
        stdout=subprocess.DEVNULL,
    )
    try:
        store = redis.Redis(port=port, password=PASSWORD)
        for _ in range(100):
            try:
                store.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def store(redis_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-2")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        secret = boto3.client("secretsmanager").create_secret(Name="redis", SecretString=PASSWORD)
        monkeypatch.setenv("REDIS_SECRET", secret["ARN"])
        monkeypatch.setenv("REDIS_HOST", "127.0.0.1")
        monkeypatch.setenv("REDIS_PORT", str(redis_port))
        monkeypatch.setenv("REDIS_TLS", "off")
        monkeypatch.setenv("NAMESPACE", "Tiketi")
        store = redis.Redis(port=redis_port, password=PASSWORD)
        store.flushall()
        yield store


def people(count: int) -> dict[str, float]:
    return {f"user{number}": number for number in range(count)}


def written(metric: str, event_id: str | None = None) -> float | None:
    """The last value in CloudWatch, None where there is none."""
    now = datetime.now(UTC)
    statistics = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="Tiketi",
        MetricName=metric,
        Dimensions=[{"Name": "Event", "Value": event_id}] if event_id else [],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=60,
        Statistics=["Maximum"],
    )
    points = statistics["Datapoints"]
    return max(point["Maximum"] for point in points) if points else None


def test_every_event_and_the_total_are_written(store: redis.Redis) -> None:
    store.zadd("line:{one}:waiting", people(5001))
    store.zadd("line:{one}:priority", {"vip": 1})
    store.zadd("line:{one}:active", people(1000))
    store.zadd("line:{two}:waiting", people(3))
    store.set("session:unrelated", "x")
    assert handle({}, None) == {"events": 2, "waiting": 5005}
    assert written("QueueSize", "one") == 5002
    assert written("ActiveUsers", "one") == 1000
    assert written("QueueSize", "two") == 3
    assert written("QueueSize") == 5005
    assert written("ActiveUsers") == 1000


def test_an_empty_line_is_written_as_nought_so_that_scaling_in_sees_it(
    store: redis.Redis,
) -> None:
    handle({}, None)
    assert written("QueueSize") == 0


def test_more_events_than_one_call_takes_are_written_in_several(
    store: redis.Redis,
) -> None:
    pipeline = store.pipeline()
    for number in range(METRICS_IN_CALL):
        pipeline.zadd(f"line:{{event{number}}}:waiting", {"user": 1})
    pipeline.execute()
    assert handle({}, None) == {"events": METRICS_IN_CALL, "waiting": METRICS_IN_CALL}
    assert written("QueueSize") == METRICS_IN_CALL


def test_redis_that_is_gone_fails_the_invocation(
    store: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_PORT", "1")
    with pytest.raises(redis.ConnectionError):
        handle({}, None)


def test_metrics_name_the_event_as_their_dimension() -> None:
    first, *_ = metrics_of([Line("one", 2, 1)])
    assert first == {
        "MetricName": "QueueSize",
        "Value": 2,
        "Unit": "Count",
        "Dimensions": [{"Name": "Event", "Value": "one"}],
    }
