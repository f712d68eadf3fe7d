"""A disk that can be full."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SmallDisk:
    """A file system in memory at `folder`."""

    def __init__(self, folder: Path) -> None:
        self._filling = folder / "filling"
        self._folder = folder

    def fill(self) -> None:
        """Until not a byte is left."""
        with self._filling.open("wb") as file:
            while left := self._free():
                os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), left)

    def free(self) -> None:
        self._filling.unlink()

    def _free(self) -> int:
        facts = os.statvfs(self._folder)
        return facts.f_bfree * facts.f_frsize


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mounted at `folder` while inside; takes root."""
    folder.mkdir(parents=True)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tiketi-chaos", str(folder)],
        check=True,
    )
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
