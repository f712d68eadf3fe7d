"""Leaving without anyone noticing: each client is told when to go, and goes elsewhere."""

import asyncio
import contextlib

from tiketi_notifier import metrics
from tiketi_notifier.domain.frames import RESTART
from tiketi_notifier.domain.leaving import departures, patience
from tiketi_notifier.messages import RECONNECT, Reconnect
from tiketi_notifier.outgoing import message
from tiketi_notifier.usecases.live import Live


async def leave(live: Live, seconds: float) -> None:
    """Return when nobody is connected any more, after `seconds` at the latest.

    Every client is told at once when its turn is (`reconnect`), the turns being spread evenly;
    who is still here a little after its turn is closed with 1012.
    """
    metrics.LEAVING.set(1)
    clients = live.people.everyone()
    turns = departures(len(clients), seconds)
    for client, turn in zip(clients, turns, strict=True):
        client.deliver(message(RECONNECT, Reconnect(round(turn * 1000))))
    started = asyncio.get_running_loop().time()
    for client, turn in zip(clients, turns, strict=True):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(started + turn + patience(seconds)):
                await live.people.empty.wait()
        client.close(RESTART, "this instance is leaving")
    for client in live.people.everyone():
        client.close(RESTART, "this instance is leaving")
