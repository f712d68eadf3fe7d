"""The picture shows every quantity in a panel of its own."""

from pathlib import Path

from PIL import Image

from tiketi_chaos.endurance.picture import draw
from tiketi_chaos.endurance.readings import Reading

NAMES = (
    "gateway-1 memory (MiB)", "gateway-1 files", "queue-1 connections", "redis keys",
    "postgres holds alive",
)  # fmt: skip


def test_it_is_drawn(tmp_path: Path) -> None:
    readings = [Reading(60.0 * n, dict.fromkeys(NAMES, float(n))) for n in range(5)]
    draw(readings, tmp_path / "endurance.png")
    with Image.open(tmp_path / "endurance.png") as picture:
        assert picture.size[0] > 1000
        assert len(set(picture.convert("RGB").tobytes())) > 16  # curves, not an empty sheet
