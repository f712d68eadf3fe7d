import pytest

from tiketi_gateway.domain.breaker import (
    CLOSED,
    FAILURES,
    LONGEST_PAUSE,
    Breaker,
    Candidate,
    choose,
)


def well(outstanding: int = 0, *, ready: bool = True, is_open: bool = False) -> Candidate:
    return Candidate(is_open, ready, outstanding)


def test_the_least_busy_instance_gets_the_request() -> None:
    assert choose([well(3), well(1), well(2)]) == 1


def test_an_instance_that_is_not_ready_gets_no_requests_while_another_is() -> None:
    assert choose([well(0, ready=False), well(9)]) == 1


def test_when_no_instance_is_ready_one_still_gets_the_request() -> None:
    assert choose([well(2, ready=False), well(1, ready=False)]) == 1


def test_an_open_instance_gets_no_requests() -> None:
    assert choose([well(is_open=True), well(5)]) == 1
    assert choose([well(is_open=True)]) is None


def test_a_second_try_goes_to_another_instance() -> None:
    assert choose([well(0), well(9)], frozenset({0})) == 1


def test_a_few_failures_in_a_row_open_it_and_one_success_is_enough_in_between() -> None:
    breaker = CLOSED
    for _ in range(FAILURES - 1):
        breaker = breaker.failed(0.0, refused=False)
    assert not breaker.is_open
    assert breaker.failed(0.0, refused=False).is_open


def test_a_refused_connection_opens_it_at_once() -> None:
    assert CLOSED.failed(10.0, refused=True).is_open


def test_probes_come_ever_later_up_to_a_bound() -> None:
    breaker, now, pauses = CLOSED, 0.0, []
    for _ in range(8):
        breaker = breaker.failed(now, refused=True)
        pauses.append(breaker.pause)
        assert not breaker.probe_is_due(now)
        now = breaker.open_until
        assert breaker.probe_is_due(now)
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE


def test_each_failure_is_counted_and_the_third_opens() -> None:
    once = CLOSED.failed(10.0, refused=False)
    assert (once, once.is_open) == (Breaker(failures=1), False)
    twice = once.failed(11.0, refused=False)
    assert (twice, twice.is_open) == (Breaker(failures=2), False)
    assert twice.failed(12.0, refused=False) == Breaker(3, 12.25, 0.25)


def test_the_pause_doubles_with_each_failed_probe_up_to_a_second() -> None:
    breaker, steps = CLOSED, []
    for at in (10.0, 20.0, 30.0, 40.0):
        breaker = breaker.failed(at, refused=at == 10.0)
        steps.append((breaker.failures, breaker.open_until, breaker.pause))
    assert steps == [(1, 10.25, 0.25), (2, 20.5, 0.5), (3, 31.0, 1.0), (4, 41.0, 1.0)]


def test_an_open_breaker_that_fails_once_stays_open() -> None:
    assert Breaker(1, 5.0, 0.25).failed(6.0, refused=False) == Breaker(2, 6.5, 0.5)


def test_an_instance_that_opened_within_the_first_second_of_the_clock_is_open() -> None:
    assert Breaker(3, 0.25, 0.25).is_open
    assert not CLOSED.is_open


@pytest.mark.parametrize(("now", "due"), [(5.24, False), (5.25, True), (5.26, True)])
def test_a_probe_is_due_when_the_pause_is_over(now: float, due: bool) -> None:
    assert Breaker(3, 5.25, 0.25).probe_is_due(now) is due
    assert not CLOSED.probe_is_due(now)


@pytest.mark.parametrize(
    ("candidates", "tried", "chosen"),
    [
        # Not tried goes before ready, and ready before idle.
        ([well(0), well(9, ready=False)], {0}, 1),
        ([well(1, ready=False), well(9)], set(), 1),
        ([well(4), well(3, ready=False), well(2)], {0, 2}, 1),
        ([well(4), well(3)], {0, 1}, 1),
        ([well(4), well(4)], set(), 0),
        ([well(0, is_open=True), well(9, ready=False)], {1}, 1),
        ([], set(), None),
        ([well(is_open=True), well(is_open=True)], {0}, None),
    ],
)
def test_the_choice_weighs_tried_then_ready_then_busy(
    candidates: list[Candidate], tried: set[int], chosen: int | None
) -> None:
    assert choose(candidates, frozenset(tried)) == chosen
