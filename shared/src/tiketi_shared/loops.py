"""Background loops of a service: started together, kept alive, ended together.

    keeper = LoopKeeper(failures=metrics.WORKER_FAILURES)
    async with running(
        keeper.every("sweep", 0.25, holds.sweep),
        keeper.every("relay", 1.0, relay.run),  # runs for hours; restarts a second after it failed
    ):
        yield

An iteration that fails never ends its loop. A dependency that is unavailable is logged once a
minute at most: `Unavailable`, OSError with its ConnectionError and TimeoutError, and the `expected`
errors of the keeper. Any other error is a fault of ours: it is logged with its traceback and
counted.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NoReturn

from prometheus_client import Counter

from tiketi_shared.errors import Unavailable
from tiketi_shared.logs import get_logger
from tiketi_shared.tasks import end

WARN_SECONDS = 60.0
"""An outage that lasts is logged again after this long."""

Iteration = Callable[[], Awaitable[object]]

log = get_logger(__name__)


@asynccontextmanager
async def running(*loops: Awaitable[object]) -> AsyncIterator[None]:
    """Run `loops` as tasks while the context is open; end them when it closes."""
    tasks = [asyncio.ensure_future(loop) for loop in loops]
    try:
        yield
    finally:
        await end(tasks)


class LoopKeeper:
    """How the loops of one service treat failures.

    `failures` counts unexpected errors by the name of the loop. `expected` are further errors that
    mean that a dependency is unavailable.
    """

    def __init__(
        self, *, failures: Counter | None = None, expected: tuple[type[Exception], ...] = ()
    ) -> None:
        self._failures = failures
        self._expected: tuple[type[Exception], ...] = (Unavailable, OSError, *expected)

    async def every(
        self, name: str, seconds: float, iterate: Iteration, *, steady: bool = False
    ) -> NoReturn:
        """Call `iterate` for ever, with a pause of `seconds` between two calls.

        With `steady`, calls begin `seconds` apart, or at once when the call before took longer.
        """
        loop, outage = asyncio.get_running_loop(), _Outage()
        due = loop.time()
        while True:
            await self._succeeds(name, iterate, outage)
            due = max(due + seconds, loop.time()) if steady else loop.time() + seconds
            await asyncio.sleep(due - loop.time())

    async def until_done(self, name: str, seconds: float, iterate: Iteration) -> None:
        """Call `iterate` until one call succeeds, with a pause of `seconds` between two calls."""
        outage = _Outage()
        while True:
            if await self._succeeds(name, iterate, outage):
                return
            await asyncio.sleep(seconds)

    async def _succeeds(self, name: str, iterate: Iteration, outage: "_Outage") -> bool:
        try:
            await iterate()
        except self._expected as error:
            if outage.is_news():
                log.warning("iteration skipped", loop=name, error=_described(error))
        except Exception:
            if self._failures is not None:
                self._failures.labels(name).inc()
            log.exception("iteration failed", loop=name)
        else:
            outage.end()
            return True
        return False


class _Outage:
    """Whether a failure is worth a log line: the first one, then one a minute."""

    def __init__(self) -> None:
        self._warn_after = 0.0

    def is_news(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now < self._warn_after:
            return False
        self._warn_after = now + WARN_SECONDS
        return True

    def end(self) -> None:
        self._warn_after = 0.0


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")
