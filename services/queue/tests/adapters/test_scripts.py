"""How the scripts are written, so that a field that moves breaks nothing unnoticed."""

import re
from importlib.resources import files

import pytest

LUA = files("tiketi_queue.adapters") / "lua"


@pytest.mark.parametrize("script", ["visit", "round", "leave", "settle"])
def test_a_script_reads_fields_by_name(script: str) -> None:
    text = (LUA / f"{script}.lua").read_text()
    assert re.findall(r"\w+\[\d+\]", text) == []


def test_a_number_that_rules_have_in_common_stands_in_no_script() -> None:
    for script in LUA.iterdir():
        assert "^" not in script.read_text(), "LOBBY_SCORES comes from domain/line.py"
