"""A clock of its own for each process, which can be set wrong and right again while it runs.

libfaketime (Debian: `libfaketime`) answers in the place of the kernel's clock; monotonic clocks,
as on a machine whose time was changed, go on as they were.
"""

from pathlib import Path

from tiketi_local import binaries
from tiketi_local.processes import Place


class Clocks:
    """One for each name that asks for it, right at first."""

    def __init__(self, folder: Path) -> None:
        """Raises FileNotFoundError without libfaketime."""
        self._folder = folder
        self._library = binaries.libfaketime()
        if self._library is None:
            raise FileNotFoundError("libfaketime is missing: install the package libfaketime")
        folder.mkdir(parents=True)

    def place(self, name: str) -> Place:
        """Where `name` runs to have its clock."""
        self.set(name, 0)
        return Place(
            within=(
                "env",
                f"LD_PRELOAD={self._library}",
                f"FAKETIME_TIMESTAMP_FILE={self._folder / name}",
                "FAKETIME_CACHE_DURATION=1",
                "FAKETIME_DONT_FAKE_MONOTONIC=1",
            )
        )

    def set(self, name: str, ahead: float) -> None:
        """Seconds ahead of the true time (behind: negative), within a second."""
        (self._folder / name).write_text(f"{ahead:+g}\n")
