"""A played line as text for the terminal, and as a picture."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from tiketi_metrics.domain.policy import Policy
from tiketi_metrics.domain.simulation import Moment

_BLOCKS = " ▁▂▃▄▅▆▇█"
_LABEL = 9
"""Characters left of the chart: figures up to 1,000,000."""


def text_chart(moments: Sequence[Moment], *, width: int = 100, height: int = 10) -> str:
    """The line above, the instances below, each a bar chart over the same time."""
    columns = _columns(moments, max(10, width - _LABEL - 1))
    waiting = [max(moment.waiting for moment in column) for column in columns]
    desired = [max(moment.desired for moment in column) for column in columns]
    return "\n".join(
        [
            "people in line",
            *_bars(waiting, height),
            "instances",
            *_bars(desired, max(desired)),
            _clocks(columns),
        ]
    )


def table_of_changes(moments: Sequence[Moment]) -> str:
    """One row a change: when, how many in line, how many instances, why."""
    rows = [
        f"{clock(moment.at)}  {moment.waiting:>9,}  {moment.desired - moment.change:>2} -> "
        f"{moment.desired:>2}  {moment.reason}"
        for moment in moments
        if moment.change
    ]
    return "\n".join(["time      in line    instances", *(rows or ["no change"])])


def clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def draw_picture(moments: Sequence[Moment], policy: Policy, path: Path) -> None:
    """Write the chart to `path` (PNG, or SVG or PDF by its suffix).

    Raises ModuleNotFoundError without matplotlib, OSError when `path` cannot be written.
    """
    from matplotlib.dates import DateFormatter  # noqa: PLC0415  only a picture needs the library
    from matplotlib.figure import Figure  # noqa: PLC0415

    times = [datetime.fromtimestamp(moment.at, UTC) for moment in moments]
    figure = Figure(figsize=(11, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    above.fill_between(
        times, [moment.waiting for moment in moments], step="post", color="#9db8d9", label="in line"
    )
    for step in policy.grow:
        above.axhline(step.above, color="#c0392b", linewidth=0.8, linestyle="--")
        above.annotate(f"+{step.add} above {step.above:,}", (times[0], step.above), va="bottom")
    above.axhline(policy.shrink.below, color="#2e7d32", linewidth=0.8, linestyle="--")
    above.set_ylabel("people in line")
    below.step(times, [moment.desired for moment in moments], where="post", color="#1f3a5f")
    below.set_ylabel("instances")
    below.set_ylim(0, policy.maximum + 1)
    for moment, at in zip(moments, times, strict=True):
        if moment.change:
            below.annotate(f"{moment.change:+d}", (at, moment.desired), va="bottom", ha="right")
    in_utc = DateFormatter("%H:%M", tz=UTC)  # type: ignore[no-untyped-call]  # matplotlib's gap
    below.xaxis.set_major_formatter(in_utc)
    below.grid(alpha=0.3)
    above.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def _columns(moments: Sequence[Moment], width: int) -> list[Sequence[Moment]]:
    """The moments in `width` groups of about the same length, none empty."""
    width = min(width, len(moments))
    edges = [len(moments) * column // width for column in range(width + 1)]
    return [moments[start:end] for start, end in pairwise(edges)]


def _bars(values: Sequence[int], height: int) -> list[str]:
    top = max(*values, 1)
    rows = []
    for row in range(height - 1, -1, -1):
        label = f"{top * (row + 1) / height:>{_LABEL},.0f} "
        cells = [round((value / top * height - row) * 8) for value in values]
        bar = "".join(_BLOCKS[min(8, max(0, cell))] for cell in cells)
        rows.append((label + bar).rstrip())
    return rows


def _clocks(columns: Sequence[Sequence[Moment]]) -> str:
    """The time under every twelfth column."""
    marks = [clock(column[0].at)[:5].ljust(12) for column in columns[::12]]
    return " " * (_LABEL + 1) + "".join(marks).rstrip()
