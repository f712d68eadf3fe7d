"""The real Prometheus and Alertmanager, and someone who is told."""

import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest

MONITORING = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def monitoring() -> Path:
    """The folder that is tested."""
    return MONITORING


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """Where a program is; fails, naming Debian's package, when it is not there."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.fail(f"{name} is missing: `make -C deploy/monitoring setup` installs it")
        return path

    return find


@pytest.fixture(scope="session")
def run(tool: Callable[[str], str]) -> Callable[..., str]:
    """Runs a tool to its end and gives what it printed; fails when it fails."""

    def run(name: str, *arguments: object) -> str:
        command = [tool(name), *map(str, arguments)]
        done = subprocess.run(
            command, cwd=MONITORING, capture_output=True, text=True, timeout=120, check=False
        )
        output = done.stdout + done.stderr
        assert done.returncode == 0, f"{' '.join(command)}\n{output}"
        return output

    return run


@pytest.fixture(scope="session")
def start(
    tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., None]]:
    """Starts a program that serves, waits until `ready` (a URL) answers, ends it afterwards."""
    with ExitStack() as stack:

        def start(name: str, *arguments: object, ready: str, **environ: str) -> None:
            log = tmp_path_factory.mktemp(name) / "log"
            out = stack.enter_context(log.open("w"))
            process = _spawn([tool(name), *map(str, arguments)], out, environ)
            stack.callback(_end, process)
            _await(ready, process, log)

        yield start


def _spawn(command: list[str], out: IO[str], environ: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command, stdout=out, stderr=subprocess.STDOUT, cwd=MONITORING,
        env={"PATH": "/usr/bin:/bin", **environ},
    )  # fmt: skip


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _await(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"{url} does not answer:\n{log.read_text()[-2000:]}")
