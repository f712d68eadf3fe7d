"""The last minutes, in steps."""

import dataclasses

import pytest

from tiketi_metrics.domain.timeline import STEPS, EventPoint, Point, Timeline, admission_rate
from tiketi_shared.ids import EventId

EVENT = EventId("e")


def point(at: float, admitted: int | None) -> Point:
    event = EventPoint(waiting=1, active=1, admitted_total=admitted, sold=1, held=1)
    return Point(
        at=at, events={EVENT: event}, connections=None, requests_per_second=None,
        p95_seconds=None, error_share=None, desired=None,
    )  # fmt: skip


def timeline(*points: Point) -> Timeline:
    timeline = Timeline()
    for one in points:
        timeline.add(one)
    return timeline


def test_a_step_keeps_its_latest_point() -> None:
    assert [p.at for p in timeline(point(0, 0), point(3, 1), point(6, 2)).points] == [3, 6]


def test_it_forgets_after_ten_minutes() -> None:
    points = timeline(*(point(5 * step, step) for step in range(3 * STEPS))).points
    assert len(points) == STEPS
    assert points[-1].at - points[0].at == 595


def test_the_pace_is_measured_over_the_last_half_minute() -> None:
    measured = timeline(point(0, 0), point(70, 1_000), point(80, 1_100), point(100, 2_500))
    assert measured.admitted_per_second(EVENT) == 50


def test_a_count_that_began_anew_has_no_pace() -> None:
    assert timeline(point(0, 1_000), point(10, 5)).admitted_per_second(EVENT) is None


def test_what_was_not_known_has_no_pace() -> None:
    assert timeline(point(0, None), point(10, 5)).admitted_per_second(EVENT) is None
    assert timeline(point(0, 5)).admitted_per_second(EVENT) is None
    assert timeline().admitted_per_second(EVENT) is None
    assert timeline(point(0, 1), point(10, 5)).admitted_per_second(EventId("other")) is None


def test_the_half_minute_includes_its_first_point_and_no_earlier_one() -> None:
    included = timeline(point(70, 1_000), point(80, 1_300), point(100, 2_500))
    assert included.admitted_per_second(EVENT) == 50
    excluded = timeline(point(69.5, 1_000), point(80, 1_300), point(100, 2_500))
    assert excluded.admitted_per_second(EVENT) == 60


@pytest.mark.parametrize(
    ("before", "after", "pace"),
    [(7, 17, 1.0), (7, 7, 0.0), (7, 12, 0.5), (7, 6, None), (None, 7, None), (7, None, None)],
)
def test_the_pace_of_two_points_is_their_difference_per_second(
    before: int | None, after: int | None, pace: float | None
) -> None:
    assert admission_rate(point(20, before), point(30, after), EVENT) == pace


def test_two_points_of_which_one_does_not_know_the_event_have_no_pace() -> None:
    knows, other = point(20, 7), EventId("other")
    ignorant = dataclasses.replace(point(30, 9), events={other: knows.events[EVENT]})
    assert admission_rate(knows, ignorant, EVENT) is None
    assert admission_rate(knows, ignorant, other) is None
    assert admission_rate(knows, dataclasses.replace(knows, at=20), EVENT) is None
