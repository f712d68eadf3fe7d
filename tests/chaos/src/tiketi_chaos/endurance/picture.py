"""The readings as a picture: a curve for each quantity, against the time."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tiketi_chaos.endurance.readings import Reading

PANELS = ("memory", "files", "connections", "redis", "postgres")


def draw(readings: Sequence[Reading], path: Path) -> None:
    figure = Figure(figsize=(11, 3 * len(PANELS)), layout="constrained")
    for axes, panel in zip(figure.subplots(len(PANELS), 1, sharex=True), PANELS, strict=True):
        _draw_panel(axes, panel, readings)
    axes.set_xlabel("minutes")
    figure.savefig(path, dpi=110)


def _draw_panel(axes: Axes, panel: str, readings: Sequence[Reading]) -> None:
    minutes = [(reading.at - readings[0].at) / 60 for reading in readings]
    for name in readings[0].values:
        if _panel_of(name) == panel:
            axes.plot(minutes, [reading.values[name] for reading in readings], label=name)
    axes.set_title(panel, loc="left")
    axes.set_ylim(bottom=0)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=7)


def _panel_of(name: str) -> str:
    """Processes have a panel a measure, stores one each."""
    whose, _, what = name.partition(" ")
    return next((panel for panel in PANELS if panel in what), whose)
