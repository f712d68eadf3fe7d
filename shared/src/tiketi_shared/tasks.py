"""Ending tasks for sure."""

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_SECONDS = 0.5


async def end(tasks: Iterable["asyncio.Future[Any]"]) -> None:
    """Cancel the tasks and return once all have ended, whatever they ended with.

    A cancellation is asked for until it works: one that arrives just as an awaited call completes
    may be swallowed (`asyncio.wait_for` before Python 3.12, which libraries use), and a loop that
    survives everything then never ends.
    """
    ended = list(tasks)
    pending = {task for task in ended if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_SECONDS)
    await asyncio.gather(*ended, return_exceptions=True)
