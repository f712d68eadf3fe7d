"""Writes one message to many connections without blocking the event loop.

Messages are written in the order in which they were sent, each to the audience of that moment. A
large audience is served in slices. Between two slices the loop does other work. So a burst of
changes to thousands of clients delays a handshake or a ping by one slice at most.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

from tiketi_notifier import metrics
from tiketi_notifier.outgoing import Outgoing
from tiketi_notifier.ports import Client

SLICE = 200


class Subscription:
    """One client's interest in one event. Ending it stops what is already on its way, so that a
    client that subscribes again gets nothing from the time before."""

    __slots__ = ("client", "live")

    def __init__(self, client: Client) -> None:
        self.client = client
        self.live = True


Audience = Sequence[Subscription]


class Fanout:
    """The queue of deliveries; `run` processes it."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Sequence[Outgoing], Audience]] = deque()
        self._wake = asyncio.Event()
        self._busy = False

    def send(self, messages: Sequence[Outgoing], audience: Audience) -> None:
        """Deliver `messages` to each of `audience`; later if other deliveries are in progress."""
        if self._busy or len(audience) > SLICE:
            self._waiting.append((messages, audience))
            self._wake.set()
        else:
            _serve(messages, audience)

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._busy = True
            while self._waiting:
                messages, audience = self._waiting.popleft()
                for start in range(0, len(audience), SLICE):
                    _serve(messages, audience[start : start + SLICE])
                    await asyncio.sleep(0)
            self._busy = False


def _serve(messages: Sequence[Outgoing], audience: Audience) -> None:
    for message in messages:
        for subscription in audience:
            if subscription.live:
                subscription.client.deliver(message)
    metrics.FRAMES.inc(len(messages) * len(audience))
