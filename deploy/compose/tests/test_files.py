"""What the compose files promise: rights, secrets, time to leave, settings that exist."""

import importlib
import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from tiketi_shared.env import load

SERVICES = ["gateway", "queue", "booking", "notifier", "metrics"]

Configuration = dict[str, Any]


def seconds(text: str) -> float:
    """`330s` or `5m30s` as seconds."""
    minutes, rest = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", text).groups()  # type: ignore[union-attr]  # it matches
    return 60 * int(minutes or 0) + int(rest or 0)


def environment(configuration: Configuration, service: str) -> dict[str, str]:
    return {
        name: str(value)
        for name, value in configuration["services"][service]["environment"].items()
    }


def test_nothing_runs_as_root_or_may_write_to_its_image(configuration: Configuration) -> None:
    reads_the_kernel = {"cadvisor"}
    for name, service in configuration["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        if name not in reads_the_kernel:
            assert not str(service["user"]).startswith("0"), name


def test_every_container_has_a_health_check(configuration: Configuration, compose: Path) -> None:
    images_of_their_own = {"redis-exporter", "postgres-exporter", "cadvisor", "migration"}
    for name, service in configuration["services"].items():
        if name in SERVICES:
            dockerfile = compose.parents[1] / f"services/{name}/Dockerfile"
            assert "HEALTHCHECK" in dockerfile.read_text()
        elif name not in images_of_their_own:
            assert service["healthcheck"]["test"], name


def test_each_service_can_be_built_alone(configuration: Configuration) -> None:
    for name in SERVICES:
        assert configuration["services"][name]["build"]["dockerfile"] == (
            f"services/{name}/Dockerfile"
        )
        assert set(configuration["services"][name].get("depends_on", {})) <= {"migration"}


def test_secrets_are_files_and_never_values(configuration: Configuration, secrets: Path) -> None:
    values = {path.read_text() for path in secrets.iterdir()} - {"none", ""}
    text = json.dumps(configuration["services"])
    assert not [value for value in values if value in text]
    for name, service in configuration["services"].items():
        given = {
            secret["source"] if isinstance(secret, dict) else secret
            for secret in service.get("secrets", [])
        }
        wanted = {
            Path(value).name
            for key, value in service.get("environment", {}).items()
            if key.endswith("_FILE") and str(value).startswith("/run/secrets/")
        }
        assert wanted <= given, name
        if name in {*SERVICES, "migration"}:
            assert wanted == given, f"{name} holds a secret that it does not read"
    made = {path.name for path in secrets.iterdir()}
    assert set(configuration["secrets"]) <= made


def test_secrets_are_in_a_folder_that_only_its_owner_enters(secrets: Path) -> None:
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    for path in secrets.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o222 == 0, path.name


def test_redis_keeps_the_line_over_a_restart_and_when_it_is_full(
    configuration: Configuration,
) -> None:
    redis = configuration["services"]["redis"]
    command = " ".join(redis["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    (volume,) = redis["volumes"]
    kept = volume["target"] if isinstance(volume, dict) else volume.split(":")[1]
    assert f"--dir {kept} " in command


def test_the_load_balancer_has_time_to_finish_what_is_open(
    configuration: Configuration, compose: Path
) -> None:
    text = (compose / "haproxy/haproxy.cfg").read_text()
    (hard_stop,) = re.findall(r"^ +hard-stop-after (\d+)s$", text, re.MULTILINE)
    drain = float(environment(configuration, "gateway")["DRAIN_SECONDS"])
    grace = seconds(configuration["services"]["loadbalancer"]["stop_grace_period"])
    assert grace > float(hard_stop) >= drain == 300


def test_secrets_are_kept_when_they_are_made_again(compose: Path, secrets: Path) -> None:
    import subprocess  # noqa: PLC0415  for this test alone

    before = {path.name: path.read_text() for path in secrets.iterdir()}
    subprocess.run(["sh", str(compose / "make-secrets.sh"), str(secrets)], check=True, timeout=30)
    assert {path.name: path.read_text() for path in secrets.iterdir()} == before


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_has_time_to_leave(configuration: Configuration, service: str) -> None:
    settings_type = importlib.import_module(f"tiketi_{service}.settings").Settings
    settings = environment(configuration, service)
    fields = settings_type.__dataclass_fields__
    drain = float(settings.get("DRAIN_SECONDS", fields["drain_seconds"].default))
    leave = float(settings.get("LEAVE_SECONDS", 0))
    grace = seconds(configuration["services"][service]["stop_grace_period"])
    assert grace >= leave + drain + 5


@pytest.mark.parametrize("service", SERVICES)
def test_the_environment_is_one_that_the_service_starts_with(
    configuration: Configuration, secrets: Path, service: str
) -> None:
    settings_type = importlib.import_module(f"tiketi_{service}.settings").Settings
    environ = environment(configuration, service)
    fields = {name.upper() for name in settings_type.__dataclass_fields__}
    ours = {name.removesuffix("_FILE") for name in environ if not name.startswith("OTEL_")}
    assert ours <= fields
    local = {name: value.replace("/run/secrets", str(secrets)) for name, value in environ.items()}
    load(settings_type, local)


def test_prometheus_finds_what_it_is_told_to_scrape(
    configuration: Configuration, compose: Path
) -> None:
    prometheus = yaml.safe_load(
        (compose.parent / "monitoring/prometheus/prometheus.yml").read_text()
    )
    for job in prometheus["scrape_configs"]:
        if "dns_sd_configs" in job:
            (discovery,) = job["dns_sd_configs"]
            (host,), port = discovery["names"], discovery["port"]
        else:
            (target,) = job["static_configs"][0]["targets"]
            host, port = target.split(":")
        assert host == "localhost" or host in configuration["services"], job["job_name"]
        if host in SERVICES:
            exposed = {int(number) for number in configuration["services"][host]["expose"]}
            assert int(port) in exposed


def test_only_the_load_balancer_is_reached_from_other_machines(
    configuration: Configuration,
) -> None:
    for name, service in configuration["services"].items():
        for port in service.get("ports", []):
            open_to_all = "127.0.0.1" not in str(port)
            assert open_to_all == (name == "loadbalancer"), name


def test_images_from_elsewhere_are_pinned(configuration: Configuration) -> None:
    for name, service in configuration["services"].items():
        if "build" not in service and name != "migration":
            assert re.search(r":v?\d+\.\d+|:17-", service["image"]), name
