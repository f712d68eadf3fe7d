"""One timer for all connections: it pings a silent client, and ends one that stays silent.

The connections are spread over as many slots as the interval has seconds. Each second the wheel
checks one slot, so that the work is even for any number of connections.
"""

import asyncio
import contextlib
import itertools
import time
from typing import Protocol

from tiketi_notifier import metrics
from tiketi_notifier.domain.frames import PING_FRAME


class Spoke(Protocol):
    """A connection sets `heard` whenever it has received something."""

    heard: bool

    def write(self, frame: bytes) -> None: ...

    def end(self) -> None: ...


class Wheel:
    """`close_seconds` is how long a client may take to answer a close frame."""

    def __init__(self, ping_seconds: float, close_seconds: float) -> None:
        self._close_seconds = close_seconds
        count = max(1, round(ping_seconds))
        self._seconds = ping_seconds / count
        self._slots: list[set[Spoke]] = [set() for _ in range(count)]
        self._goodbyes: dict[Spoke, float] = {}
        self._all_gone = asyncio.Event()

    def add(self, spoke: Spoke) -> None:
        self._slot(spoke).add(spoke)

    def remove(self, spoke: Spoke) -> None:
        self._slot(spoke).discard(spoke)
        if self._goodbyes.pop(spoke, None) and not self._goodbyes:
            self._all_gone.set()

    def said_goodbye(self, spoke: Spoke) -> None:
        """`spoke` was sent a close frame; it is ended if the client does not answer in time."""
        self._slot(spoke).discard(spoke)
        self._goodbyes[spoke] = time.monotonic() + self._close_seconds
        self._all_gone.clear()

    async def all_gone(self) -> None:
        """Wait, for a limited time, until all that were sent a close frame have ended."""
        if self._goodbyes:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._close_seconds):
                    await self._all_gone.wait()

    async def turn(self) -> None:
        """Check one slot after the other, for ever."""
        for slot in itertools.cycle(self._slots):
            await asyncio.sleep(self._seconds)
            for spoke in list(slot):
                _check(spoke)
            self._end_goodbyes(time.monotonic())

    def _end_goodbyes(self, now: float) -> None:
        for spoke in [spoke for spoke, until in self._goodbyes.items() if until <= now]:
            spoke.end()

    def _slot(self, spoke: Spoke) -> set[Spoke]:
        return self._slots[hash(spoke) % len(self._slots)]


def _check(spoke: Spoke) -> None:
    if spoke.heard:
        spoke.heard = False
        spoke.write(PING_FRAME)
    else:
        metrics.SILENT.inc()
        spoke.end()
