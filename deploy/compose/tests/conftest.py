"""The compose files as compose itself reads them, all together."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

COMPOSE = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def compose() -> Path:
    """The folder that is tested."""
    return COMPOSE


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make-secrets.sh` makes."""
    folder = tmp_path_factory.mktemp("compose") / "secrets"
    subprocess.run(["sh", str(COMPOSE / "make-secrets.sh"), str(folder)], check=True, timeout=30)
    return folder


@pytest.fixture(scope="session")
def configuration(secrets: Path) -> dict[str, Any]:
    """`./stack config`: every file merged, every variable in its place."""
    if not (shutil.which("docker-compose") or _has_plugin()):
        pytest.fail("compose is missing: apt-get install docker-compose")
    done = subprocess.run(
        [str(COMPOSE / "stack"), "config"],
        env={"PATH": os.environ["PATH"], "SECRETS_DIR": str(secrets)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    content: dict[str, Any] = yaml.safe_load(done.stdout)
    return content


def _has_plugin() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    asked = subprocess.run([docker, "compose", "version"], capture_output=True, check=False)
    return asked.returncode == 0


@pytest.fixture
def haproxy() -> Callable[[], str]:
    def find() -> str:
        path = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
        if path is None:
            pytest.fail("haproxy is missing: apt-get install haproxy")
        return path

    return find
