from tiketi_gateway.domain.breaker import CLOSED, FAILURES, LONGEST_PAUSE, Candidate, choose


def well(outstanding: int = 0, *, ready: bool = True, is_open: bool = False) -> Candidate:
    return Candidate(is_open, ready, outstanding)


def test_the_least_busy_instance_is_asked() -> None:
    assert choose([well(3), well(1), well(2)]) == 1


def test_one_that_is_leaving_is_passed_over_while_another_is_ready() -> None:
    assert choose([well(0, ready=False), well(9)]) == 1


def test_when_none_is_ready_asking_is_better_than_refusing() -> None:
    assert choose([well(2, ready=False), well(1, ready=False)]) == 1


def test_an_open_one_is_never_asked() -> None:
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
