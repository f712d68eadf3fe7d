"""`make mutants ARGS=domains`: changes domain code, and counts the changes that tests notice.

mutmut changes one expression of one function at a time and runs the tests that call the function.
Each package is copied to .run/mutants/ first, with only the tests that need no store, so that one
mutant takes a fraction of a second. Results are written to scores/python.json.

- killed: a test failed.
- survived: no test failed, or no test calls the function.
- timed out: the tests ran much longer than without the change, which is noticed as well.
- score: the share of killed and timed out among all mutants.
- explained: survivors that explained.toml gives a reason for. They count as survivors in the score.

mutmut changes the bodies of functions. It leaves constants and the defaults of dataclasses alone;
the planted faults of the other files in this folder are for those.
"""

import argparse
import ast
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from textwrap import indent

from mutmut.configuration import reset_config
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
SCORES = FOLDER / "scores"
EXPLAINED = SCORES / "explained.toml"
COPIES = ROOT / ".run/mutants"
MUTMUT = Path(sys.executable).with_name("mutmut")
GOAL = 0.9
NOTICED = ("killed", "timeout")
NOT_COPIED = shutil.ignore_patterns("__pycache__")

# A mutant may take ten times as long as its tests take without it, and never less than ten seconds:
# the machine may be busy with something else.
TIMEOUT_MULTIPLIER, TIMEOUT_SECONDS = 10.0, 1.0


@dataclass(frozen=True, slots=True)
class Package:
    """Which files of a package are changed, and which tests must notice; paths inside `folder`."""

    folder: str
    mutate: tuple[str, ...]
    tests: tuple[str, ...]
    left_out: str = ""
    """Tests not to run: those that take seconds each (pytest's `-k`)."""


def _service(name: str, left_out: str = "") -> Package:
    mutate = (f"src/tiketi_{name}/domain/*",)
    return Package(f"services/{name}", mutate, ("tests/domain",), left_out)


PURE = (
    "env", "errors", "health", "ids", "logs", "loop_lag", "messages", "openapi", "routes", "sale",
    "tasks", "tokens", "tracing",
)  # fmt: skip
"""The modules of `shared` that open no connection and have functions. The tests of the others need
stores or start processes; the planted faults of the other files in this folder are for them."""

PACKAGES = {
    "queue": _service("queue", left_out="range_is_right or range_narrows"),
    **{name: _service(name) for name in ("booking", "gateway", "notifier", "metrics")},
    "shared": Package(
        "shared",
        tuple(f"src/tiketi_shared/{module}.py" for module in PURE),
        tuple(f"tests/test_{module}.py" for module in PURE),
    ),
    "client": Package("tests/client", ("src/tiketi_client/*",), ("tests",)),
    "rehearsal": Package("tests/rehearsal", ("src/tiketi_rehearsal/domain/*",), ("tests",)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: the function it is in, and the lines that it takes away and puts."""

    name: str
    status: str
    function: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Score:
    killed: int
    survived: int
    timeout: int

    @property
    def mutants(self) -> int:
        return self.killed + self.survived + self.timeout

    @property
    def score(self) -> float:
        return (self.killed + self.timeout) / self.mutants if self.mutants else 0.0


def main(arguments: list[str] | None = None) -> int:
    """Run the packages named, or all of them; 1 when one is below the goal, otherwise 0."""
    parser = argparse.ArgumentParser(
        prog="make mutants ARGS=domains",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("package", nargs="*", help=f"of {', '.join(PACKAGES)} (default: all)")
    parser.add_argument("--processes", type=int, default=2, help="mutants tested at a time (2)")
    parser.add_argument(
        "--again", action="store_true",
        help="test only what survived the last time, after tests were added",
    )  # fmt: skip
    parser.add_argument("--show", action="store_true", help="print each survivor's change")
    given = parser.parse_args(arguments)
    names: list[str] = given.package or list(PACKAGES)
    if unknown := [name for name in names if name not in PACKAGES]:
        parser.error(f"unknown package {', '.join(unknown)}; known: {', '.join(PACKAGES)}")

    results: dict[str, list[Mutant]] = {}
    for name in names:
        print(f"{name}: running", flush=True)
        copy = COPIES / name
        if given.again:
            _forget_survivors(copy)
        else:
            _copy_sources(PACKAGES[name], copy)
        _copy_tests(PACKAGES[name], copy)
        _run(copy, given.processes)
        results[name] = _mutants(copy)
    scores = {name: _score(mutants) for name, mutants in results.items()}
    _write(scores)
    reasons = _explanations()
    unexplained = {
        name: [mutant for mutant in mutants if _survived(mutant) and _change(mutant) not in reasons]
        for name, mutants in results.items()
    }
    print(_table(scores, {name: len(mutants) for name, mutants in unexplained.items()}))
    print(_web_table(), end="")
    for mutants in unexplained.values():
        _print_survivors(mutants, with_changes=given.show)
    return int(any(score.score < GOAL for score in scores.values()))


def _copy_sources(package: Package, copy: Path) -> None:
    """Make `copy` anew, with the package's sources and mutmut's settings."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ROOT / package.folder / "src", copy / "src", ignore=NOT_COPIED)
    for pattern in package.mutate:
        for source in copy.glob(pattern):
            if source.suffix == ".py":
                source.write_text(undecorated(source.read_text(encoding="utf-8")), encoding="utf-8")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "pytest"
    ]
    pytest = {**settings["ini_options"], "testpaths": ["tests"]}
    mutmut = {
        "source_paths": ["src"],
        "only_mutate": list(package.mutate),
        "pytest_add_cli_args_test_selection": ["tests"],
        "pytest_add_cli_args": [
            *("-p", "no:cacheprovider", "-p", "no:schemathesis"),
            *(("-k", f"not ({package.left_out})") if package.left_out else ()),
        ],
        "do_not_mutate_patterns": [r"\blog(ger)?\.(debug|info|warning|error|exception)\("],
        "timeout_multiplier": TIMEOUT_MULTIPLIER,
        "timeout_constant": TIMEOUT_SECONDS,
        "use_git_change_detection": False,
    }
    (copy / "pyproject.toml").write_text(
        _toml("tool.pytest.ini_options", pytest) + _toml("tool.mutmut", mutmut), encoding="utf-8"
    )


def _copy_tests(package: Package, copy: Path) -> None:
    for tests in package.tests:
        source, target = ROOT / package.folder / tests, copy / tests
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=NOT_COPIED, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)


def _forget_survivors(copy: Path) -> None:
    """Make mutmut test them again, and find out again which test calls what."""
    for meta in (copy / "mutants/src").rglob("*.meta"):
        kept = json.loads(meta.read_text(encoding="utf-8"))
        codes: dict[str, int | None] = kept["exit_code_by_key"]
        for name, code in codes.items():
            codes[name] = code if status_by_exit_code[code] in NOTICED else None
        meta.write_text(json.dumps(kept), encoding="utf-8")
    (copy / "mutants/mutmut-stats.json").unlink(missing_ok=True)


def _toml(table: str, values: dict[str, object]) -> str:
    # What JSON writes of strings, numbers, booleans and lists of strings is TOML as well.
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return f"[{table}]\n" + "\n".join(lines) + "\n"


def undecorated(source: str) -> str:
    """The same classes, with properties made by a call, since mutmut skips decorated functions."""
    lines = source.split("\n")
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for function in sorted(functions, key=lambda node: node.lineno, reverse=True):
        decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
        if decorators not in (["property"], ["cached_property"]):
            continue
        assert function.end_lineno is not None
        name, margin = function.name, " " * function.col_offset
        lines.insert(function.end_lineno, f"{margin}{name} = {decorators[0]}(read_{name})")
        first = function.lineno - 1
        lines[first] = lines[first].replace(f"def {name}(", f"def read_{name}(", 1)
        del lines[function.decorator_list[0].lineno - 1]
    return "\n".join(lines)


def _run(copy: Path, processes: int) -> None:
    # CI makes Hypothesis choose the same examples each time.
    command = [str(MUTMUT), "run", "--max-children", str(processes)]
    log = copy / "mutmut.log"
    with log.open("w") as output:
        done = subprocess.run(
            command,
            cwd=copy,
            env={**os.environ, "CI": "1"},
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode:
        print("\n".join(log.read_text(encoding="utf-8").splitlines()[-40:]))
        sys.exit(f"{' '.join(command)} failed in {copy}")


def _mutants(copy: Path) -> list[Mutant]:
    return list(_read_mutants(copy))


def _read_mutants(copy: Path) -> Iterator[Mutant]:
    with contextlib.chdir(copy):
        reset_config()
        for meta in sorted(Path("mutants/src").rglob("*.meta")):
            path = meta.relative_to("mutants").with_suffix("")
            codes = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
            for name, code in codes.items():
                status = status_by_exit_code[code]
                diff = "" if status in NOTICED else get_diff_for_mutant(name, path=path)
                yield Mutant(
                    name=name,
                    status=status,
                    function=_function(name),
                    was=_lines(diff, "-"),
                    now=_lines(diff, "+"),
                )


def _function(mutant: str) -> str:
    """`tiketi_queue.domain.line.Facts.full` of `tiketi_queue.domain.line.xǁFactsǁfull__mutmut_3`"""
    module, _, name = mutant.partition("__mutmut_")[0].rpartition(".")
    name = name.removeprefix("x_") if name.startswith("x_") else name[2:].replace("ǁ", ".")
    return f"{module}.{name}".replace(".read_", ".")


def _lines(diff: str, sign: str) -> str:
    lines = [line[1:].strip() for line in diff.splitlines()[2:] if line.startswith(sign)]
    return "\n".join(lines)


def _score(mutants: list[Mutant]) -> Score:
    killed = sum(mutant.status == "killed" for mutant in mutants)
    timeout = sum(mutant.status == "timeout" for mutant in mutants)
    return Score(killed=killed, survived=len(mutants) - killed - timeout, timeout=timeout)


def _explanations() -> dict[tuple[str, str, str], str]:
    listed = tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get("survivor", [])
    return {(one["function"], one["was"].strip(), one["now"].strip()): one["why"] for one in listed}


def _survived(mutant: Mutant) -> bool:
    return mutant.status not in NOTICED


def _change(mutant: Mutant) -> tuple[str, str, str]:
    return mutant.function, mutant.was, mutant.now


def _write(scores: dict[str, Score]) -> None:
    """Into scores/python.json; a package that was not run keeps its score."""
    file = SCORES / "python.json"
    known = json.loads(file.read_text(encoding="utf-8"))["packages"] if file.exists() else {}
    for name, score in scores.items():
        known[name] = {
            "killed": score.killed,
            "survived": score.survived,
            "timeout": score.timeout,
            "score": round(score.score, 4),
        }
    today = datetime.now(UTC).date().isoformat()
    packages = {name: known[name] for name in PACKAGES if name in known}
    file.parent.mkdir(exist_ok=True)
    text = json.dumps({"date": today, "packages": packages}, indent=2)
    file.write_text(text + "\n", encoding="utf-8")


ROW = "{:<12}{:>9}{:>9}{:>10}{:>11}{:>9}{:>11}"


def _table(scores: dict[str, Score], unexplained: dict[str, int]) -> str:
    rows = [
        ROW.format("package", "mutants", "killed", "survived", "timed out", "score", "explained")
    ]
    for name, score in scores.items():
        numbers = (score.mutants, score.killed, score.survived, score.timeout)
        explained = score.survived - unexplained[name]
        rows.append(ROW.format(name, *numbers, f"{score.score:.1%}", explained))
    return "\n".join(rows) + "\n"


def _web_table() -> str:
    """The scores of the web app and the TypeScript client, which Stryker wrote."""
    file = SCORES / "web.json"
    if not file.exists():
        return ""
    web = json.loads(file.read_text(encoding="utf-8"))
    rows = [ROW.format("package", "mutants", "killed", "survived", "timed out", "score", "")]
    for name, of in web["packages"].items():
        counts = Score(of["killed"], of["survived"], of["timeout"])
        numbers = (counts.mutants, counts.killed, counts.survived, counts.timeout)
        rows.append(ROW.format(name, *numbers, f"{counts.score:.1%}", "").rstrip())
    return f"TypeScript, measured on {web['date']}\n" + "\n".join(rows) + "\n\n"


def _print_survivors(mutants: list[Mutant], *, with_changes: bool) -> None:
    for mutant in mutants:
        print(f"{mutant.status}: {mutant.name}")
        if with_changes:
            print(indent(mutant.was, "  - "), indent(mutant.now, "  + "), sep="\n")


if __name__ == "__main__":
    sys.exit(main())
