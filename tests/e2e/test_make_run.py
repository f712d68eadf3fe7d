"""`make run` starts demo data and a supervisor, and leaves no process behind however it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tiketi_local.processes import is_free

ROOT = Path(__file__).resolve().parents[2]


class Run:
    """One run of the local deployment, with its output in two files."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._out, self._err = folder / "out", folder / "err"
        environ = {**os.environ, "PORT": str(port), "DATA_DIR": str(folder / "data")}
        for name in ("REDIS_URL", "POSTGRES_DSN", "AMQP_URL"):
            environ.pop(name, None)
        with self._out.open("w") as out, self._err.open("w") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tiketi_local"], env=environ, stdout=out, stderr=err
            )

    @property
    def log(self) -> str:
        return self._err.read_text()

    def wait_ready(self, within: float = 120) -> None:
        wait_until(lambda: bool(self._out.read_text()) or self.ended, within, self._err)
        assert self._out.read_text() == f"ready: http://127.0.0.1:{self.port}\n", self.log

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self._process.pid).children(recursive=True)

    def end(self, number: signal.Signals) -> int:
        """Send the signal and return the exit code."""
        self._process.send_signal(number)
        return self._process.wait(60)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return json.load(answer)


def still_alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """The processes that still run. Zombies, which init has yet to reap, have ended."""
    return [
        process
        for process in processes
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]


def wait_until(true: Callable[[], bool], within: float, log: Path) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


@pytest.fixture
def run(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Callable[[], Run]]:
    """`run()` starts the deployment, each time with the same port and data."""
    port = free_port()
    runs: list[Run] = []

    def start() -> Run:
        runs.append(Run(tmp_path, port))
        return runs[-1]

    yield start
    for started in runs:
        if not started.ended:
            started.end(signal.SIGKILL)


@pytest.mark.timeout(400)
def test_a_deployment_from_its_first_start_to_a_start_after_a_kill(
    run: Callable[[], Run],
) -> None:
    first = run()
    first.wait_ready()
    events = first.get("/api/events")["events"]
    assert sorted(event["seats_total"] for event in events) == [3500, 5000]
    assert {event["phase"] for event in events} == {"on_sale"}
    assert first.log.count("password") == 1

    victim = next(process for process in first.family() if "tiketi_queue" in process.cmdline())
    victim.kill()
    restarted = "queue-1 ended with code -9, starting it again"
    wait_until(lambda: restarted in first.log, 10, Path(os.devnull))

    family = first.family()
    assert first.end(signal.SIGINT) == 0
    assert still_alive(family) == []
    assert is_free(first.port)

    second = run()
    second.wait_ready()
    assert second.get("/api/events")["events"] == events
    assert "password" not in second.log

    family = second.family()
    second.end(signal.SIGKILL)
    psutil.wait_procs(family, timeout=20)
    assert still_alive(family) == []

    third = run()
    third.wait_ready()
    assert third.end(signal.SIGTERM) == 0


def test_a_port_in_use_is_named_before_anything_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = Run(tmp_path, taken.getsockname()[1])
        wait_until(lambda: refused.ended, 20, Path(os.devnull))
    assert f"port {refused.port} is in use" in refused.log
    assert not (tmp_path / "data/postgres").exists()
