"""Cancel tasks and wait until they have ended."""

import asyncio
from collections.abc import Iterable
from typing import Any

REPEAT_SECONDS = 0.5


async def end(tasks: Iterable["asyncio.Future[Any]"]) -> None:
    """Cancel the tasks and return once all have ended, with whatever result.

    The cancellation is repeated until it works. `asyncio.wait_for` before Python 3.12 may swallow
    one that arrives just as the awaited call completes, and a loop that catches every error would
    then run for ever.
    """
    ended = list(tasks)
    pending = {task for task in ended if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=REPEAT_SECONDS)
    await asyncio.gather(*ended, return_exceptions=True)
