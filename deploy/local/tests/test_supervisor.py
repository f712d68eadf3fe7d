"""A process that ends by itself is started again, with a longer delay each time."""

from pathlib import Path

from tiketi_local.processes import Child
from tiketi_local.supervisor import LONGEST_DELAY, Backoff, Supervisor


def test_the_delay_doubles_up_to_a_bound() -> None:
    backoff = Backoff(started_at=0)
    delays = []
    for now in range(10):
        backoff = backoff.after_end(now)
        delays.append(backoff.delay)
    assert delays[:4] == [1, 2, 4, 8]
    assert delays[-1] == LONGEST_DELAY


def test_who_ran_steadily_is_started_again_soon() -> None:
    assert Backoff(started_at=0, delay=16).after_end(now=100).delay == 0.5


def test_a_child_that_ended_is_started_again_when_its_time_has_come(tmp_path: Path) -> None:
    now = 100.0
    said: list[str] = []
    starts: list[float] = []
    child = Child("queue-1", ["sleep", "600"], log=tmp_path / "log")
    child.start()
    supervisor = Supervisor(
        [child], say=said.append, changed=lambda: starts.append(now), clock=lambda: now
    )
    try:
        supervisor.look()
        assert said == []
        child.kill()
        supervisor.look()
        assert said[0].startswith("queue-1 ended with code -9, starting it again in 0.5 s")
        supervisor.look()
        assert not child.running
        now += 0.5
        supervisor.look()
        assert child.running
        assert starts == [100.5]
    finally:
        child.kill()
