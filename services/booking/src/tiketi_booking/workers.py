"""Loops in the background. Each round survives whatever it raises."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NoReturn

from tiketi_booking import metrics
from tiketi_booking.errors import RelayStopped
from tiketi_shared.errors import Unavailable
from tiketi_shared.logs import get_logger
from tiketi_shared.tasks import end

RETRY_SECONDS = 1.0

log = get_logger(__name__)

Round = Callable[[], Awaitable[object]]


@asynccontextmanager
async def running(*loops: Awaitable[object]) -> AsyncIterator[None]:
    """The loops run until the context is left."""
    tasks = [asyncio.ensure_future(loop) for loop in loops]
    try:
        yield
    finally:
        await end(tasks)


async def every(name: str, seconds: float, round_: Round) -> NoReturn:
    """Rounds for ever, `seconds` apart; while a store is away they are left out."""
    while True:
        await _done(name, round_)
        await asyncio.sleep(seconds)


async def until_done(name: str, seconds: float, round_: Round) -> None:
    """Rounds until one succeeds."""
    while True:
        if await _done(name, round_):
            return
        await asyncio.sleep(seconds)


async def _done(name: str, round_: Round) -> bool:
    try:
        await round_()
    except Unavailable as error:
        log.info("left out: a store is away", worker=name, error=error.detail)
    except (RelayStopped, OSError, TimeoutError) as error:
        log.warning("left out: a store is away", worker=name, error=str(error))
    except Exception:
        metrics.WORKER_FAILURES.labels(name).inc()
        log.exception("a round failed", worker=name)
    else:
        return True
    return False
