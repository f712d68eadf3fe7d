"""Plant one fault in a copy of the tree and run the tests that should notice it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.mutants.catalogue import FOLDERS, ROOT, Mutant, split_selection

Outcome = Literal["noticed", "survived", "unfit"]

FRONTEND = FOLDERS["vitest"]
LINKED = (
    f"{FRONTEND}/node_modules",
    f"{FRONTEND}/packages/client/node_modules",
    f"{FRONTEND}/dist",
)
"""Built or installed, not in git: copied as hard links."""

FIRST_FAILURE = re.compile(
    r"^(?:FAILED|ERROR) (\S+)|^ *(?:FAIL|×) +(.+?)(?: \d+ms)?$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Result:
    mutant: Mutant
    outcome: Outcome
    by: str
    """The test that noticed it, or why it is unfit."""
    seconds: float
    output: str = ""


class Copy:
    """A copy of the working tree that faults are planted in, one at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout.split("\0")  # fmt: skip
        for name in filter(None, listed):
            source, target = ROOT / name, self.folder / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        for name in LINKED:
            if (ROOT / name).is_dir():
                subprocess.run(["cp", "-al", ROOT / name, self.folder / name], check=True)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def try_out(self, mutant: Mutant, timeout: float) -> Result:
        """Plants the fault, runs its tests, and takes it out again."""
        path = self.folder / mutant.file
        text = path.read_text("utf-8")
        started = time.monotonic()
        path.write_text(mutant.applied_to(text), "utf-8")
        try:
            code, output = self.run(mutant.tests, timeout)
            if code == 0:  # a fault that shows in some interleavings only has a second chance
                code, output = self.run(mutant.tests, timeout)
        finally:
            path.write_text(text, "utf-8")
        seconds = time.monotonic() - started
        if code is None:
            return Result(mutant, "noticed", f"no end after {timeout:.0f} s", seconds, output)
        if code == 0:
            return Result(mutant, "survived", "", seconds, output)
        if code == 1:
            return Result(mutant, "noticed", first_failure(output), seconds, output)
        return Result(mutant, "unfit", "the tests do not load with it", seconds, output)

    def run(self, tests: Sequence[str], timeout: float) -> tuple[int | None, str]:
        """The exit code of the first runner that fails (None: out of time) and what it printed."""
        selections: dict[str, list[str]] = defaultdict(list)
        for test in tests:
            runner, selection = split_selection(test)
            selections[runner].append(selection)
        output = ""
        for runner, selected in selections.items():
            code, output = self._run_one(runner, selected, timeout)
            if code != 0:
                return code, output
        return 0, output

    def _run_one(
        self, runner: str, selected: Sequence[str], timeout: float
    ) -> tuple[int | None, str]:
        pytest = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *selected]
        vitest = str(self.folder / FRONTEND / "node_modules/.bin/vitest")
        command = {
            "pytest": [sys.executable, *pytest],
            "aws": [str(ROOT / "deploy/aws/.venv/bin/python"), *pytest],
            "vitest": [vitest, "run", *selected],
        }[runner]
        if runner == "aws":
            _install_aws()
        process = subprocess.Popen(
            command, cwd=self.folder / FOLDERS[runner], env=self._environment(), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            output, _ = process.communicate(timeout=timeout)
            code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)  # pytest stops the stores that it started
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=20)
            output, code = "", None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return code, output

    def _environment(self) -> dict[str, str]:
        """The copy's packages come before those that are installed from the tree itself."""
        sources = sorted(str(path) for path in self.folder.glob("**/src") if path.is_dir())
        packages = [
            path for path in sources if "frontend" not in path and "node_modules" not in path
        ]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(packages), "NO_COLOR": "1", "CI": "1"}


_installing = threading.Lock()


def _install_aws() -> None:
    with _installing:
        subprocess.run(
            ["make", "--silent", "-C", ROOT / "deploy/aws", ".venv/installed"], check=True
        )


def first_failure(output: str) -> str:
    match = FIRST_FAILURE.search(output)
    if match is None:
        return "a failing run"
    return next(group for group in match.groups() if group)
