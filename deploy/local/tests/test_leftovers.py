"""What a killed supervisor left is ended at the next start, and nothing else is."""

import json
import os
from pathlib import Path

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
