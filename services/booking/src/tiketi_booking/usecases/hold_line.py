"""The hold orders of one event: what arrives while a batch is decided forms the next one.

As long as statements are under way, arrivals gather; when one is done, the next takes all of them
that can be decided together (`first_wave`). So an idle service decides at once, and a loaded one
decides hundreds with one commit, without a timer. `PARALLEL` are under way at the most: while
Postgres works on one, the other is being prepared or answered.

Whoever wants a seat that someone wanted first, in the same wave or in one under way, waits for that
outcome: if it was taken, the answer is known without asking again. Whoever agreed to other seats
then takes part in the next wave with those.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from tiketi_booking import metrics
from tiketi_booking.domain.holds import Decision, HoldOrder, Seats, Wave, first_wave
from tiketi_booking.ports import Committed, HoldStore
from tiketi_shared.errors import Unavailable
from tiketi_shared.ids import EventId

MAX_WAVE = 128
"""Orders decided by one statement at the most: beyond it, what more share of a commit saves is lost
on joins within the batch."""

PARALLEL = 2
"""Statements of an event under way at once."""

MAX_WAITING = 20_000
"""Orders of an event that may wait; more are told to come back."""

Tell = Callable[[Decision | Exception], None]
"""Called once, with the decision or the reason why there is none."""

Prepare = Callable[[Sequence[HoldOrder]], Awaitable[Sequence[HoldOrder]]]
"""Adds to the orders of people who agreed to other seats which ones would do."""


@dataclass(slots=True)
class _Waiting:
    order: HoldOrder
    tell: Tell


class HoldLine:
    """The orders of one event that wait to be decided."""

    def __init__(
        self,
        event_id: EventId,
        store: HoldStore,
        committed: Committed,
        prepare: Prepare,
        *,
        seconds: float,
    ) -> None:
        self._event_id, self._store, self._committed = event_id, store, committed
        self._prepare = prepare
        self._seconds = seconds
        self._waiting: list[_Waiting] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way: list[Wave] = []
        self._starts_soon = False
        self.in_flight: dict[int, int] = {}

    def ask(self, order: HoldOrder, tell: Tell) -> None:
        """Raises Unavailable when too many wait already."""
        if len(self._waiting) >= MAX_WAITING:
            raise Unavailable("too many are holding seats at once", retry_after=2)
        self._waiting.append(_Waiting(order, tell))
        if not self._starts_soon and len(self._under_way) < PARALLEL:
            self._starts_soon = True  # those of the same call arrive in the same turn of the loop
            asyncio.get_running_loop().call_soon(self._start)

    async def decide(self, order: HoldOrder) -> Decision:
        done: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()

        def tell(result: Decision | Exception) -> None:
            if done.done():  # whoever asked has gone; the hold expires by itself
                return
            if isinstance(result, Exception):
                done.set_exception(result)
            else:
                done.set_result(result)

        self.ask(order, tell)
        return await done

    def _start(self) -> None:
        self._starts_soon = False
        while self._waiting and len(self._under_way) < PARALLEL:
            orders = (waiting.order for waiting in self._waiting)
            wave = first_wave(orders, MAX_WAVE, self._under_way)
            if not wave.orders:
                return  # all of them want what is being decided
            self._under_way.append(wave)
            task = asyncio.create_task(self._work(wave, self._taken_out(wave)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _taken_out(self, wave: Wave) -> list[_Waiting]:
        if len(wave.orders) == len(self._waiting):
            batch, self._waiting = self._waiting, []
        else:
            chosen = {order.id for order in wave.orders}
            batch = [waiting for waiting in self._waiting if waiting.order.id in chosen]
            self._waiting = [w for w in self._waiting if w.order.id not in chosen]
        return batch

    async def _work(self, wave: Wave, batch: list[_Waiting]) -> None:
        metrics.HOLD_BATCH.observe(len(batch))
        try:
            orders = await self._prepare(wave.orders)
            decisions = await self._store.take(self._event_id, orders, self._seconds)
        except Exception as error:  # noqa: BLE001  every one who waits is told
            for waiting in batch:
                waiting.tell(error)
        else:
            self._committed()
            self._settle(batch, decisions)
        finally:
            self._under_way.remove(wave)
            self._start()

    def _settle(self, batch: list[_Waiting], decisions: Sequence[Decision]) -> None:
        again: list[_Waiting] = []
        taken: set[int] = set()
        for waiting, decision in zip(batch, decisions, strict=True):
            if decision.outcome == "later":
                again.append(waiting)
                continue
            if decision.outcome == "held":
                taken.update(decision.seats)
            waiting.tell(decision)
        if again or self._waiting:
            still = (_after(waiting, taken) for waiting in (*again, *self._waiting))
            self._waiting = [waiting for waiting in still if waiting is not None]


def _after(waiting: _Waiting, taken: set[int]) -> _Waiting | None:
    """Who wants a seat that was taken a moment ago goes on with other seats, where they agreed to
    that, and is refused (None) otherwise, unless a repeat may know better."""
    order = waiting.order
    if not isinstance(order.wanted, Seats) or taken.isdisjoint(order.wanted.indices):
        return waiting
    if order.wish is not None:
        return replace(waiting, order=structs.replace(order, lost=True))
    if order.key is not None:
        return waiting
    waiting.tell(refused_seats(order, [idx for idx in order.wanted.indices if idx not in taken]))
    return None


def refused_seats(order: HoldOrder, free: list[int]) -> Decision:
    return Decision("unavailable", order.id, free, [], [], 0, None)
