"""What the schemas can't say of the pods: rights, leaving, places, secrets, settings."""

import importlib
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tiketi_shared.env import load

SERVICES = ["gateway", "queue", "booking", "notifier", "metrics"]

Objects = list[dict[str, Any]]
Named = dict[str, dict[str, Any]]


def pods(objects: Objects) -> dict[str, dict[str, Any]]:
    """The pod specs of everything that runs, by name."""
    kinds = {"Deployment", "StatefulSet", "Job"}
    return {
        o["metadata"]["name"]: o["spec"]["template"]["spec"] for o in objects if o["kind"] in kinds
    }


def environment(pod: dict[str, Any]) -> dict[str, str]:
    (container,) = pod["containers"]
    return {variable["name"]: variable["value"] for variable in container.get("env", [])}


@pytest.mark.parametrize("overlay", ["production", "development"])
def test_no_pod_has_more_rights_than_it_needs(
    overlay: str, built: Callable[[str], Objects]
) -> None:
    running = pods(built(f"overlays/{overlay}"))
    assert set(SERVICES) <= running.keys()
    for pod in running.values():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] >= 999
        assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"].keys() == {"cpu", "memory"}
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_has_time_to_leave(service: str, production: Objects) -> None:
    pod = pods(production)[service]
    (container,) = pod["containers"]
    settings = environment(pod)
    steps = [
        container["lifecycle"]["preStop"]["sleep"]["seconds"],
        float(settings["LEAVE_SECONDS"]),
        float(settings["DRAIN_SECONDS"]),
    ]
    assert pod["terminationGracePeriodSeconds"] >= sum(steps) + 5
    probe = container["readinessProbe"]
    assert float(settings["LEAVE_SECONDS"]) >= probe["periodSeconds"] * probe["failureThreshold"]


@pytest.mark.parametrize("service", ["gateway", "notifier"])
def test_live_connections_have_the_promised_time_to_go_elsewhere(
    service: str, production: Objects
) -> None:
    assert environment(pods(production)[service])["DRAIN_SECONDS"] == "300"


@pytest.mark.parametrize("service", SERVICES)
def test_a_slow_start_is_no_death_and_a_lost_store_is_no_restart(
    service: str, production: Objects
) -> None:
    (container,) = pods(production)[service]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    startup, liveness = container["startupProbe"], container["livenessProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 30
    assert liveness["httpGet"]["path"] == startup["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    settings = environment(pods(production)[service])
    assert ports[liveness["httpGet"]["port"]] == int(settings["METRICS_PORT"])


@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_that_is_busy_for_20_seconds_is_not_restarted(
    service: str, production: Objects
) -> None:
    (container,) = pods(production)[service]["containers"]
    liveness, readiness = container["livenessProbe"], container["readinessProbe"]
    assert liveness["failureThreshold"] >= 3
    patience = liveness["periodSeconds"] * (liveness["failureThreshold"] - 1)
    assert patience + liveness["timeoutSeconds"] >= 20
    assert readiness["periodSeconds"] * readiness["failureThreshold"] < patience


@pytest.mark.parametrize("service", SERVICES)
def test_instances_are_spread_and_never_all_away_at_once(
    service: str, production: Objects, of_kind: Callable[..., Named]
) -> None:
    deployment = of_kind(production, "Deployment")[service]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    spread = {
        rule["topologyKey"]: rule
        for rule in deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
    }
    zones = spread["topology.kubernetes.io/zone"]
    assert (zones["maxSkew"], zones["whenUnsatisfiable"]) == (1, "DoNotSchedule")
    assert "kubernetes.io/hostname" in spread
    assert all(
        rule["labelSelector"]["matchLabels"].items() <= labels.items() for rule in spread.values()
    )
    budget = of_kind(production, "PodDisruptionBudget")[service]["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"].items() <= labels.items()
    rolling = deployment["spec"]["strategy"]["rollingUpdate"]
    assert rolling["maxUnavailable"] == 0


@pytest.mark.parametrize("overlay", ["production", "production-hpa", "development"])
def test_secrets_are_only_referred_to(overlay: str, built: Callable[[str], Objects]) -> None:
    objects = built(f"overlays/{overlay}")
    assert "Secret" not in {o["kind"] for o in objects}
    for pod in pods(objects).values():
        mounted = {
            f"/run/secrets/{item['path']}"
            for volume in pod["volumes"] if volume["name"] == "secrets"
            for source in volume.get("projected", {}).get("sources", [])
            for item in source["secret"]["items"]
        }  # fmt: skip
        for name, value in environment(pod).items():
            words = ("KEY", "PASSWORD", "SECRET", "DSN", "REDIS", "AMQP", "SMTP")
            secret = any(word in name for word in words)
            assert secret == name.endswith("_FILE"), name
            if secret and mounted:
                assert value in mounted


@pytest.mark.parametrize("overlay", ["production", "production-hpa"])
def test_a_pod_holds_only_the_secrets_that_it_reads(
    overlay: str, built: Callable[[str], Objects]
) -> None:
    running = pods(built(f"overlays/{overlay}"))
    for name in [*SERVICES, "booking-migration"]:
        held = {
            f"/run/secrets/{item['path']}"
            for volume in running[name]["volumes"]
            for source in volume.get("projected", {}).get("sources", [])
            for item in source["secret"]["items"]
        }
        read = {v for k, v in environment(running[name]).items() if k.endswith("_FILE")}
        assert held == read, name


def test_redis_in_the_cluster_keeps_the_line_over_a_restart_and_when_it_is_full(
    development: Objects,
) -> None:
    (container,) = pods(development)["redis"]["containers"]
    command = " ".join([*container.get("command", []), *container["args"]])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


@pytest.mark.parametrize("service", SERVICES)
def test_the_environment_is_one_that_the_service_starts_with(
    service: str, production: Objects, tmp_path: Path
) -> None:
    """With every secret at its place; a misspelt or missing setting would be told here."""
    environ = environment(pods(production)[service])
    settings_type = importlib.import_module(f"tiketi_{service}.settings").Settings
    fields = {name.upper() for name in settings_type.__dataclass_fields__}
    assert {name.removesuffix("_FILE") for name in environ} <= fields
    for name, path in environ.items():
        if name.endswith("_FILE"):
            file = tmp_path / Path(path).name
            file.write_text(_secret(name.removesuffix("_FILE")))
            environ[name] = str(file)
    load(settings_type, environ)


def _secret(name: str) -> str:
    if name.endswith(("_URL", "_DSN")):
        return f"scheme://{secrets.token_hex(8)}@store/0"
    return f"2026-11:{secrets.token_hex(32)}"


def test_the_migration_is_done_by_the_image_that_needs_it(
    production: Objects, of_kind: Callable[..., Named]
) -> None:
    job = of_kind(production, "Job")["booking-migration"]["spec"]["template"]["spec"]
    booking = of_kind(production, "Deployment")["booking"]["spec"]["template"]["spec"]
    assert job["containers"][0]["image"] == booking["containers"][0]["image"]


def test_prometheus_finds_every_pod_under_the_job_that_the_rules_name(
    production: Objects, of_kind: Callable[..., Named]
) -> None:
    monitor = of_kind(production, "PodMonitor")["tiketi"]["spec"]
    (endpoint,) = monitor["podMetricsEndpoints"]
    for name in SERVICES:
        template = of_kind(production, "Deployment")[name]["spec"]["template"]
        labels = template["metadata"]["labels"]
        assert monitor["selector"]["matchLabels"].items() <= labels.items()
        assert labels[monitor["jobLabel"]] == name
        ports = {port["name"] for port in template["spec"]["containers"][0]["ports"]}
        assert endpoint["port"] in ports


def test_every_image_of_a_release_is_pinned(production: Objects) -> None:
    for pod in pods(production).values():
        image, _, tag = pod["containers"][0]["image"].rpartition(":")
        assert image
        assert tag not in {"", "latest"}
