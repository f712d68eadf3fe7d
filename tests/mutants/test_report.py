"""The summary that `make mutants` ends with."""

from pathlib import Path

import pytest
from tests.mutants import __main__ as mutants
from tests.mutants.catalogue import Mutant
from tests.mutants.trial import Outcome, Result


def result(name: str, outcome: Outcome, *, independent: bool = False) -> Result:
    mutant = Mutant(
        "queue", name, "a.py", "x", "y", "Somebody waits.", ("t",), independent=independent
    )
    return Result(mutant, outcome, "", 1.0)


def test_the_summary_counts_the_outcomes_and_who_picked_the_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mutants, "WORKSPACE", tmp_path)
    results = [
        result("one", "noticed", independent=True),
        result("two", "noticed"),
        result("three", "noticed"),
        result("four", "survived", independent=True),
        result("five", "unfit"),
    ]
    mutants.report(results, planned=9)
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "3 noticed, 1 survived, 1 unfit, 4 not planted for lack of time",
        "2 of these 5 were picked by somebody who had not written the tests",
    ]
