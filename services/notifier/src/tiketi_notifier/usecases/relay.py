"""From domain events to published changes: merged per tick, in order, each once.

Events come at least once and in order per event. A change carries the versions booking gave it;
the store refuses one whose versions were published before and says how far it got, so that a
redelivery, also to another instance, publishes only what is new. An event is acknowledged when it
has been published; while the store is gone they wait here, and the broker keeps the rest.
"""

import asyncio
import time

import msgspec

from tiketi_notifier import metrics
from tiketi_notifier.domain.merging import SeatChanges, TickBuffer, merged
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
        self._waiting: TickBuffer[Received] = TickBuffer(tick_seconds)
        self._wake = asyncio.Event()

    def receive(self, received: Received) -> None:
        self._waiting.add(received.event.event_id, received, time.monotonic())
        self._wake.set()

    async def run(self) -> None:
        """Publish what is due, for ever."""
        while True:
            await self._until_due()
            for event_id, items in self._waiting.take_due(time.monotonic()).items():
                try:
                    await self._publish(event_id, items)
                except LiveUnavailable as error:
                    log.warning("changes wait for the store", event_id=event_id, error=str(error))
                    self._waiting.put_back(event_id, items, time.monotonic())

    async def _until_due(self) -> None:
        """Until something is due; what comes meanwhile may be due earlier."""
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
