"""What is changed in a package's copy, and what is counted."""

import importlib
from functools import cached_property
from operator import attrgetter
from typing import Any

import pytest
from tests.mutants import domains
from tests.mutants.domains import EXPLAINED, PACKAGES, ROOT, Mutant, undecorated

SOURCE = '''
class Hall:
    """A hall."""

    rows = 3

    @property
    def seats(self) -> int:
        """Of all rows."""
        return self.rows * 4

    @cached_property
    def half(self) -> int:
        return self.seats // 2

    @staticmethod
    def name() -> str:
        return "hall"
'''


def test_properties_stay_properties_and_can_be_changed() -> None:
    source = undecorated(SOURCE)
    assert "@property" not in source
    assert "@cached_property" not in source
    assert "@staticmethod" in source
    names: dict[str, Any] = {"cached_property": cached_property}
    exec(source, names)
    hall = names["Hall"]()
    assert (hall.seats, hall.half, hall.read_seats(), hall.name()) == (12, 6, 12, "hall")


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("tiketi_queue.domain.line.x_full__mutmut_3", "tiketi_queue.domain.line.full"),
        ("tiketi_queue.domain.line.x__full__mutmut_3", "tiketi_queue.domain.line._full"),
        ("tiketi_queue.domain.line.xǁLineǁadd__mutmut_12", "tiketi_queue.domain.line.Line.add"),
        (
            "tiketi_queue.domain.line.xǁLineǁread_size__mutmut_1",
            "tiketi_queue.domain.line.Line.size",
        ),
    ],
)
def test_a_mutant_is_named_after_its_function(name: str, function: str) -> None:
    assert domains._function(name) == function


def test_a_score_counts_what_was_noticed_among_all() -> None:
    statuses = ["killed"] * 7 + ["timeout", "survived", "no tests", "suspicious", "segfault"]
    mutants = [Mutant(str(n), status, "f", "", "") for n, status in enumerate(statuses)]
    score = domains._score(mutants)
    assert (score.killed, score.timeout, score.survived, score.mutants) == (7, 1, 4, 12)
    assert score.score == pytest.approx(8 / 12)


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_changed_and_what_is_run_is_there(package: str) -> None:
    chosen = PACKAGES[package]
    folder = ROOT / chosen.folder
    assert all(list(folder.glob(pattern)) for pattern in chosen.mutate)
    assert all((folder / tests).exists() for tests in chosen.tests)


@pytest.mark.parametrize("function", sorted({key[0] for key in domains._explanations()}))
def test_an_explained_survivor_is_of_a_function_that_is_there(function: str) -> None:
    package, _, path = function.partition(".")
    module = path.split(".")
    names: list[str] = []
    while True:
        try:
            found = importlib.import_module(".".join([package, *module]))
            break
        except ModuleNotFoundError:
            names.insert(0, module.pop())
    assert attrgetter(".".join(names))(found), EXPLAINED
