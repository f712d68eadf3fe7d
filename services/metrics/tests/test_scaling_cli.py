"""`tiketi-scaling simulate`: what goes in, what is drawn, what is refused."""

import json
from pathlib import Path

import pytest
from PIL import Image

from tiketi_metrics.scaling_cli import main

Capture = pytest.CaptureFixture[str]


def simulate(capsys: Capture, *arguments: str) -> str:
    main(["simulate", *arguments])
    return capsys.readouterr().out


def refused(*arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["simulate", *arguments])
    return str(ended.value.code)


def changes(output: str) -> list[str]:
    """`HH:MM:SS before->after` of each row of the table."""
    rows = output.partition("instances\n")[2].partition("time ")[2].splitlines()[1:]
    return [f"{row[:8]} {row[20:30].replace(' ', '')}" for row in rows]


def test_the_evening_is_drawn_with_each_of_its_steps(capsys: Capture) -> None:
    output = simulate(capsys, "evening")
    assert changes(output) == [
        "19:55:00 2->4", "19:58:00 4->9", "20:35:00 9->8", "20:45:00 8->7", "20:55:00 7->6",
        "21:05:00 6->5", "21:15:00 5->4", "21:25:00 4->3", "21:35:00 3->2",
    ]  # fmt: skip
    assert "   25,000 " in output
    assert "19:30" in output


def test_the_picture_is_a_picture(capsys: Capture, tmp_path: Path) -> None:
    simulate(capsys, "rush", "--peak", "30000", "--every", "60", "--png", str(tmp_path / "a.png"))
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.format == "PNG"
        assert picture.width > 800
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 10


def test_a_recorded_line_in_csv_plays_like_the_made_up_one(capsys: Capture, tmp_path: Path) -> None:
    record = tmp_path / "line.csv"
    record.write_text("time,waiting\n19:50,3000\n19:55,8000\n19:58,25000\n20:00:30,20000\n")
    assert changes(simulate(capsys, str(record))) == ["19:55:00 2->4", "19:58:00 4->9"]


def test_what_prometheus_recorded_plays_as_it_is(capsys: Capture, tmp_path: Path) -> None:
    def series(*waiting: int) -> dict[str, object]:
        return {"metric": {}, "values": [[300 * i, str(n)] for i, n in enumerate(waiting)]}

    record = tmp_path / "line.json"
    result = [series(0, 3_000, 0, 0), series(0, 3_000, 0, 0)]
    record.write_text(json.dumps({"status": "success", "data": {"result": result}}))
    assert changes(simulate(capsys, str(record)))[0] == "00:05:00 2->4"


def test_another_policy_decides_otherwise(capsys: Capture, tmp_path: Path) -> None:
    policy = tmp_path / "calm.toml"
    policy.write_text(
        "minimum = 3\nmaximum = 4\ngrow = [{above = 1000, add = 1, cooldown_seconds = 60}]\n"
        "shrink = {below = 10, periods = 1, period_seconds = 60, remove = 1, "
        "cooldown_seconds = 0}\n"
    )
    assert changes(simulate(capsys, "evening", "--policy", str(policy))) == [
        "19:50:00 3->4", "21:40:00 4->3",
    ]  # fmt: skip


def test_a_line_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path) -> None:
    headless = tmp_path / "headless.csv"
    headless.write_text("19:50,3000\n")
    short = tmp_path / "short.json"
    short.write_text("[[0, 1]]")
    assert "`time` and `waiting`" in refused(str(headless))
    assert "two samples" in refused(str(short))
    assert "No such file" in refused(str(tmp_path / "absent.csv"))


def test_a_policy_that_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    policy = tmp_path / "bad.toml"
    policy.write_text("minimum = 3\n")
    assert "maximum" in refused("evening", "--policy", str(policy))
