"""Child processes that never outlive what started them.

Linux kills a child when the *thread* that started it ends (PR_SET_PDEATHSIG), so all children are
started by one thread that lives as long as this process. A child leads a session of its own: a
Ctrl-C in the terminal reaches only us, and we decide in which order things end.
"""

import ctypes
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
_GIVEN: set[int] = set()
_PR_SET_CHILD_SUBREAPER = 36


class StartError(Exception):
    """A process did not come up; the message ends with the tail of its log."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a process runs and is reached: by default on this machine, by nobody else."""

    host: str = "127.0.0.1"
    within: tuple[str, ...] = ()
    """A command that starts what follows it there, such as `nsenter` into a network of its own."""

    @property
    def is_here(self) -> bool:
        return not self.within


HERE = Place()


def free_port() -> int:
    """A port on 127.0.0.1 that nothing uses, and that was not given before.

    It lies below the ports that the kernel hands to outgoing connections, so it is still free when
    a server that was killed comes back to it.
    """
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311  a guess, not a secret
        if port not in _GIVEN and is_free(port):
            _GIVEN.add(port)
            return port


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


class Child:
    """One process (and what it starts in turn): started, stopped, killed, started again.

    Its output is appended to `log`. `death_signal` is what it gets when we die without a word.
    """

    def __init__(  # noqa: PLR0913  what a process is has this many sides, most have defaults
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        death_signal: signal.Signals = signal.SIGKILL,
        user_options: Sequence[str] = (),
        within: Sequence[str] = (),
    ) -> None:
        """`user_options` are handed to setpriv(1), to run as somebody else; `within` is as in
        `Place`."""
        self.name = name
        self.log = log
        self._command = [
            *within, "setpriv", f"--pdeathsig={death_signal.name.removeprefix('SIG')}",
            *user_options, *command,
        ]  # fmt: skip
        self._environ = dict(os.environ if environ is None else environ)
        self._cwd = cwd
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """None while it runs, and before it was started."""
        return self._process.poll() if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        if self.running:
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._process = _SPAWNER.submit(self._spawn).result()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603  the command is ours
                self._command,
                env=self._environ,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self, timeout: float = 30) -> None:
        """Ask it to end, and end it after `timeout` seconds."""
        self.ask_to_stop()
        self.wait_or_kill(timeout)

    def ask_to_stop(self) -> None:
        if self._process is not None and self.running:
            self._process.send_signal(self._stop_signal)

    def wait_or_kill(self, timeout: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it and its descendants at once, as a power cut would."""
        if self._process is None or not self.running:
            return
        descendants = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        self._process.wait()
        kill_all(descendants)

    def identity(self) -> tuple[int, float]:
        """Its process id and when it was started, which together are never given again."""
        assert self._process is not None  # noqa: S101  asked of a running one only
        return self._process.pid, psutil.Process(self._process.pid).create_time()

    def wait_until(
        self, ready: Callable[[], bool], timeout: float, why_not: Callable[[], str] = str
    ) -> None:
        """Return once `ready()`. Raises StartError when it ended or `timeout` seconds passed;
        `why_not` then says what it still lacked."""
        deadline = time.monotonic() + timeout
        while not ready():
            if not self.running:
                raise StartError(f"{self.name} ended with code {self.exit_code}{self.tail()}")
            if time.monotonic() > deadline:
                lacked = why_not()
                self.kill()
                message = f"{self.name} was not ready within {timeout:g} s"
                raise StartError(f"{message}{lacked and ': ' + lacked}{self.tail()}")
            time.sleep(0.02)

    def tail(self, lines: int = 15) -> str:
        """The end of its log, to be put after a message."""
        if not self.log.exists():
            return ""
        text = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        return "".join(f"\n  | {line[:500]}" for line in [f"{self.log}:", *text])


def adopt_orphans() -> None:
    """From now on, descendants that lose their parent become our children."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_descendants() -> None:
    """End whoever is left of what we started, directly or not, and fetch those that ended."""
    kill_all(psutil.Process().children(recursive=True))


def kill_all(processes: Sequence[psutil.Process]) -> None:
    """End them at once and wait until they are gone."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=10)
