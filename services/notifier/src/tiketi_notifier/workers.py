"""The long-running loops."""

import asyncio

from redis.exceptions import RedisError

from tiketi_notifier.errors import LiveUnavailable
from tiketi_notifier.ports import Line
from tiketi_notifier.usecases.live import Live
from tiketi_shared.errors import Unavailable
from tiketi_shared.loops import LoopKeeper

RETRY_SECONDS = 0.5
STATUSES_SECONDS = 1.0

_keeper = LoopKeeper(expected=(RedisError, LiveUnavailable))
every = _keeper.every


async def keep_in_step(live: Live) -> None:
    """Bring each topic that fell behind in step with the store again. Raises LiveUnavailable."""
    while True:
        event_id = await live.next_out_of_step()
        try:
            await live.synchronise(event_id)
        except LiveUnavailable:
            live.again_out_of_step(event_id)
            raise


async def learn_lines(live: Live, line: Line) -> None:
    """Query the lines' status once a topic has none: ticks report changes only.

    Raises Unavailable.
    """
    await live.unknown_lines.wait()
    live.unknown_lines.clear()
    try:
        statuses = await line.statuses()
    except Unavailable:
        live.unknown_lines.set()
        raise
    for event_id, status in statuses.items():
        live.line_changed(event_id, status, asyncio.get_running_loop().time())


async def report_presence(live: Live, line: Line) -> None:
    """Report who is connected, so that nobody who is here is passed over. Raises Unavailable."""
    await line.present(live.present())


async def send_progress(live: Live) -> None:
    live.tell_progress(asyncio.get_running_loop().time())
