"""Child processes end when stopped, when killed, and with the process that started them."""

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import psutil
import pytest

from tiketi_local.processes import Child, StartError, free_port, is_free


def child(tmp_path: Path, script: str) -> Child:
    return Child("part", ["sh", "-c", script], log=tmp_path / "part.log")


def test_a_child_that_ends_early_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    part = child(tmp_path, "echo no such database; exit 3")
    part.start()
    with pytest.raises(StartError, match=r"part ended with code 3(.|\n)*no such database"):
        part.wait_until(lambda: False, timeout=10)


def test_a_child_that_is_never_ready_is_ended(tmp_path: Path) -> None:
    part = child(tmp_path, "echo waiting; sleep 600")
    part.start()
    with pytest.raises(StartError, match=r"not ready within 0\.2 s"):
        part.wait_until(lambda: False, timeout=0.2)
    assert not part.running


def test_a_child_that_does_not_listen_is_killed_with_its_own_children(tmp_path: Path) -> None:
    part = child(tmp_path, "trap '' TERM; sleep 600 & echo up; wait; sleep 600")
    part.start()
    part.wait_until(lambda: "up" in part.tail(), timeout=10)
    assert part.pid is not None
    family = psutil.Process(part.pid).children(recursive=True)
    part.stop(timeout=0.3)
    assert not part.running
    assert not any(process.is_running() for process in family)


def test_a_child_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    part = child(tmp_path, "sleep 600")
    starter = threading.Thread(target=part.start)
    starter.start()
    starter.join()
    with pytest.raises(StartError, match="not ready"):
        part.wait_until(lambda: not part.running, timeout=0.5)


def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from tiketi_local.processes import Child
        part = Child("part", ["sleep", "600"], log=Path(sys.argv[1]))
        part.start()
        print(part.pid, flush=True)
        time.sleep(600)
        """
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    part = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    psutil.wait_procs([part], timeout=10)
    assert not part.is_running()


def test_a_ctrl_c_in_the_terminal_reaches_no_child(tmp_path: Path) -> None:
    """Ctrl-C signals the terminal's process group, and each child has a group of its own."""
    part = child(tmp_path, "sleep 600")
    part.start()
    try:
        assert part.pid is not None
        assert os.getsid(part.pid) != os.getsid(0)
        assert os.getpgid(part.pid) != os.getpgid(0)
    finally:
        part.kill()


def test_free_ports_are_free_and_given_once() -> None:
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == 50
    assert all(is_free(port) for port in ports)
