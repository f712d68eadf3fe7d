"""Waiting for what has no event to wait for."""

import asyncio
from collections.abc import Awaitable, Callable


async def eventually(attempt: Callable[[], Awaitable[object]], *, seconds: float = 15) -> None:
    """Until `attempt` raises nothing, for `seconds` at most."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                await attempt()
            except Exception:  # noqa: BLE001  whatever it is, it may pass
                await asyncio.sleep(0.1)
            else:
                return
