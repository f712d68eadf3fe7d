"""What a rehearsal shows while it runs: how many wait, are inside, have bought; rates and times."""

import time
from collections import Counter, deque
from collections.abc import Iterable

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from tiketi_rehearsal.domain.records import Bought, Call, Ended, Entered, Record, Stood

_WINDOW_SECONDS = 5.0


class Progress:
    """Counts as records come in; `panel` is what is drawn."""

    def __init__(self, users: int, seats: int) -> None:
        self._users = users
        self._seats = seats
        self._joined: set[int] = set()
        self._entered: set[int] = set()
        self._ended: Counter[str] = Counter()
        self._sold = 0
        self._failed = 0
        self._calls: deque[tuple[float, float]] = deque()

    def take(self, records: Iterable[Record]) -> None:
        for record in records:
            self._take(record)

    def _take(self, record: Record) -> None:
        if isinstance(record, Call):
            self._calls.append((record.at, record.seconds))
            self._failed += record.status == 0 or record.status >= 500
        elif isinstance(record, Stood):
            self._joined.add(record.person)
        elif isinstance(record, Entered):
            self._entered.add(record.person)
        elif isinstance(record, Bought):
            self._sold += len(record.seats)
        elif isinstance(record, Ended):
            self._ended[record.reason] += 1

    @property
    def entered(self) -> int:
        return len(self._entered)

    @property
    def done(self) -> int:
        return sum(self._ended.values())

    def panel(self) -> Group:
        rate, worst = self._recent()
        table = Table.grid(padding=(0, 2))
        for name, value, total in (
            ("joined", len(self._joined), self._users),
            ("entered", self.entered, self._users),
            ("seats sold", self._sold, self._seats),
            ("done", self.done, self._users),
        ):
            bar = ProgressBar(total=max(1, total), completed=value, width=40)
            table.add_row(name, bar, f"{value:,} of {total:,}")
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in self._ended.most_common())
        facts = (
            f"{rate:,.0f} requests/s, slowest lately {worst * 1000:.0f} ms, failed {self._failed}"
        )
        return Group(table, facts, reasons or "nobody is done yet")

    def _recent(self) -> tuple[float, float]:
        since = time.time() - _WINDOW_SECONDS
        while self._calls and self._calls[0][0] < since:
            self._calls.popleft()
        worst = max((seconds for _, seconds in self._calls), default=0.0)
        return len(self._calls) / _WINDOW_SECONDS, worst


def live(console: Console, progress: Progress) -> Live:
    """A context that redraws `progress` twice a second."""
    return Live(get_renderable=progress.panel, console=console, refresh_per_second=2)
