"""One timer for all connections: who is silent is asked, who stays silent is ended.

Connections sit in as many slots as there are seconds in the interval, and each second one slot is
looked at, so that the work is spread evenly however many there are.
"""

import asyncio
import contextlib
import itertools
import time
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
        self._goodbyes: dict[Spoke, float] = {}
        self._all_gone = asyncio.Event()

    def add(self, spoke: Spoke) -> None:
        self._slot(spoke).add(spoke)

    def remove(self, spoke: Spoke) -> None:
        self._slot(spoke).discard(spoke)
        if self._goodbyes.pop(spoke, None) and not self._goodbyes:
            self._all_gone.set()

    def said_goodbye(self, spoke: Spoke) -> None:
        """`spoke` has been sent a close; it is ended if it does not go by itself."""
        self._slot(spoke).discard(spoke)
        self._goodbyes[spoke] = time.monotonic() + GOODBYE_SECONDS
        self._all_gone.clear()

    async def all_gone(self) -> None:
        """Until everyone who was sent a close has gone, or the time for that is over."""
        if self._goodbyes:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await self._all_gone.wait()

    async def turn(self) -> None:
        """For ever."""
        for slot in itertools.cycle(self._slots):
            await asyncio.sleep(self._seconds)
            for spoke in list(slot):
                _look_at(spoke)
            self._end_goodbyes(time.monotonic())

    def _end_goodbyes(self, now: float) -> None:
        for spoke in [spoke for spoke, until in self._goodbyes.items() if until <= now]:
            spoke.end()

    def _slot(self, spoke: Spoke) -> set[Spoke]:
        return self._slots[hash(spoke) % len(self._slots)]


def _look_at(spoke: Spoke) -> None:
    if spoke.heard:
        spoke.heard = False
        spoke.write(PING_FRAME)
    else:
        metrics.SILENT.inc()
        spoke.end()
