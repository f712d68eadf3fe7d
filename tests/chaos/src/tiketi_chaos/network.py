"""Two zones, each a network namespace, and what is outside of both: this machine's own network.

Every two of the three are joined by a link of their own. Takes root.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tiketi_local.processes import Place

_OUTSIDE = "10.77.0.1"


@dataclass(frozen=True, slots=True)
class Zone:
    name: str
    host: str
    links: tuple[str, ...]
    """By their names inside."""

    @property
    def place(self) -> Place:
        return Place(self.host, ("nsenter", f"--net=/run/netns/{self.name}", "--"))

    def cut(self) -> None:
        """Nothing comes in or goes out any more, and nobody is told."""
        for link in self.links:
            _ip("link", "set", link, "down", zone=self.name)

    def mend(self) -> None:
        for link in self.links:
            _ip("link", "set", link, "up", zone=self.name)
        for link, host in zip(self.links, self._others(), strict=True):
            _ip("route", "replace", host, "dev", link, "src", self.host, zone=self.name)

    def _others(self) -> tuple[str, str]:
        return _OUTSIDE, next(zone.host for zone in ZONES if zone.name != self.name)


ZONES = (
    Zone("tiketi-zone-a", "10.77.0.2", ("tiketi-a-out", "tiketi-a-b")),
    Zone("tiketi-zone-b", "10.77.0.3", ("tiketi-b-out", "tiketi-b-a")),
)

OUTSIDE = Place(_OUTSIDE)


@contextmanager
def two_zones() -> Iterator[tuple[Zone, Zone]]:
    """Up and joined while inside. What an earlier run left is removed first."""
    _remove()
    try:
        _ip("address", "add", f"{_OUTSIDE}/32", "dev", "lo")
        for zone in ZONES:
            _ip("netns", "add", zone.name)
            _ip("link", "set", "lo", "up", zone=zone.name)
            _ip("address", "add", f"{zone.host}/32", "dev", "lo", zone=zone.name)
            outer, inner = zone.name, zone.links[0]
            _ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", zone.name)
            _ip("link", "set", outer, "up")
            _ip("route", "add", zone.host, "dev", outer, "src", _OUTSIDE)
        one, other = ZONES
        _ip(
            "link", "add", one.links[1], "netns", one.name, "type", "veth",
            "peer", "name", other.links[1], "netns", other.name,
        )  # fmt: skip
        for zone in ZONES:
            zone.mend()
        yield ZONES
    finally:
        _remove()


def _remove() -> None:
    for zone in ZONES:
        with suppress(subprocess.CalledProcessError):
            _ip("netns", "delete", zone.name)
    with suppress(subprocess.CalledProcessError):
        _ip("address", "delete", f"{_OUTSIDE}/32", "dev", "lo")


def _ip(*words: str, zone: str | None = None) -> None:
    inside = ["-netns", zone] if zone else []
    subprocess.run(["ip", *inside, *words], check=True, capture_output=True)
