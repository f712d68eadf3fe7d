"""One timer for all connections: who is silent is asked, who stays silent is ended.

Connections sit in as many slots as there are seconds in the interval, and each second one slot is
looked at, so that the work is spread evenly however many there are.
"""

import asyncio
import itertools
import time
from collections import deque
from typing import Protocol

from tiketi_notifier import metrics
from tiketi_notifier.domain.frames import PING_FRAME


class Spoke(Protocol):
    """`heard` is set by the connection whenever something came."""

    heard: bool

    def write(self, frame: bytes) -> None: ...

    def end(self) -> None: ...


GOODBYE_SECONDS = 5.0
"""How long a client may take to answer a close before the connection is ended."""


class Wheel:
    def __init__(self, ping_seconds: float) -> None:
        count = max(1, round(ping_seconds))
        self._seconds = ping_seconds / count
        self._slots: list[set[Spoke]] = [set() for _ in range(count)]
        self._goodbyes: deque[tuple[float, Spoke]] = deque()

    def add(self, spoke: Spoke) -> None:
        self._slot(spoke).add(spoke)

    def remove(self, spoke: Spoke) -> None:
        self._slot(spoke).discard(spoke)

    def said_goodbye(self, spoke: Spoke) -> None:
        """`spoke` has been sent a close; it is ended if it does not go by itself."""
        self.remove(spoke)
        self._goodbyes.append((time.monotonic() + GOODBYE_SECONDS, spoke))

    async def turn(self) -> None:
        """For ever."""
        for slot in itertools.cycle(self._slots):
            await asyncio.sleep(self._seconds)
            for spoke in list(slot):
                _look_at(spoke)
            self._end_goodbyes(time.monotonic())

    def _end_goodbyes(self, now: float) -> None:
        while self._goodbyes and self._goodbyes[0][0] <= now:
            self._goodbyes.popleft()[1].end()

    def _slot(self, spoke: Spoke) -> set[Spoke]:
        return self._slots[hash(spoke) % len(self._slots)]


def _look_at(spoke: Spoke) -> None:
    if spoke.heard:
        spoke.heard = False
        spoke.write(PING_FRAME)
    else:
        metrics.SILENT.inc()
        spoke.end()
