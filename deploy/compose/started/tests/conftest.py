"""Compose, really started: Docker's daemon where none runs, images where none can be pulled.

What takes long is kept in `.run/compose`: Docker's data with the images, and the base made by
debootstrap. Everything that is started here is ended and removed here.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
COMPOSE = ROOT / "deploy/compose"
KEPT = ROOT / ".run/compose"
SERVICES = ("queue", "booking", "notifier", "metrics", "gateway")
STORES = ("redis", "postgres", "rabbitmq", "haproxy")
SUITE = "debian:bookworm-slim"
"""Pulled to see whether anything can be pulled at all."""


class Failed(Exception):
    """What was run, and the end of what it said."""


def run(*command: object, environ: Mapping[str, str] | None = None, timeout: float = 900) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(
        words, env={**os.environ, **(environ or {})}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise Failed(f"{' '.join(words)}\n{done.stdout[-3000:]}")
    return done.stdout


@dataclass(frozen=True)
class Docker:
    """Commands of the daemon that the tests use."""

    environ: Mapping[str, str]

    def __call__(self, *arguments: object, timeout: float = 900) -> str:
        return run("docker", *arguments, environ=self.environ, timeout=timeout)

    def works(self) -> bool:
        try:
            self("info", timeout=20)
        except (Failed, subprocess.TimeoutExpired):
            return False
        return True


@pytest.fixture(scope="session")
def docker() -> Iterator[Docker]:
    for program in ("docker", "dockerd", "debootstrap"):
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None:
            pytest.fail(f"{program} is missing: `make -C deploy/compose setup-started` installs it")
    there = Docker({})
    if there.works():
        yield there
        return
    with _daemon() as own:
        yield own


@contextmanager
def _daemon() -> Iterator[Docker]:
    KEPT.mkdir(parents=True, exist_ok=True)
    socket, log = KEPT / "docker.sock", (KEPT / "dockerd.log").open("w")
    command = [
        shutil.which("dockerd", path=f"{os.environ['PATH']}:/usr/sbin") or "dockerd",
        f"--data-root={KEPT}/data", f"--exec-root={KEPT}/exec", f"--pidfile={KEPT}/pid",
        f"--host=unix://{socket}",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    docker = Docker({"DOCKER_HOST": f"unix://{socket}"})
    try:
        deadline = time.monotonic() + 60
        while not docker.works():
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"dockerd did not start:\n{(KEPT / 'dockerd.log').read_text()[-2000:]}")
            time.sleep(0.5)
        yield docker
    finally:
        process.terminate()
        process.wait(timeout=60)
        log.close()


@dataclass(frozen=True)
class Images:
    """Which images stand for which; empty where the shipped names can be pulled."""

    build: Mapping[str, str]
    settings: Mapping[str, str]


@pytest.fixture(scope="session")
def images(docker: Docker) -> Images:
    """The five services' images, built; and those they stand on, pulled or made."""
    images = Images({}, {}) if _can_pull(docker) else _local_images(docker)
    for service in SERVICES:
        build_service(docker, images, service)
    return images


def build_service(docker: Docker, images: Images, service: str) -> None:
    arguments = [f"--build-arg={name}={value}" for name, value in images.build.items()]
    docker(
        "build", "--quiet", "--network=host", *arguments, "--tag", f"tiketi/{service}:dev",
        "--file", ROOT / f"services/{service}/Dockerfile", ROOT,
    )  # fmt: skip


def _can_pull(docker: Docker) -> bool:
    try:
        docker("pull", "--quiet", SUITE, timeout=60)
    except (Failed, subprocess.TimeoutExpired):
        return False
    return True


def _local_images(docker: Docker) -> Images:
    base, node = "tiketi-local/base:1", "tiketi-local/node:1"
    if not docker("images", "--quiet", base).strip():
        _make_base(docker, base)
    if not docker("images", "--quiet", node).strip():
        _make_node(docker, base, node)
    folder = COMPOSE / "started/images"
    for store in STORES:
        docker(
            "build", "--quiet", "--network=host", f"--build-arg=BASE={base}", f"--target={store}",
            "--tag", f"tiketi-local/{store}:1", "--file", folder / "stores.Dockerfile", folder,
        )  # fmt: skip
    return Images(
        {"BASE": base, "NODE": node},
        {f"{store.upper()}_IMAGE": f"tiketi-local/{store}:1" for store in STORES},
    )


def _make_base(docker: Docker, tag: str) -> None:
    """Debian with Python 3.11, and the certificates that this machine trusts."""
    folder = KEPT / "base"
    if not (folder / "usr/bin/python3").exists():
        shutil.rmtree(folder, ignore_errors=True)
        include = "--include=ca-certificates,python3,python3-venv"
        run("debootstrap", "--variant=minbase", include, "bookworm", folder)
    certificates = Path("/etc/ssl/certs/ca-certificates.crt")
    if certificates.exists():
        shutil.copy(certificates, folder / "etc/ssl/certs/ca-certificates.crt")
    archive = KEPT / "base.tar"
    run("tar", "-C", folder, "-cf", archive, ".")
    trust = "ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_DEFAULT_TIMEOUT=180"
    docker("import", f"--change={trust}", archive, tag)
    archive.unlink()


def _make_node(docker: Docker, base: str, tag: str) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.fail("node and npm are missing")
    context = KEPT / "node"
    shutil.rmtree(context, ignore_errors=True)
    context.mkdir(parents=True)
    shutil.copy(Path(node).resolve(), context / "node")
    shutil.copytree(Path(npm).resolve().parents[1], context / "npm", symlinks=True)
    dockerfile = COMPOSE / "started/images/node.Dockerfile"
    docker("build", "-q", f"--build-arg=BASE={base}", "-t", tag, "-f", dockerfile, context)


@dataclass(frozen=True)
class Stack:
    """All of it, running; `compose` is ./stack with its settings."""

    url: str
    docker: Docker
    environ: Mapping[str, str]

    def compose(self, *arguments: object, timeout: float = 600) -> str:
        return run(COMPOSE / "stack", *arguments, environ=self.environ, timeout=timeout)

    def replace(self, service: str) -> str:
        return run(COMPOSE / "replace", service, environ=self.environ)

    def secret(self, name: str) -> str:
        return Path(self.environ["SECRETS_DIR"], name).read_text()

    def containers(self, service: str) -> list[str]:
        project = self.environ["COMPOSE_PROJECT_NAME"]
        return self.docker(
            "ps", "--quiet",
            "--filter", f"label=com.docker.compose.project={project}",
            "--filter", f"label=com.docker.compose.service={service}",
        ).split()  # fmt: skip

    def await_health(self) -> None:
        """Until every container is healthy; fails with the logs of those that are not."""
        deadline = time.monotonic() + 120
        waiting = {*SERVICES, "redis", "postgres", "rabbitmq", "loadbalancer"}
        while waiting := {service for service in waiting if not self._healthy(service)}:
            if time.monotonic() > deadline:
                pytest.fail(
                    f"not healthy: {waiting}\n{self.compose('logs', '--tail=15', *waiting)}"
                )
            time.sleep(1)

    def _healthy(self, service: str) -> bool:
        containers = self.containers(service)
        if not containers:
            return False
        states = self.docker("inspect", "--format", "{{.State.Health.Status}}", *containers)
        return set(states.split()) == {"healthy"}


@pytest.fixture(scope="session")
def stack(
    docker: Docker, images: Images, free_port: Callable[[], int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:  # fmt: skip
    """Stores, one of each service but two gateways, and the load balancer, all healthy."""
    port = free_port()
    environ = {
        **docker.environ,
        **images.settings,
        "COMPOSE_PROJECT_NAME": "tiketi-started",
        "SECRETS_DIR": str(tmp_path_factory.mktemp("compose") / "secrets"),
        "ENVIRONMENT": "test",
        "LIMITS": "off",
        "PORT": str(port),
        "OPEN_FILES": "16000",
        "DRAIN_SECONDS": "5",
        "FILES": "stores services loadbalancer",
    }
    stack = Stack(f"http://127.0.0.1:{port}", docker, environ)
    try:
        stack.compose("up", "-d", "--no-build", "--scale", "gateway=2")
        stack.await_health()
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "5")
