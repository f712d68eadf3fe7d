"""The last minutes, in steps."""

from tiketi_metrics.domain.timeline import STEPS, EventPoint, Point, Timeline
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
