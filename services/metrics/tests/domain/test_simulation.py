"""Lines made up for the simulation, and how they are played."""

from itertools import pairwise

import pytest

from tiketi_metrics.domain.policy import parse_policy
from tiketi_metrics.domain.simulation import OPENING, Sample, made_up, play

CALM = parse_policy(
    "minimum = 3\nmaximum = 5\ngrow = [{above = 100, add = 1, cooldown_seconds = 60}]\n"
    "shrink = {below = 10, periods = 1, period_seconds = 60, remove = 1, cooldown_seconds = 0}\n"
)


def seen(line: list[Sample], minutes: float) -> int:
    """People in line so many minutes after the opening."""
    (waiting,) = [sample.waiting for sample in line if sample.at == OPENING + 60 * minutes]
    return waiting


def test_the_evening_is_the_one_of_the_definition() -> None:
    evening = made_up("evening", peak=7, pace=3)
    assert len(evening) == 9
    assert (evening[0], evening[-1].at) == (Sample(OPENING - 1800, 0), OPENING + 6000)
    assert (seen(evening, -2), seen(evening, 35)) == (25_000, 500)


def test_a_rush_fills_over_half_an_hour_and_drains_at_the_pace() -> None:
    rush = made_up("rush", peak=8_000, pace=10)
    minutes = (-30, -15, 0, 5, 13, 14)
    assert [seen(rush, each) for each in minutes] == [0, 1_000, 8_000, 5_000, 200, 0]
    assert (rush[0].at, rush[-1].at) == (OPENING - 1800, OPENING + 4395)
    assert made_up("rush", peak=7_500, pace=10)[-1].at == OPENING + 4335
    assert {later.at - earlier.at for earlier, later in pairwise(rush)} == {15}


def test_waves_come_three_times_an_hour_apart() -> None:
    waves = made_up("waves", peak=2_000, pace=3)
    assert [seen(waves, each) for each in (0, 10, 30, 50, 70, 90, 150)] == [
        0, 999, 2_000, 999, 999, 2_000, 2_000,
    ]  # fmt: skip
    assert (waves[0].at, waves[-1].at) == (OPENING, OPENING + 3 * 3600 - 15)
    assert len(waves) == 720


def test_a_look_sees_the_latest_sample_and_not_the_next_one() -> None:
    line = [Sample(600, 7), Sample(610, 101), Sample(620, 50), Sample(645, 9)]
    moments = play(line, CALM, every=10)
    assert [(moment.at, moment.waiting) for moment in moments] == [
        (600, 7), (610, 101), (620, 50), (630, 50), (640, 50),
    ]  # fmt: skip
    assert [(moment.change, moment.desired) for moment in moments] == [
        (0, 3), (1, 4), (0, 4), (0, 4), (0, 4),
    ]  # fmt: skip
    assert moments[1].reason == "more than 100 in line: +1"


@pytest.mark.parametrize(
    ("every", "looks"), [(45, [600, 645]), (46, [600]), (22.5, [600, 622.5, 645])]
)
def test_the_last_look_is_not_after_the_last_sample(every: float, looks: list[float]) -> None:
    moments = play([Sample(600, 7), Sample(645, 9)], CALM, every=every)
    assert [moment.at for moment in moments] == looks


def test_samples_between_two_looks_are_passed_over() -> None:
    line = [Sample(600, 7), Sample(601, 500), Sample(602, 8), Sample(660, 9)]
    assert [moment.waiting for moment in play(line, CALM, every=30)] == [7, 8, 9]
