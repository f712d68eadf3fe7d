"""A real process each: how a service starts, refuses to start, and ends."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

PROGRAM = """
import asyncio
import time

from aiohttp import web
from tiketi_shared.run import run
from tiketi_shared.settings import ServiceSettings
from tiketi_shared.tokens import KeyRing
from tiketi_shared.web import create_base_app

def create_app(settings: ServiceSettings) -> web.Application:
    app = create_base_app(KeyRing(settings.identity_keys))
    add_to(app)
    return app

def add_to(app: web.Application) -> None:
    ...

if __name__ == "__main__":
    run("example", ServiceSettings, create_app)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "example.py"
    path.write_text(PROGRAM)
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(program: Path, **environ: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(program)],
        env={**os.environ, **{name: str(value) for name, value in environ.items()}},
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_alive(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1)
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the service did not come up")


@pytest.mark.parametrize("workers", [1, 2])
def test_it_serves_until_told_to_leave_and_exits_cleanly(program: Path, workers: int) -> None:
    port = free_port()
    process = start(program, PORT=port, WORKERS=workers)
    try:
        wait_until_alive(port)
        process.send_signal(signal.SIGTERM)
        _, logs = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 0
    assert '"event": "shut down"' in logs


SWALLOWING = """
async def swallow(times):
    while times:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            times -= 1

def add_to(app):
    async def begin(app):
        app["swallowing"] = asyncio.create_task(swallow(3))

    app.on_startup.append(begin)
"""

STUCK = """
import tiketi_shared.run

tiketi_shared.run.GOODBYE_SECONDS = 0.5

def add_to(app):
    async def stick(app):
        time.sleep(600)

    app.on_shutdown.append(stick)
"""


def logs_of_leaving(program: Path, addition: str, **environ: object) -> str:
    """What the program, with an `add_to` of another kind, says until it has ended."""
    before, after = PROGRAM.split("if __name__")
    program.write_text(f"{before}{addition}\nif __name__{after}")
    port = free_port()
    process = start(program, PORT=port, **environ)
    try:
        wait_until_alive(port)
        process.send_signal(signal.SIGTERM)
        _, logs = process.communicate(timeout=15)
    finally:
        process.kill()
    assert process.returncode == 0
    return logs


def test_a_task_that_swallows_cancellations_holds_nothing_up(program: Path) -> None:
    assert '"event": "shut down"' in logs_of_leaving(program, SWALLOWING)


def test_a_worker_that_does_not_leave_is_killed(program: Path) -> None:
    logs = logs_of_leaving(program, STUCK, WORKERS=2, DRAIN_SECONDS=0)
    assert "worker killed" in logs


def test_workers_whose_parent_is_killed_leave(program: Path) -> None:
    port = free_port()
    process = start(program, PORT=port, WORKERS=2)
    wait_until_alive(port)
    process.kill()
    process.communicate(timeout=15)  # ends when the last worker, which inherited stderr, does


WORKING = """
import tiketi_shared.run

tiketi_shared.run.GOODBYE_SECONDS = 0.5

def add_to(app):
    async def work(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"begun ")
        await asyncio.sleep(float(request.query["seconds"]))
        await response.write(b"done")
        return response

    app.router.add_get("/work", work)
"""


def with_work(program: Path) -> Path:
    """The program, with `/work?seconds=`, whose answer begins at once and ends later."""
    before, after = PROGRAM.split("if __name__")
    program.write_text(f"{before}{WORKING}\nif __name__{after}")
    return program


def begin_work(port: int, seconds: float) -> http.client.HTTPResponse:
    """A request that is in hand."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", f"/work?seconds={seconds}")
    answer = connection.getresponse()
    assert answer.read(6) == b"begun "
    return answer


@pytest.mark.parametrize("workers", [1, 2])
def test_work_in_hand_is_finished_when_leaving(program: Path, workers: int) -> None:
    port = free_port()
    process = start(
        with_work(program), PORT=port, WORKERS=workers, DRAIN_SECONDS=30, LEAVE_SECONDS=0.2
    )
    try:
        wait_until_alive(port)
        answer = begin_work(port, 2.5)
        process.send_signal(signal.SIGTERM)
        assert answer.read() == b"done"
        process.communicate(timeout=15)
    finally:
        process.kill()
    assert process.returncode == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_work_that_outlasts_the_drain_is_cut(program: Path, workers: int) -> None:
    port = free_port()
    process = start(with_work(program), PORT=port, WORKERS=workers, DRAIN_SECONDS=0.5)
    try:
        wait_until_alive(port)
        answer = begin_work(port, 600)
        process.send_signal(signal.SIGTERM)
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
        process.communicate(timeout=15)
    finally:
        process.kill()
    assert process.returncode == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_one_that_leaves_says_so_while_it_still_serves(program: Path, workers: int) -> None:
    port = free_port()
    process = start(program, PORT=port, WORKERS=workers, LEAVE_SECONDS=3)
    try:
        wait_until_alive(port)
        assert status_of(port, "/readyz") == 200
        process.send_signal(signal.SIGTERM)
        for _ in range(200):
            if status_of(port, "/readyz") == 503:
                break
            time.sleep(0.01)
        assert status_of(port, "/readyz") == 503
        assert status_of(port, "/healthz") == 200
        process.communicate(timeout=15)
    finally:
        process.kill()
    assert process.returncode == 0


def status_of(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


def workers_of(process: subprocess.Popen[str]) -> set[int]:
    """The processes that it keeps, as the kernel tells it."""
    found = set()
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    for pid in map(int, children.split()):
        with contextlib.suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.add(pid)
    return found


def test_a_worker_that_dies_is_replaced(program: Path) -> None:
    port = free_port()
    process = start(program, PORT=port, WORKERS=2)
    try:
        wait_until_alive(port)
        before = workers_of(process)
        assert len(before) == 2
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        for _ in range(200):
            if len(workers_of(process) - {killed}) == 2:
                break
            time.sleep(0.05)
        after = workers_of(process)
        assert len(after) == 2
        assert killed not in after
        assert status_of(port, "/healthz") == 200
        process.send_signal(signal.SIGTERM)
        _, logs = process.communicate(timeout=15)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "worker died, restarting" in logs


def test_a_port_in_use_is_named(program: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(program, PORT=port)
        _, message = process.communicate(timeout=10)
    assert process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in message


def test_bad_settings_end_the_start_with_a_line_each(program: Path) -> None:
    process = start(program, PORT="many", LOG_LEVEL="loud")
    _, message = process.communicate(timeout=10)
    assert process.returncode == 1
    assert "PORT: 'many' is not a whole number" in message
    assert "LOG_LEVEL: 'loud' is not one of debug, info, warning, error" in message
    assert "Traceback" not in message


def test_a_production_start_refuses_the_development_keys(program: Path) -> None:
    process = start(program, ENVIRONMENT="production")
    _, message = process.communicate(timeout=10)
    assert process.returncode == 1
    assert "IDENTITY_KEYS: production needs a value of its own" in message


def test_help_lists_the_settings(program: Path) -> None:
    shown = subprocess.run(
        [sys.executable, str(program), "--help"],
        check=True,
        capture_output=True,
        text=True,
        timeout=10,
    )
    assert "`DRAIN_SECONDS`" in shown.stdout
