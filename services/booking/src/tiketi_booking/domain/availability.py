"""The states of all seats of an event at one version, one character per seat."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(slots=True)
class Availability:
    """Mutable: a picture that changes are painted into. `general` is what is left per ticket type
    of general admission."""

    version: int
    states: bytearray
    general: dict[str, int]

    def apply(
        self, version: int, changes: Iterable[tuple[int, str]], general: Mapping[str, int]
    ) -> bool:
        """Paint in the changes that lead to `version`; older ones change nothing.

        False when versions in between are missing: the picture must be taken anew.
        """
        if version <= self.version:
            return True
        if version != self.version + 1:
            return False
        for idx, state in changes:
            self.states[idx] = ord(state)
        self.general.update(general)
        self.version = version
        return True
