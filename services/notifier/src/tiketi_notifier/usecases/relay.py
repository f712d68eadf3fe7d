"""Publishes domain events to the live channels: merged per tick, in order, each once.

The broker delivers each message at least once, and the messages of an event in order. A change
carries the versions that booking gave it. The store refuses versions that were published before and
returns the last published one. So a redelivery publishes only the new part, on another instance
too. A message is acknowledged after it is published. While the store is unavailable, messages wait
here, and the broker keeps the rest.
"""

import asyncio
import time

import msgspec

from tiketi_notifier import metrics
from tiketi_notifier.domain.merging import MergeBuffer, SeatChanges, merged
from tiketi_notifier.errors import LiveUnavailable
from tiketi_notifier.messages import EVENT_CHANGED, SEAT_UPDATE, SaleChange, SeatChange
from tiketi_notifier.ports import LiveStore, Received, Update
from tiketi_shared.ids import EventId
from tiketi_shared.logs import get_logger
from tiketi_shared.messages import HoldOffered, SaleChanged, SeatsChanged

log = get_logger(__name__)

_encoder = msgspec.json.Encoder()


class Relay:
    def __init__(self, store: LiveStore, tick_seconds: float) -> None:
        self._store = store
        self._waiting: MergeBuffer[Received] = MergeBuffer(tick_seconds)
        self._wake = asyncio.Event()

    def receive(self, received: Received) -> None:
        self._waiting.add(received.event.event_id, received, time.monotonic())
        self._wake.set()

    async def run(self) -> None:
        """Publish the changes that are due, for ever."""
        while True:
            await self._until_due()
            for event_id, items in self._waiting.take_due(time.monotonic()).items():
                try:
                    await self._publish(event_id, items)
                except LiveUnavailable as error:
                    log.warning("publishing delayed", event_id=event_id, error=str(error))
                    self._waiting.put_back(event_id, items, time.monotonic())

    async def _until_due(self) -> None:
        """Wait until a change is due; a change that arrives meanwhile may be due earlier."""
        self._wake.clear()
        due_at = self._waiting.next_due()
        timeout = None if due_at is None else max(0.0, due_at - time.monotonic())
        try:
            async with asyncio.timeout(timeout):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _publish(self, event_id: EventId, items: list[Received]) -> None:
        changes = [item.event for item in items if isinstance(item.event, SeatsChanged)]
        sales = [item.event for item in items if isinstance(item.event, SaleChanged)]
        after: int | None = 0
        while after is not None and (seats := merged(changes, after)) is not None:
            after = await self._store.publish(seat_update(seats))
        offers = [item.event for item in items if isinstance(item.event, HoldOffered)]
        if offers:
            await self._store.offer(event_id, offers)
        if sales:
            await self._store.publish(event_changed(event_id, sales[-1]))
        metrics.MERGED.inc(len(items))
        now = time.monotonic()
        for item in items:
            metrics.PUBLISH_LAG.observe(now - item.received_at)
            await item.acknowledge()


def seat_update(changes: SeatChanges) -> Update:
    data = SeatChange(
        availability_version=changes.last,
        changes=list(changes.seats.items()),
        general=dict(changes.general),
    )
    return Update(
        changes.event_id,
        "seats",
        changes.first,
        changes.last,
        SEAT_UPDATE.name,
        _encoder.encode(data),
    )


def event_changed(event_id: EventId, change: SaleChanged) -> Update:
    data = _encoder.encode(SaleChange(sale_version=change.version))
    return Update(event_id, "sale", change.version, change.version, EVENT_CHANGED.name, data)
