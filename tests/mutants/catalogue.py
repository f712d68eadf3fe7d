"""The planted faults that `tests/mutants/*.toml` list."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

REQUIRED = {"name", "file", "find", "put", "suffers", "tests"}
OPTIONAL = {"survived_at", "independent"}


@dataclass(frozen=True, slots=True)
class Mutant:
    area: str
    name: str
    file: str
    """Relative to the root of the repository."""
    find: str
    """Occurs exactly once in the file."""
    put: str
    suffers: str
    tests: tuple[str, ...]
    survived_at: str = ""
    """The commit whose tests did not notice it, where that is known."""
    independent: bool = False
    """Picked by somebody who had not written the tests."""

    def applied_to(self, text: str) -> str:
        return text.replace(self.find, self.put, 1)


class CatalogueError(Exception):
    """Entries that cannot be planted; the message lists all of them."""


def load(areas: Iterable[str] = ()) -> list[Mutant]:
    """The entries of these areas (all by default), in file order.

    Raises CatalogueError for unknown areas, missing or unknown fields and repeated names.
    """
    found = {path.stem: path for path in sorted(HERE.glob("*.toml"))}
    wanted = list(areas) or list(found)
    if unknown := sorted(set(wanted) - set(found)):
        raise CatalogueError(f"unknown area: {', '.join(unknown)} (there are {', '.join(found)})")
    problems: list[str] = []
    mutants: list[Mutant] = []
    for area in wanted:
        for entry in tomllib.loads(found[area].read_text("utf-8")).get("mutant", []):
            problems += _wrong_fields(area, entry)
            if entry.keys() >= REQUIRED:
                known = {key: entry[key] for key in (REQUIRED | OPTIONAL) & entry.keys()}
                mutants.append(Mutant(area, **{**known, "tests": tuple(entry["tests"])}))
    names = Counter(mutant.name for mutant in mutants)
    problems += [f"{name}: the name is used {n} times" for name, n in names.items() if n > 1]
    if problems:
        raise CatalogueError("\n".join(problems))
    return mutants


def _wrong_fields(area: str, entry: dict[str, Any]) -> Iterator[str]:
    name = f"{area}: {entry.get('name', 'an entry without a name')}"
    if missing := REQUIRED - entry.keys():
        yield f"{name}: lacks {', '.join(sorted(missing))}"
    if extra := entry.keys() - REQUIRED - OPTIONAL:
        yield f"{name}: unknown field {', '.join(sorted(extra))}"


def unfit(mutant: Mutant, root: Path = ROOT) -> str | None:
    """Why this entry cannot be planted in the tree at `root`, or None."""
    path = root / mutant.file
    if not path.is_file():
        return f"{mutant.file} does not exist"
    count = path.read_text("utf-8").count(mutant.find)
    if count != 1:
        return f"its text is found {count} times in {mutant.file}"
    if mutant.find == mutant.put:
        return "it changes nothing"
    if not mutant.tests:
        return "it names no test"
    for test in mutant.tests:
        if not file_of_selection(test, root).exists():
            return f"{test} does not exist"
    return None


FOLDERS = {"pytest": ".", "vitest": "services/gateway/frontend", "aws": "deploy/aws"}
"""Where each runner is started, and what its selections are relative to."""


def split_selection(test: str) -> tuple[str, str]:
    """`vitest:tests/a.test.ts` is ("vitest", "tests/a.test.ts"); without a runner, pytest's."""
    runner, colon, rest = test.partition(":")
    return (runner, rest) if colon and runner in FOLDERS else ("pytest", test)


def file_of_selection(test: str, root: Path = ROOT) -> Path:
    runner, selection = split_selection(test)
    return root / FOLDERS[runner] / selection.split("::")[0]
