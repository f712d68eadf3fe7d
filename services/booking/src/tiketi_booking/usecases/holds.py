"""Holding seats: an order is understood here, decided with others in its event's line
(`hold_line.py`), and told as a hold or as the reason why there is none."""

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from msgspec import structs

from tiketi_booking import metrics
from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.holds import (
    Decision,
    Hold,
    HoldOrder,
    HoldWish,
    Quantity,
    Seats,
    wanted,
)
from tiketi_booking.domain.idempotency import key_digest, request_digest
from tiketi_booking.domain.layout import seat_id
from tiketi_booking.domain.timings import SaleTimings
from tiketi_booking.errors import (
    AdmissionExpired,
    AdmissionRequired,
    HoldPaid,
    KeyReused,
    LimitExceeded,
    PaymentUnderWay,
    SaleNotOpen,
    SeatsUnavailable,
)
from tiketi_booking.ports import Committed, HoldStore
from tiketi_booking.usecases.catalogue import Catalogue, SeatPictures
from tiketi_booking.usecases.hold_line import HoldLine, Tell, refused_seats
from tiketi_shared.batches import HoldRequest
from tiketi_shared.decoding import decode_json
from tiketi_shared.errors import NotFound, TiketiError
from tiketi_shared.ids import AdmissionId, EventId, HoldId, UserId, new_id
from tiketi_shared.logs import get_logger
from tiketi_shared.tokens import Admission, KeyRing, TokenError, TokenExpired

BEST_TRIES = 6
"""How often best-available is tried anew when someone else was faster; so is the nearest."""

WISH_SECONDS = 30.0
"""How long somebody who was refused is given what comes back, unless they ask again."""

SWEPT_AT_ONCE = 2000

Outcome = tuple[Event, Hold] | TiketiError

log = get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Holds:
    """A hold lasts `seconds`; `keys` verify admissions."""

    store: HoldStore
    catalogue: Catalogue
    pictures: SeatPictures
    keys: KeyRing
    health: SaleTimings
    committed: Committed
    seconds: float
    _lines: dict[EventId, HoldLine] = field(default_factory=dict, init=False)
    _choosing: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    async def hold(self, request: HoldRequest) -> tuple[Event, Hold]:
        """Raises whatever the request is refused for; see `errors`."""
        [outcome] = await self.hold_all([request])
        if isinstance(outcome, TiketiError):
            raise outcome
        return outcome

    async def hold_all(self, requests: Sequence[HoldRequest]) -> list[Outcome]:
        """What became of each, in their order. Failures of one are not those of others.

        Seats that were named are asked for without a task of their own: at thousands of holds a
        second that is what counts.
        """
        started = time.perf_counter()
        events = await self._events({request.event_id for request in requests})
        answers = _Answers(len(requests))
        for place, request in enumerate(requests):
            try:
                event = events[request.event_id]
                if isinstance(event, TiketiError):
                    raise event
                if event.unreadable:
                    raise SaleNotOpen("tickets are not on sale now")
                self._ask(event, self._order(event, request), answers, place)
            except TiketiError as error:
                answers.put(place, error)
        await answers.complete
        self._count(answers, time.perf_counter() - started)
        return answers.outcomes

    async def _events(self, ids: set[EventId]) -> dict[EventId, Event | TiketiError]:
        found: dict[EventId, Event | TiketiError] = {}
        for event_id in ids:
            try:
                found[event_id] = await self.catalogue.event(event_id)
            except TiketiError as error:
                found[event_id] = error
        return found

    def _ask(self, event: Event, order: HoldOrder, answers: "_Answers", place: int) -> None:
        line = self._lines.get(event.id)
        if line is None:
            line = self._lines[event.id] = HoldLine(
                event.id,
                self.store,
                self.committed,
                partial(self.pictures.with_others, event),
                seconds=self.seconds,
            )

        def tell(result: Decision | Exception) -> None:
            answers.decided(place, event, order, result)

        wish = order.wanted
        if isinstance(wish, Quantity) and event.type_numbers[wish.type_number].kind == "seated":
            self._tell_later(self._decide_best(event, line, order, wish), event, order, tell)
        elif order.wish is not None:
            line.ask(order, partial(self._decided_or_nearest, event, line, order, tell))
        else:
            line.ask(order, tell)

    def _decided_or_nearest(
        self, event: Event, line: HoldLine, order: HoldOrder, tell: Tell,
        result: Decision | Exception,
    ) -> None:  # fmt: skip
        if isinstance(result, Decision) and result.outcome == "unavailable":
            self._tell_later(self._decide_nearest(event, line, order, result), event, order, tell)
        else:
            tell(result)

    def _tell_later(
        self, deciding: Coroutine[None, None, Decision], event: Event, order: HoldOrder, tell: Tell
    ) -> None:
        async def decide() -> None:
            try:
                decision = await deciding
                if decision.outcome == "unavailable" and order.wish is not None:
                    decision = await self._wished(event, order, decision)
                tell(decision)
            except Exception as error:  # noqa: BLE001  whoever asked is told
                tell(error)

        task = asyncio.create_task(decide())
        self._choosing.add(task)
        task.add_done_callback(self._choosing.discard)

    def _count(self, answers: "_Answers", seconds: float) -> None:
        now = time.perf_counter()
        for label, count in Counter(answers.labels).items():
            metrics.HOLDS.labels(label).inc(count)
        for label in answers.labels:
            self.health.hold(now, seconds, failed=label == "error")
            metrics.HOLD_SECONDS.observe(seconds)

    async def of(self, hold_id: HoldId, user_id: UserId) -> tuple[Event, Hold]:
        """Raises NotFound for another's."""
        hold = await self.store.hold(hold_id, user_id)
        if hold is None:
            raise NotFound("no such hold")
        return await self.catalogue.event(hold.event_id), hold

    async def live(self, event_id: EventId, user_id: UserId) -> tuple[Event, Hold] | None:
        hold = await self.store.live(event_id, user_id)
        return None if hold is None else (await self.catalogue.event(event_id), hold)

    async def live_of(self, user_id: UserId) -> list[tuple[Event, Hold]]:
        """Their holds that have not ended, of all events, the one that ends first before others."""
        holds = await self.store.live_of(user_id)
        return [(await self.catalogue.event(hold.event_id), hold) for hold in holds]

    async def release(self, hold_id: HoldId, user_id: UserId) -> None:
        """Giving up what has ended changes nothing. Raises NotFound, HoldPaid, PaymentUnderWay."""
        hold = await self.store.hold(hold_id, user_id)
        if hold is None:
            raise NotFound("no such hold")
        if hold.state == "paid":
            raise HoldPaid("these seats are paid; refund the order instead", order_id=hold.order_id)
        released = await self.store.release(hold.event_id, hold_id)
        if not released and hold.state == "live":
            after = await self.store.hold(hold_id, user_id)
            if after is not None and after.state in ("live", "paid"):
                raise PaymentUnderWay("a payment for these seats is under way")
        self.committed()

    async def revoke(self, admissions: list[tuple[AdmissionId, int]]) -> None:
        """No hold is made with these from now on; each with the time (Unix) it ends anyway."""
        await self.store.revoke(admissions)

    async def sweep(self) -> None:
        """Ends what has run out of time."""
        while ended := await self.store.expire(SWEPT_AT_ONCE):
            metrics.HOLDS_EXPIRED.inc(ended)
            self.committed()

    async def _decide_best(
        self, event: Event, line: HoldLine, order: HoldOrder, wish: Quantity
    ) -> Decision:
        lost: set[int] = set()
        decision = refused_seats(order, [])
        for _ in range(BEST_TRIES):
            seats = await self.pictures.best(event, wish, lost | line.in_flight.keys())
            if seats is None:  # who is being decided may yet be refused
                seats = await self.pictures.best(event, wish, lost)
            if seats is None:
                return decision
            chosen = structs.replace(order, wanted=Seats(tuple(seats)))
            with _claimed(line.in_flight, seats):
                decision = await line.decide(chosen)
            if decision.outcome != "unavailable":
                return decision
            lost |= set(seats) - set(decision.seats)
        return decision

    async def _decide_nearest(
        self, event: Event, line: HoldLine, order: HoldOrder, refused: Decision
    ) -> Decision:
        """Others were faster at the nearest too: the next ones, as long as there are any."""
        for _ in range(BEST_TRIES):
            if not (await self.pictures.with_others(event, [order]))[0].others:
                return refused
            decision = await line.decide(structs.replace(order, lost=True))
            if decision.outcome != "unavailable":
                return decision
        return refused

    async def _wished(self, event: Event, order: HoldOrder, refused: Decision) -> Decision:
        """Notes what somebody agreed to be given when it comes back; if that was made for them
        meanwhile, it is the answer."""
        kind = _type_wanted(event, order)
        if kind is None:
            return refused
        hold = await self.store.wish(event.id, order, kind, WISH_SECONDS)
        if hold is None:
            return refused
        return Decision(
            "again", hold.id, hold.seats, hold.types, hold.prices, hold.total, hold.expires_at
        )

    def _order(self, event: Event, request: HoldRequest) -> HoldOrder:
        admission = self._admitted(request)
        asked = decode_json(request.body, HoldWish)
        wish = wanted(asked, event)
        key = digest = None
        if request.idempotency_key is not None:
            key = key_digest(
                request.user_id, "POST", f"/api/events/{event.id}/holds", request.idempotency_key
            )
            digest = request_digest(request.body)
        return HoldOrder(
            HoldId(new_id()), request.user_id, wish, admission.admission_id, admission.exp, key,
            digest, request_digest(request.body) if asked.or_nearest else None, admission.iat,
        )  # fmt: skip

    def _admitted(self, request: HoldRequest) -> Admission:
        """The admission presented, if it is for this event and this person."""
        try:
            admission = self.keys.verify(Admission, request.admission, time.time())
        except TokenExpired as error:
            raise AdmissionExpired("your turn has ended, join the line again") from error
        except TokenError as error:
            raise AdmissionRequired("wait in line for your turn first") from error
        if (admission.event_id, admission.user_id) != (request.event_id, request.user_id):
            raise AdmissionRequired("this admission is for another event or person")
        return admission


class _Answers:
    """The outcomes of one call, which come one by one; `complete` is done with the last of them."""

    def __init__(self, count: int) -> None:
        self.outcomes: list[Outcome] = [TiketiError()] * count
        self.labels = ["error"] * count
        self.complete: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._missing = count
        if not count:
            self.complete.set_result(None)

    def decided(
        self, place: int, event: Event, order: HoldOrder, result: Decision | Exception
    ) -> None:
        if isinstance(result, Decision):
            self._put(place, _outcome(event, order, result), result.outcome)
        elif isinstance(result, TiketiError):
            self.put(place, result)
        else:
            log.error("hold failed", event_id=event.id, exc_info=result)
            self.put(place, TiketiError())

    def put(self, place: int, error: TiketiError) -> None:
        """Refused, or failed."""
        self._put(place, error, "error" if error.is_fault else error.code)

    def _put(self, place: int, outcome: Outcome, label: str) -> None:
        self.outcomes[place], self.labels[place] = outcome, label
        self._missing -= 1
        if not self._missing and not self.complete.done():  # done: whoever asked has gone
            self.complete.set_result(None)


def _type_wanted(event: Event, order: HoldOrder) -> int | None:
    """The ticket type that a wish is for; None where its seats are of several."""
    if isinstance(order.wanted, Quantity):
        return order.wanted.type_number
    names = {event.layout.seat(idx).ticket_type for idx in order.wanted.indices}
    return event.type_names[names.pop()].number if len(names) == 1 else None


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


def _outcome(event: Event, order: HoldOrder, decision: Decision) -> Outcome:
    if decision.outcome in ("held", "again"):
        assert decision.expires_at is not None  # noqa: S101  narrows: a hold ends some time
        return event, Hold(
            decision.hold_id, event.id, order.user_id, "live", decision.seats, decision.types,
            decision.prices, decision.total, event.currency, decision.expires_at,
        )  # fmt: skip
    if decision.outcome == "unavailable":
        return SeatsUnavailable("others were faster", unavailable=_unavailable(order, decision))
    return _refusal(decision.outcome, event)


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
