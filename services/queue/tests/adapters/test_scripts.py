"""How the scripts are written: fields have names, and shared constants are defined once."""

import re
from importlib.resources import files

import pytest

LUA = files("tiketi_queue.adapters") / "lua"


@pytest.mark.parametrize("script", ["visit", "round", "leave", "settle"])
def test_a_script_reads_fields_by_name(script: str) -> None:
    text = (LUA / f"{script}.lua").read_text()
    assert re.findall(r"\w+\[\d+\]", text) == []


def test_a_script_does_not_repeat_the_limit_between_lanes() -> None:
    for script in LUA.iterdir():
        assert "^" not in script.read_text(), "LOBBY_SCORES comes from domain/line.py"
