"""Shutdown: each client is told when to reconnect, and connects to another instance."""

import asyncio
import contextlib

from tiketi_notifier import metrics
from tiketi_notifier.domain.drain_schedule import departures, patience
from tiketi_notifier.domain.frames import RESTART
from tiketi_notifier.messages import RECONNECT, Reconnect
from tiketi_notifier.outgoing import message
from tiketi_notifier.usecases.live import Live


async def drain(live: Live, seconds: float) -> None:
    """Return when no client is connected any more, after `seconds` at the latest.

    Every client is told at once when to reconnect (`reconnect`); the times are spread evenly. A
    client that is still connected a little after its time is closed with 1012.
    """
    metrics.LEAVING.set(1)
    clients = live.people.everyone()
    times = departures(len(clients), seconds)
    for client, time in zip(clients, times, strict=True):
        client.deliver(message(RECONNECT, Reconnect(round(time * 1000))))
    started = asyncio.get_running_loop().time()
    for client, time in zip(clients, times, strict=True):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(started + time + patience(seconds)):
                await live.people.empty.wait()
        client.close(RESTART, "this instance is shutting down")
    for client in live.people.everyone():
        client.close(RESTART, "this instance is shutting down")
