"""Holding seats: what arrives while a batch is decided forms the next one.

There is one line of orders per event. As long as its statements are under way, arrivals gather;
when one is done, the next takes all of them that can be decided together (`first_wave`). So an idle
service decides at once, and a loaded one decides hundreds with one commit, without a timer. Two are
under way at the most: while Postgres works on one, the other is being prepared or answered.

Whoever wants a seat that someone in the same wave wanted first waits for that outcome: if it was
taken, the answer is known without asking again.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tiketi_booking import metrics
from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.holds import (
    HoldOrder,
    HoldWish,
    Quantity,
    Seats,
    first_wave,
    wanted,
)
from tiketi_booking.domain.idempotency import key_digest, request_digest
from tiketi_booking.domain.layout import seat_id
from tiketi_booking.domain.till import TillHealth
from tiketi_booking.errors import (
    AdmissionExpired,
    AdmissionRequired,
    KeyReused,
    LimitExceeded,
    PaymentUnderWay,
    SaleNotOpen,
    SeatsUnavailable,
)
from tiketi_booking.ports import Committed, Decision, Hold, HoldStore
from tiketi_booking.usecases.catalogue import Catalogue, SeatPictures
from tiketi_shared.batches import HoldRequest
from tiketi_shared.errors import NotFound, TiketiError, Unavailable
from tiketi_shared.ids import AdmissionId, EventId, HoldId, UserId, new_id
from tiketi_shared.tokens import Admission, KeyRing, TokenError, TokenExpired
from tiketi_shared.web import decode_json

BEST_TRIES = 6
"""How often best-available is tried anew when someone else was faster."""

MAX_WAVE = 128
"""Orders decided by one statement at the most: beyond it, what more share of a commit saves is lost
on joins within the batch."""

PARALLEL = 2
"""Statements of an event under way at once."""

MAX_WAITING = 20_000
"""Orders of an event that may wait; more are told to come back."""


@dataclass(slots=True)
class _Waiting:
    order: HoldOrder
    done: asyncio.Future[Decision]


class HoldLine:
    """The orders of one event that wait to be decided."""

    def __init__(
        self, event_id: EventId, store: HoldStore, committed: Committed, *, seconds: float
    ) -> None:
        self._event_id, self._store, self._committed = event_id, store, committed
        self._seconds = seconds
        self._waiting: list[_Waiting] = []
        self._working: set[asyncio.Task[None]] = set()
        self._asking = 0
        self.in_flight: dict[int, int] = {}

    async def decide(self, order: HoldOrder) -> Decision:
        if len(self._waiting) >= MAX_WAITING:
            raise Unavailable("too many are holding seats at once", retry_after=2)
        waiting = _Waiting(order, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if len(self._working) == self._asking < PARALLEL:
            task = asyncio.create_task(self._work())
            self._working.add(task)
            task.add_done_callback(self._working.discard)
        return await waiting.done

    async def _work(self) -> None:
        await asyncio.sleep(0)  # those of the same call arrive in the same turn of the loop
        while self._waiting:
            wave = first_wave((waiting.order for waiting in self._waiting), MAX_WAVE)
            chosen = {order.id for order in wave.orders}
            batch = [waiting for waiting in self._waiting if waiting.order.id in chosen]
            self._waiting = [w for w in self._waiting if w.order.id not in chosen]
            metrics.HOLD_BATCH.observe(len(batch))
            self._asking += 1
            try:
                decisions = await self._store.take(self._event_id, wave.orders, self._seconds)
            except Exception as error:  # noqa: BLE001  every one who waits is told
                for waiting in batch:
                    _tell(waiting, error)
                continue
            finally:
                self._asking -= 1
            self._committed()
            self._settle(batch, decisions)

    def _settle(self, batch: list[_Waiting], decisions: Sequence[Decision]) -> None:
        again: list[_Waiting] = []
        taken: set[int] = set()
        for waiting, decision in zip(batch, decisions, strict=True):
            if decision.outcome == "later":
                again.append(waiting)
                continue
            if decision.outcome == "held":
                taken.update(decision.seats)
            _tell(waiting, decision)
        self._waiting = [
            waiting for waiting in (*again, *self._waiting) if not _too_late(waiting, taken)
        ]


def _too_late(waiting: _Waiting, taken: set[int]) -> bool:
    """Refuse who wants a seat that was taken a moment ago, unless a repeat may know better."""
    order = waiting.order
    if order.key is not None or not isinstance(order.wanted, Seats):
        return False
    free = [idx for idx in order.wanted.indices if idx not in taken]
    if len(free) == order.wanted.quantity:
        return False
    _tell(waiting, refused_seats(order, free))
    return True


def refused_seats(order: HoldOrder, free: list[int]) -> Decision:
    return Decision("unavailable", order.id, free, [], [], 0, None)


def _tell(waiting: _Waiting, result: Decision | Exception) -> None:
    if waiting.done.done():  # whoever asked has gone; the hold expires by itself
        return
    if isinstance(result, Exception):
        waiting.done.set_exception(result)
    else:
        waiting.done.set_result(result)


class Holds:
    def __init__(  # noqa: PLR0913  what a hold touches
        self, store: HoldStore, catalogue: Catalogue, pictures: SeatPictures, *, keys: KeyRing,
        health: TillHealth, committed: Committed, seconds: float,
    ) -> None:  # fmt: skip
        self._store, self._catalogue, self._pictures = store, catalogue, pictures
        self._keys, self._health = keys, health
        self._committed, self._seconds = committed, seconds
        self._lines: dict[EventId, HoldLine] = {}

    async def hold(self, request: HoldRequest) -> tuple[Event, Hold]:
        """Raises whatever the request is refused for; see `errors`."""
        started = time.perf_counter()
        outcome = "error"
        try:
            event = await self._catalogue.event(request.event_id)
            order = self._order(event, request)
            decision = await self._decide(event, order)
            outcome = decision.outcome
            return event, _hold(event, order, decision)
        except Unavailable:
            raise
        except TiketiError as error:
            outcome = error.code
            raise
        finally:
            now = time.perf_counter()
            self._health.hold(now, now - started, failed=outcome == "error")
            metrics.HOLDS.labels(outcome).inc()
            metrics.HOLD_SECONDS.observe(now - started)

    async def of(self, hold_id: HoldId, user_id: UserId) -> tuple[Event, Hold]:
        """Raises NotFound for another's."""
        hold = await self._store.hold(hold_id, user_id)
        if hold is None:
            raise NotFound("no such hold")
        return await self._catalogue.event(hold.event_id), hold

    async def live(self, event_id: EventId, user_id: UserId) -> tuple[Event, Hold] | None:
        hold = await self._store.live(event_id, user_id)
        return None if hold is None else (await self._catalogue.event(event_id), hold)

    async def release(self, hold_id: HoldId, user_id: UserId) -> None:
        """Giving up what has ended changes nothing. Raises NotFound, PaymentUnderWay."""
        hold = await self._store.hold(hold_id, user_id)
        if hold is None:
            raise NotFound("no such hold")
        released = await self._store.release(hold.event_id, hold_id)
        if not released and hold.state == "live":
            after = await self._store.hold(hold_id, user_id)
            if after is not None and after.state == "live":
                raise PaymentUnderWay("a payment for these seats is under way")
        self._committed()

    async def revoke(self, admissions: list[tuple[AdmissionId, int]]) -> None:
        """No hold is made with these from now on; each with the time (Unix) it ends anyway."""
        await self._store.revoke(admissions)

    async def _decide(self, event: Event, order: HoldOrder) -> Decision:
        line = self._lines.get(event.id)
        if line is None:
            line = self._lines[event.id] = HoldLine(
                event.id, self._store, self._committed, seconds=self._seconds
            )
        if isinstance(order.wanted, Quantity):
            kind = event.type_numbers[order.wanted.type_number]
            if kind.kind == "seated":
                return await self._decide_best(event, line, order, order.wanted)
        return await line.decide(order)

    async def _decide_best(
        self, event: Event, line: HoldLine, order: HoldOrder, wish: Quantity
    ) -> Decision:
        lost: set[int] = set()
        decision = refused_seats(order, [])
        for _ in range(BEST_TRIES):
            seats = await self._pictures.best(event, wish, lost | line.in_flight.keys())
            if seats is None:  # who is being decided may yet be refused
                seats = await self._pictures.best(event, wish, lost)
            if seats is None:
                return decision
            chosen = replace(order, wanted=Seats(tuple(seats)))
            with _claimed(line.in_flight, seats):
                decision = await line.decide(chosen)
            if decision.outcome != "unavailable":
                return decision
            lost |= set(seats) - set(decision.seats)
        return decision

    def _order(self, event: Event, request: HoldRequest) -> HoldOrder:
        admission = self._admitted(request)
        wish = wanted(decode_json(request.body, HoldWish), event)
        key = digest = None
        if request.idempotency_key is not None:
            key = key_digest(
                request.user_id, "POST", f"/api/events/{event.id}/holds", request.idempotency_key
            )
            digest = request_digest(request.body)
        return HoldOrder(
            HoldId(new_id()), request.user_id, wish, admission.admission_id, admission.exp, key,
            digest,
        )  # fmt: skip

    def _admitted(self, request: HoldRequest) -> Admission:
        """The admission presented, if it is for this event and this person."""
        try:
            admission = self._keys.verify(Admission, request.admission, time.time())
        except TokenExpired as error:
            raise AdmissionExpired("your turn has ended, join the line again") from error
        except TokenError as error:
            raise AdmissionRequired("wait in line for your turn first") from error
        if (admission.event_id, admission.user_id) != (request.event_id, request.user_id):
            raise AdmissionRequired("this admission is for another event or person")
        return admission


@contextmanager
def _claimed(in_flight: dict[int, int], seats: Sequence[int]) -> Iterator[None]:
    """While these are being decided, best-available looks elsewhere."""
    for idx in seats:
        in_flight[idx] = in_flight.get(idx, 0) + 1
    try:
        yield
    finally:
        for idx in seats:
            in_flight[idx] -= 1
            if not in_flight[idx]:
                del in_flight[idx]


def _hold(event: Event, order: HoldOrder, decision: Decision) -> Hold:
    """The hold that was made. Raises what it was refused for."""
    if decision.outcome in ("held", "again"):
        assert decision.expires_at is not None  # noqa: S101  narrows: a hold ends some time
        return Hold(
            decision.hold_id, event.id, order.user_id, "live", decision.seats, decision.types,
            decision.prices, decision.total, event.currency, decision.expires_at,
        )  # fmt: skip
    if decision.outcome == "unavailable":
        raise SeatsUnavailable("others were faster", unavailable=_unavailable(order, decision))
    raise _refusal(decision.outcome, event)


def _refusal(outcome: str, event: Event) -> TiketiError:
    if outcome == "admission":
        return AdmissionRequired("this admission was used up or given up")
    if outcome == "limit":
        limit = event.max_per_user
        return LimitExceeded(f"at most {limit} tickets a person", max_per_user=limit)
    if outcome == "key_reused":
        return KeyReused("this Idempotency-Key was used for another request")
    return SaleNotOpen("tickets are not on sale now")


def _unavailable(order: HoldOrder, decision: Decision) -> list[str]:
    if isinstance(order.wanted, Quantity):
        return []
    free = set(decision.seats)
    return [seat_id(idx) for idx in order.wanted.indices if idx not in free]
