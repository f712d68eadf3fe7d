"""Loops that run beside the requests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tiketi_shared.logs import get_logger
from tiketi_shared.tasks import end

Loop = Callable[[], Awaitable[None]]

AGAIN_SECONDS = 1.0

log = get_logger(__name__)


@asynccontextmanager
async def running(*loops: Loop) -> AsyncIterator[None]:
    """The loops run while inside; one that fails is logged and begun again."""
    tasks = [asyncio.ensure_future(_kept_up(loop)) for loop in loops]
    try:
        yield
    finally:
        await end(tasks)


async def _kept_up(loop: Loop) -> None:
    while True:
        try:
            await loop()
        except Exception:
            log.exception("a loop failed and is begun again", loop=repr(loop))
        await asyncio.sleep(AGAIN_SECONDS)
