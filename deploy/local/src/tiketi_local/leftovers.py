"""What a supervisor that was killed may have left behind, written down by it while it ran."""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tiketi_local.processes import Child, kill_all


class AlreadyRunning(Exception):
    """Another supervisor uses this folder."""


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """The folder is ours until the end, however we end. Raises AlreadyRunning."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise AlreadyRunning(f"already running, as process {lock.read().strip()}") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def write_down(path: Path, children: Iterable[Child]) -> None:
    """Remember who runs now."""
    running = {child.name: child.identity() for child in children if child.running}
    path.write_text(json.dumps(running))


def end_leftovers(path: Path) -> list[str]:
    """End those written down that still run (the same process, not a later one that was given its
    number); their names."""
    if not path.exists():
        return []
    ended = []
    for name, (pid, created) in json.loads(path.read_text()).items():
        try:
            process = psutil.Process(pid)
            if process.create_time() == created:
                kill_all([*process.children(recursive=True), process])
                ended.append(name)
        except psutil.NoSuchProcess:
            continue
    path.unlink()
    return ended
