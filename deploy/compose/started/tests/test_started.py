"""A sale through the started containers: as it is, while a service is replaced, after a restore."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[4]
SERVICES = ["gateway", "queue", "booking", "notifier", "metrics"]


def sale(stack: Any, *choice: str) -> "subprocess.Popen[str]":
    """The end-to-end test of the sale, against the load balancer."""
    environ = {
        **os.environ,
        "TIKETI_URL": stack.url,
        "ADMIN_EMAIL": "admin@tiketi.example",
        "ADMIN_PASSWORD": stack.secret("admin_password"),
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/e2e/test_sale.py",
    ]
    return subprocess.Popen(
        [*command, *choice], cwd=ROOT, env=environ, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip


def assert_passes(test: "subprocess.Popen[str]") -> None:
    output, _ = test.communicate(timeout=240)
    assert test.returncode == 0, output


OVER_THE_EDGE = "not metrics_service"
"""That one asks the metrics service itself, which nobody outside reaches."""


def test_the_sale_passes(stack: Any) -> None:
    assert_passes(sale(stack, "-k", OVER_THE_EDGE))


@pytest.mark.parametrize("service", SERVICES)
def test_the_sale_passes_while_a_service_is_replaced(stack: Any, service: str) -> None:
    before = set(stack.containers(service))
    test = sale(stack, "-k", "ticket_from_the_line or asked_for_by_two or needs_an_admission")
    stack.replace(service)
    assert_passes(test)
    after = set(stack.containers(service))
    assert len(after) == len(before)
    assert not before & after


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_has_no_rights_and_writes_nothing(stack: Any, service: str) -> None:
    container = stack.containers(service)[0]
    (facts,) = json.loads(stack.docker("inspect", container))
    assert facts["Config"]["User"] == "10001:10001"
    assert facts["HostConfig"]["ReadonlyRootfs"] is True
    assert facts["HostConfig"]["CapDrop"] == ["ALL"]
    docker_s_own = ("/run", "/run/secrets", "/tmp", "/usr", "/usr/sbin", "/usr/sbin/docker-init",
                    "/sbin", "/sbin/docker-init")  # fmt: skip
    changed = {line[2:] for line in stack.docker("diff", container).splitlines()}
    ours = {path for path in changed if path not in docker_s_own}
    assert {path for path in ours if not path.startswith("/run/secrets/")} == set()
    secrets = [path.read_text() for path in Path(stack.environ["SECRETS_DIR"]).iterdir()]
    assert not [value for value in secrets if value != "none" and value in str(facts["Config"])]


def test_the_metrics_service_finds_every_instance(stack: Any) -> None:
    (container,) = stack.containers("metrics")
    told = stack.docker(
        "exec", container, "python", "-c",
        "from urllib.request import urlopen;"
        "print(urlopen('http://127.0.0.1:8084/metrics').read().decode())",
    )  # fmt: skip
    assert 'tiketi_service_ready{service="gateway"} 2.0' in told
    assert "tiketi_scaling_desired_replicas 2.0" in told


def test_a_dump_restores_the_sale_and_it_goes_on(stack: Any) -> None:
    """The commands of the runbook."""
    postgres = ("exec", "-T", "postgres", "sh", "-c")
    password = "export PGPASSWORD=$(cat /run/secrets/postgres_password);"
    on = "-h 127.0.0.1 -U tiketi"

    def orders() -> str:
        answer: str = stack.compose(
            *postgres, f"{password} psql {on} -d tiketi -Atc 'select count(*) from orders'"
        )
        return answer.strip().splitlines()[-1]

    before = orders()
    assert int(before) > 0
    stack.compose(*postgres, f"{password} pg_dump {on} -Fc tiketi > /tmp/tiketi.dump")
    stack.compose("stop", "gateway", "notifier", "queue", "booking")
    stack.compose(*postgres, f"{password} dropdb {on} --force tiketi && createdb {on} tiketi")
    stack.compose(
        *postgres, f"{password} pg_restore {on} -d tiketi --exit-on-error /tmp/tiketi.dump"
    )
    stack.compose(
        "exec", "-T", "redis", "sh", "-c",
        'redis-cli --no-auth-warning -a "$(cat /run/secrets/redis_password)" flushall',
    )  # fmt: skip
    stack.compose("up", "-d", "--no-build", "--scale", "gateway=2")
    stack.await_health()
    assert orders() == before
    assert_passes(sale(stack, "-k", "ticket_from_the_line or asked_for_by_two"))
