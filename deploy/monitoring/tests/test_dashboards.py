"""Every query of every dashboard and rule, run on a real Prometheus that scraped the real thing:
all five services, Redis, Postgres and RabbitMQ. Only the containers' figures are recorded ones,
since there are no containers here."""

import importlib.util
import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tiketi_local.demo import make_demo_events
from tiketi_local.deployment import Deployment, private_stores
from tiketi_local.keys import load_or_make

CADVISOR = """\
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container_label_com_docker_compose_service="postgres"} 12.5
# TYPE container_spec_cpu_quota gauge
container_spec_cpu_quota{container_label_com_docker_compose_service="postgres"} 200000
# TYPE container_spec_cpu_period gauge
container_spec_cpu_period{container_label_com_docker_compose_service="postgres"} 100000
"""

NAME = re.compile(r"\b(?:tiketi|redis|pg|rabbitmq|container|process)[:_][a-z0-9_:]+")


def builder(monitoring: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("build", monitoring / "grafana/build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def dashboards(monitoring: Path) -> list[dict[str, Any]]:
    paths = sorted((monitoring / "grafana/dashboards").glob("*.json"))
    return [json.loads(path.read_text()) for path in paths]


def queries(monitoring: Path) -> Iterator[tuple[str, str]]:
    """(where, PromQL) of every panel and every rule."""
    for dashboard in dashboards(monitoring):
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                query = target["expr"].replace("$event", ".*")
                yield f"{dashboard['title']} / {panel['title']}", query
    for path in (monitoring / "prometheus/rules").glob("*.yml"):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from ((rule.get("alert") or rule["record"], rule["expr"])
                        for rule in group["rules"])  # fmt: skip


def test_the_dashboards_are_what_the_builder_writes(monitoring: Path) -> None:
    build = builder(monitoring)
    assert dashboards(monitoring) == sorted(
        map(build.render, build.DASHBOARDS), key=lambda dashboard: dashboard["uid"]
    )


def test_no_two_panels_cover_each_other_or_share_an_id(monitoring: Path) -> None:
    for dashboard in dashboards(monitoring):
        places = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
        ids = [panel["id"] for panel in dashboard["panels"]]
        assert len(set(places)) == len(set(ids)) == len(dashboard["panels"])
        assert all(x + width <= 24 for x, _, width, _ in places)


@dataclass(frozen=True)
class Prometheus:
    url: str

    def get(self, path: str, **parameters: str) -> Any:
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.url}{path}?{query}", timeout=10) as answer:
            content = json.load(answer)
        assert content["status"] == "success"
        return content["data"]

    def families(self) -> set[str]:
        """What the scraped targets declare, with or without samples yet."""
        return set(self.get("/api/v1/metadata"))

    def up(self) -> dict[str, bool]:
        targets = self.get("/api/v1/targets", state="active")["activeTargets"]
        return {target["labels"]["job"]: target["health"] == "up" for target in targets}


@pytest.fixture(scope="module")
def broker_figures(free_port: Callable[[], int]) -> int:
    """The port at which RabbitMQ tells its figures."""
    return free_port()


@pytest.fixture(scope="module")
def deployment(
    tmp_path_factory: pytest.TempPathFactory, broker_figures: int
) -> Iterator[Deployment]:
    """One instance of everything."""
    folder = tmp_path_factory.mktemp("tiketi")
    keys = load_or_make(folder / "keys.json")
    stores = private_stores(
        folder / "stores", keys.store_password, logs=folder / "logs", durable=False
    )
    broker = folder / "stores/rabbitmq"  # its figures are on in the image that compose takes
    (broker / "enabled_plugins").write_text("[rabbitmq_prometheus].\n")
    with (broker / "rabbitmq.conf").open("a") as configuration:
        configuration.write(
            f"prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = {broker_figures}\n"
        )
    with Deployment(stores, keys, logs=folder / "logs") as deployment:
        deployment.start()
        make_demo_events(deployment.gateway_urls[0], keys.admin_email, keys.admin_password)
        yield deployment


@pytest.fixture(scope="module")
def containers() -> Iterator[str]:
    """The address of what stands for cAdvisor."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(CADVISOR.encode())

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def exporters(
    deployment: Deployment, start: Callable[..., None], free_port: Callable[[], int],
    broker_figures: int,
) -> dict[str, str]:  # fmt: skip
    """The addresses at which the stores' figures are told, by job."""
    redis, postgres = free_port(), free_port()
    where = urlsplit(deployment.stores.redis_url)
    start(
        "prometheus-redis-exporter",
        f"--web.listen-address=127.0.0.1:{redis}",
        f"--redis.addr=redis://{where.hostname}:{where.port}",
        ready=f"http://127.0.0.1:{redis}/metrics",
        REDIS_PASSWORD=where.password or "",
    )
    dsn = deployment.stores.postgres_dsn
    start(
        "prometheus-postgres-exporter",
        f"--web.listen-address=127.0.0.1:{postgres}",
        ready=f"http://127.0.0.1:{postgres}/metrics",
        DATA_SOURCE_NAME=f"{dsn}{'&' if '?' in dsn else '?'}sslmode=disable",
    )
    return {
        "redis": f"127.0.0.1:{redis}",
        "postgres": f"127.0.0.1:{postgres}",
        "rabbitmq": f"127.0.0.1:{broker_figures}",
    }


@pytest.fixture(scope="module")
def prometheus(  # noqa: PLR0917  fixtures
    deployment: Deployment, exporters: dict[str, str], containers: str, monitoring: Path,
    start: Callable[..., None], free_port: Callable[[], int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Prometheus:  # fmt: skip
    """The shipped configuration with this machine's addresses, after its first rounds."""
    folder = tmp_path_factory.mktemp("prometheus")
    configuration = yaml.safe_load((monitoring / "prometheus/prometheus.yml").read_text())
    configuration["global"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
    configuration["rule_files"] = [f"{monitoring}/prometheus/rules/*.yml"]
    del configuration["alerting"]
    services = {
        instance.service: instance.url.removeprefix("http://") for instance in deployment.instances
    }
    services["gateway"] = deployment._environ["GATEWAY_URLS"].removeprefix("http://")
    addresses = {**services, **exporters, "containers": containers}
    kept = [job for job in configuration["scrape_configs"] if job["job_name"] in addresses]
    for job in kept:
        job.pop("dns_sd_configs", None)
        job["static_configs"] = [{"targets": [addresses[job["job_name"]]]}]
    configuration["scrape_configs"] = kept
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(configuration))
    port = free_port()
    start(
        "prometheus",
        f"--config.file={path}",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        ready=f"http://127.0.0.1:{port}/-/ready",
    )
    prometheus = Prometheus(f"http://127.0.0.1:{port}")
    deadline = time.monotonic() + 30
    while not (prometheus.up() and all(prometheus.up().values())):
        assert time.monotonic() < deadline, prometheus.up()
        time.sleep(0.5)
    time.sleep(3)
    return prometheus


def test_every_query_runs(prometheus: Prometheus, monitoring: Path) -> None:
    for where, query in queries(monitoring):
        try:
            prometheus.get("/api/v1/query", query=query)
        except urllib.error.HTTPError as error:
            pytest.fail(f"{where}: {query}\n{error.read().decode()}")


def test_every_name_in_a_query_is_exposed_by_something(
    prometheus: Prometheus, monitoring: Path
) -> None:
    exposed = prometheus.families()
    recorded = {where for where, _ in queries(monitoring)}
    unknown = {
        f"{where}: {name}"
        for where, query in queries(monitoring)
        for name in NAME.findall(query)
        if name not in recorded | exposed
        and re.sub("_(bucket|sum|count)$", "", name) not in exposed
    }
    assert not unknown


@pytest.mark.parametrize(
    "query",
    [
        "tiketi:queue_waiting:max",
        "tiketi:scaling_desired_replicas:max",
        "tiketi:cpu_cores:rate5m",
        "tiketi:event_loop_lag_seconds:p99_5m",
        "tiketi:requests:rate5m",
        "tiketi:database_cpu:ratio5m",
        'max by (event_id) (tiketi_sales_seats_left{job="metrics"}) > 0',
        "redis_memory_used_bytes > 0",
        "rabbitmq_queue_messages_ready",
        "sum(pg_stat_activity_count) > 0",
        'tiketi_service_ready{service="gateway"} == 1',
        'tiketi_source_age_seconds{source="queue"} < 10',
    ],
)
def test_the_deployment_is_seen(prometheus: Prometheus, query: str) -> None:
    deadline = time.monotonic() + 20
    while not prometheus.get("/api/v1/query", query=query)["result"]:
        assert time.monotonic() < deadline, query
        time.sleep(0.5)


def test_a_healthy_deployment_alerts_nobody(prometheus: Prometheus) -> None:
    alerts = prometheus.get("/api/v1/alerts")["alerts"]
    assert [alert["labels"] for alert in alerts if alert["state"] == "firing"] == []
