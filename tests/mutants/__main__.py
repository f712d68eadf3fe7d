"""`make mutants`: plant faults one at a time and see which tests notice them.

Exits with 1 when a fault survives, its text is not found exactly once, or its tests do not load.
"""

import argparse
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutants import domains
from tests.mutants.catalogue import (
    ROOT,
    CatalogueError,
    Mutant,
    file_of_selection,
    load,
    unfit,
)
from tests.mutants.trial import Copy, Result

WORKSPACE = ROOT / ".run/mutants"


def main() -> None:
    if sys.argv[1:2] == ["domains"]:
        sys.exit(domains.main(sys.argv[2:]))
    arguments = _arguments()
    try:
        mutants = chosen(load(arguments.area), arguments)
    except CatalogueError as error:
        sys.exit(f"mutants: {error}")
    if arguments.list:
        for mutant in mutants:
            print(f"{mutant.area:10} {mutant.name:45} {mutant.suffers}")
        return
    if not mutants:
        print("mutants: none to plant")
        return
    results = run(mutants, arguments)
    report(results, len(mutants))
    sys.exit(any(result.outcome != "noticed" for result in results))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make mutants", description=__doc__, formatter_class=argparse.RawTextHelpFormatter,
        epilog="`domains [PACKAGE ...]` runs a mutation tool on the pure code instead.",
    )  # fmt: skip
    add = parser.add_argument
    add("--area", action="append", default=[], help="one file of tests/mutants (repeatable)")
    add("--only", action="append", default=[], metavar="NAME", help="one fault (repeatable)")
    add("--changed", metavar="REV", help="faults whose file or tests changed since REV")
    add("--seconds", type=float, help="plant no further fault after this time, in random order")
    add("--timeout", type=float, default=240, help="for the tests of one fault, in seconds (240)")
    add("--workers", type=int, default=2, help="how many copies of the tree to work in (2)")
    add("--baseline", action="store_true", help="first see the chosen tests pass without a fault")
    add("--list", action="store_true", help="name the faults, plant none")
    add("--verbose", action="store_true", help="print what the tests printed when one survives")
    return parser.parse_args()


def chosen(mutants: Sequence[Mutant], arguments: argparse.Namespace) -> list[Mutant]:
    """Raises CatalogueError for a name that no entry has."""
    if unknown := set(arguments.only) - {mutant.name for mutant in mutants}:
        raise CatalogueError(f"unknown fault: {', '.join(sorted(unknown))}")
    if arguments.only:
        mutants = [mutant for mutant in mutants if mutant.name in arguments.only]
    if arguments.changed:
        changed = files_changed_since(arguments.changed)
        mutants = [mutant for mutant in mutants if _files_of(mutant) & changed]
    mutants = list(mutants)
    if arguments.seconds:
        random.Random(_git("rev-parse", "HEAD")).shuffle(mutants)  # others with each commit
    return mutants


def files_changed_since(revision: str) -> set[Path]:
    """What git tracks and differs from `revision`, and what it does not track yet."""
    names = _git("diff", "--name-only", "-z", revision)
    names += _git("ls-files", "-z", "--others", "--exclude-standard")
    return {ROOT / name for name in names.split("\0") if name}


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout


def _files_of(mutant: Mutant) -> set[Path]:
    return {ROOT / mutant.file, *(file_of_selection(test) for test in mutant.tests)}


def run(mutants: Sequence[Mutant], arguments: argparse.Namespace) -> list[Result]:
    """In as many copies of the tree as there are workers; prints each result as it comes."""
    results = [Result(m, "unfit", why, 0) for m in mutants if (why := unfit(m))]
    fit = [mutant for mutant in mutants if not unfit(mutant)]
    copies: SimpleQueue[Copy] = SimpleQueue()
    made = [Copy(WORKSPACE / str(number)) for number in range(min(arguments.workers, len(fit)))]
    for copy in made:
        copy.make()
        copies.put(copy)
    deadline = time.monotonic() + arguments.seconds if arguments.seconds else float("inf")

    def try_out(mutant: Mutant) -> Result | None:
        copy = copies.get()
        try:
            if time.monotonic() > deadline:
                return None
            result = copy.try_out(mutant, arguments.timeout)
            print_result(result, verbose=arguments.verbose)
            return result
        finally:
            copies.put(copy)

    try:
        if arguments.baseline and fit:
            _see_tests_pass(made[0], fit)
        with ThreadPoolExecutor(max(1, len(made))) as pool:
            results += [result for result in pool.map(try_out, fit) if result]
    finally:
        for copy in made:
            copy.remove()
    return results


def _see_tests_pass(copy: Copy, mutants: Sequence[Mutant]) -> None:
    tests = sorted({test for mutant in mutants for test in mutant.tests})
    print(f"without a fault: {len(tests)} selections", flush=True)
    code, output = copy.run(tests, timeout=3600)
    if code != 0:
        print(output)
        sys.exit("mutants: the tests fail without any fault")


def print_result(result: Result, *, verbose: bool) -> None:
    mutant = result.mutant
    print(f"{result.outcome:9} {mutant.area}/{mutant.name} ({result.seconds:.0f} s) {result.by}")
    if result.outcome != "noticed" and verbose:
        print(result.output)
    sys.stdout.flush()


def report(results: Sequence[Result], planned: int) -> None:
    """The table, by area, also to `.run/mutants/table.md`; then the sums and what is wrong."""
    rows = ["| area | fault | tests of 60ea199 | now | by |", "| --- | --- | --- | --- | --- |"]
    for result in sorted(results, key=lambda each: (each.mutant.area, each.mutant.name)):
        mutant = result.mutant
        before = f"survived at {mutant.survived_at}" if mutant.survived_at else "noticed"
        rows.append(
            f"| {mutant.area} | {mutant.name} | {before} | {result.outcome} | {result.by} |"
        )
    WORKSPACE.mkdir(parents=True, exist_ok=True)
    (WORKSPACE / "table.md").write_text("\n".join(rows) + "\n", "utf-8")
    print()
    for outcome in ("survived", "unfit"):
        for result in results:
            if result.outcome == outcome:
                print(f"{outcome}: {result.mutant.name}: {result.by or result.mutant.suffers}")
    counts = {
        outcome: sum(result.outcome == outcome for result in results)
        for outcome in ("noticed", "survived", "unfit")
    }
    left = planned - len(results)
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()), end="")
    print(f", {left} not planted for lack of time" if left else "")
    independent = sum(result.mutant.independent for result in results)
    whole = len(results)
    print(f"{independent} of these {whole} were picked by somebody who had not written the tests")


if __name__ == "__main__":
    main()
