"""Keep children running: one that ends by itself is started again, later each time it recurs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tiketi_local.processes import Child

FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
STEADY_SECONDS = 60.0
"""Who ran this long before it ended is started again as if it were the first time."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """When to start a child again; times are monotonic seconds."""

    started_at: float
    delay: float = FIRST_DELAY

    def after_end(self, now: float) -> "Backoff":
        """`delay` is how long to wait before the next start."""
        if now - self.started_at > STEADY_SECONDS:
            return Backoff(now)
        return Backoff(now, min(self.delay * 2, LONGEST_DELAY))


class Supervisor:
    """Watches `children`, a `look` at a time; `say` tells people, `changed` comes after starts."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        say: Callable[[str], None],
        changed: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._children = children
        self._say = say
        self._changed = changed
        self._clock = clock
        self._backoffs = {child.name: Backoff(clock(), FIRST_DELAY / 2) for child in children}
        self._due: dict[str, float] = {}

    def look(self) -> None:
        """One round: note who ended, start those whose time has come."""
        for child in self._children:
            if child.running:
                continue
            if child.name not in self._due:
                self._note_end(child)
            elif self._clock() >= self._due[child.name]:
                self._start(child)

    def _note_end(self, child: Child) -> None:
        now = self._clock()
        backoff = self._backoffs[child.name].after_end(now)
        self._backoffs[child.name] = backoff
        self._due[child.name] = now + backoff.delay
        self._say(
            f"{child.name} ended with code {child.exit_code}, "
            f"starting it again in {backoff.delay:g} s (log: {child.log})"
        )

    def _start(self, child: Child) -> None:
        del self._due[child.name]
        child.start()
        self._changed()
