"""The next start ends the processes that a killed supervisor left, and no others."""

import json
import os
from pathlib import Path

import psutil
import pytest

from tiketi_local.leftovers import AlreadyRunning, end_leftovers, only_one, write_down
from tiketi_local.processes import Child


def test_what_still_runs_is_ended(tmp_path: Path) -> None:
    pids = tmp_path / "pids.json"
    child = Child("queue-1", ["sleep", "600"], log=tmp_path / "log")
    child.start()
    write_down(pids, [child])
    assert end_leftovers(pids) == ["queue-1"]
    assert not child.running
    assert end_leftovers(pids) == []


def test_what_it_had_started_in_turn_is_ended_too(tmp_path: Path) -> None:
    pids = tmp_path / "pids.json"
    script = "setsid sleep 600 & echo up; wait"
    child = Child("rabbitmq", ["sh", "-c", script], log=tmp_path / "log")
    child.start()
    child.wait_until(lambda: "up" in child.tail(), timeout=10)
    family = psutil.Process(child.pid).children(recursive=True)
    assert family
    write_down(pids, [child])
    assert end_leftovers(pids) == ["rabbitmq"]
    assert not any(process.is_running() for process in family)


@pytest.mark.parametrize("sooner", [-1.0, 1.0])
def test_a_process_started_at_another_time_is_left_alone(tmp_path: Path, sooner: float) -> None:
    pids = tmp_path / "pids.json"
    other = Child("other", ["sleep", "600"], log=tmp_path / "log")
    other.start()
    try:
        pid, created = other.identity()
        pids.write_text(json.dumps({"queue-1": [pid, created - sooner]}))
        assert end_leftovers(pids) == []
        assert other.running
    finally:
        other.kill()


def test_a_later_process_with_the_same_number_is_left_alone(tmp_path: Path) -> None:
    pids = tmp_path / "pids.json"
    pids.write_text(json.dumps({"queue-1": [os.getpid(), 1.0]}))
    assert end_leftovers(pids) == []


def test_a_folder_has_one_supervisor(tmp_path: Path) -> None:
    already = pytest.raises(AlreadyRunning, match=f"as process {os.getpid()}")
    with only_one(tmp_path), already, only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass
