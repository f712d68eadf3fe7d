"""Runs tests again and again beside a busy core, and tells which of them fail now and then.

    make repeat ARGS="services/queue/tests 20"

A test that waits for a condition passes however slow the machine is; one that sleeps, or counts on
being quick, fails here sooner or later.
"""

import argparse
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET


def main() -> int:
    arguments = _arguments()
    failures: Counter[str] = Counter()
    seconds: list[float] = []
    failed_runs = 0
    with _busy(arguments.cores):
        for run in range(1, arguments.times + 1):
            started = time.monotonic()
            failed, output = _run(arguments.tests)
            seconds.append(time.monotonic() - started)
            failures.update(failed)
            failed_runs += bool(failed)
            print(f"run {run}: {seconds[-1]:.0f} s, {', '.join(failed) or 'passed'}", flush=True)
            if failed:
                print(output, flush=True)
    middle = statistics.median(seconds)
    print(
        f"{arguments.times - failed_runs} of {arguments.times} runs passed; "
        f"{min(seconds):.0f} to {max(seconds):.0f} s, half of them within {middle:.0f} s"
    )
    for test, count in failures.most_common():
        print(f"  {count} x {test}")
    return 1 if failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make repeat ARGS=...", description=__doc__)
    parser.add_argument("tests", nargs="+", help="files, folders or options, as for pytest")
    parser.add_argument("times", type=int, help="how often")
    parser.add_argument("--cores", type=int, default=1, help="how many to keep busy (1)")
    return parser.parse_args()


@contextmanager
def _busy(cores: int) -> Iterator[None]:
    workers = [multiprocessing.Process(target=_turn, daemon=True) for _ in range(cores)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()


def _turn() -> None:
    while True:
        pass


def _run(tests: list[str]) -> tuple[list[str], str]:
    """The tests that failed, and what pytest said."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *tests]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1) or not report.exists():
            return [f"pytest ended with {done.returncode}"], done.stdout + done.stderr
        cases = ET.parse(report).iter("testcase")
        failed = [
            f"{case.get('classname')}::{case.get('name')}"
            for case in cases
            if case.find("failure") is not None or case.find("error") is not None
        ]
        return failed, done.stdout


if __name__ == "__main__":
    sys.exit(main())
