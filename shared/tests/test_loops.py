"""Loops go on whatever an iteration raises, and say so without flooding the log."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry, Counter
from structlog.testing import capture_logs

from tiketi_shared import loops
from tiketi_shared.errors import Unavailable
from tiketi_shared.logs import get_logger
from tiketi_shared.loops import LoopKeeper, running


@pytest.fixture(autouse=True)
def fresh_logger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests configure the logs, and a logger keeps the configuration of its first use."""
    monkeypatch.setattr(loops, "log", get_logger("test"))


class OwnError(Exception):
    """An error by which a service's own adapter tells of an outage."""


class Script:
    """Raises `outcomes` one call after the other (None: succeeds), then waits to be ended."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self._outcomes = iter(outcomes)
        self.calls: list[float] = []
        self.finished = asyncio.Event()

    async def __call__(self) -> None:
        self.calls.append(asyncio.get_running_loop().time())
        try:
            outcome = next(self._outcomes)
        except StopIteration:
            self.finished.set()
            await asyncio.Event().wait()
        else:
            if outcome is not None:
                raise outcome


async def played(keeper: LoopKeeper, script: Script) -> list[tuple[str, str]]:
    """The phrase and level of each log line while `script` runs as a loop."""
    with capture_logs() as lines:
        async with running(keeper.every("sweep", 0.001, script)), asyncio.timeout(10):
            await script.finished.wait()
    return [(line["event"], line["log_level"]) for line in lines if line["loop"] == "sweep"]


@pytest.mark.parametrize(
    "error", [RuntimeError("a fault"), Unavailable(), ConnectionError(), TimeoutError(), OwnError()]
)
async def test_a_loop_goes_on_after_any_error(error: Exception) -> None:
    script = Script(error, None, error)
    await played(LoopKeeper(expected=(OwnError,)), script)
    assert len(script.calls) == 4


async def test_loops_end_when_the_context_closes() -> None:
    iterations = 0
    began = asyncio.Event()

    async def count() -> None:
        nonlocal iterations
        iterations += 1
        began.set()

    async with running(LoopKeeper().every("count", 0.001, count)), asyncio.timeout(10):
        await began.wait()
    before = iterations
    await asyncio.sleep(0.02)
    assert iterations == before


async def test_an_outage_is_logged_once_and_again_after_it_was_over() -> None:
    out = OwnError("store unavailable")
    skipped = ("iteration skipped", "warning")
    keeper = LoopKeeper(expected=(OwnError,))
    assert await played(keeper, Script(out, out, out)) == [skipped]
    assert await played(keeper, Script(out, out, None, out)) == [skipped, skipped]


async def test_an_outage_that_lasts_is_logged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "WARN_SECONDS", 0.0)
    out = Unavailable("store unavailable")
    assert await played(LoopKeeper(), Script(out, out)) == [("iteration skipped", "warning")] * 2


async def test_faults_are_counted_by_loop_and_outages_are_not() -> None:
    failures = Counter("failures", "Faults.", ["worker"], registry=CollectorRegistry())
    keeper = LoopKeeper(failures=failures, expected=(OwnError,))
    fault = ValueError("a fault")
    lines = await played(keeper, Script(fault, OwnError(), Unavailable(), OSError(), fault))
    assert failures.labels("sweep")._value.get() == 2
    assert lines.count(("iteration failed", "error")) == 2


async def iterations_of(
    duration: float, *, steady: bool, seconds: float = 0.2
) -> tuple[float, float]:
    """The times between three iterations that take `duration` each."""
    began: list[float] = []
    enough = asyncio.Event()

    async def iterate() -> None:
        began.append(asyncio.get_running_loop().time())
        if len(began) == 3:
            enough.set()
        await asyncio.sleep(duration)

    loop = LoopKeeper().every("slow", seconds, iterate, steady=steady)
    async with running(loop), asyncio.timeout(10):
        await enough.wait()
    return began[1] - began[0], began[2] - began[1]


async def test_a_steady_loop_keeps_its_pace_however_long_an_iteration_takes() -> None:
    first, second = await iterations_of(0.15, steady=True)
    assert first + second < 0.2 + 0.2 + 0.15
    first, second = await iterations_of(0.3, steady=True)
    assert min(first, second) >= 0.29


async def test_other_loops_pause_between_two_iterations() -> None:
    first, second = await iterations_of(0.15, steady=False)
    assert min(first, second) >= 0.34


async def test_a_task_is_tried_until_it_is_done() -> None:
    script = Script(Unavailable(), RuntimeError(), None)
    async with asyncio.timeout(10):
        await LoopKeeper().until_done("first_admin", 0.001, script)
    assert len(script.calls) == 3
    assert not script.finished.is_set()
