"""What this instance knows about each event: its sale, the last facts of its line, measurements.

Nothing here needs to be stored: the sale comes from booking, the facts come from the store, and the
next rounds measure again. Only the event loop's thread uses it.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from tiketi_queue.domain.draw import Draw
from tiketi_queue.domain.forecast import Outflow, Sample, forecast
from tiketi_queue.domain.line import Facts, Standings, Terms
from tiketi_queue.domain.pacing import BookingHealth, aim, approach
from tiketi_queue.domain.place import Outlook
from tiketi_queue.domain.sale_terms import Known, Patience, terms_of
from tiketi_queue.domain.stock import (
    EVIDENCE,
    PAID_SHARE,
    Behaviour,
    behaviour_since,
    behaviour_until_now,
    choosers,
    stock_of,
)
from tiketi_queue.domain.uptake import Share, Uptake
from tiketi_queue.errors import LinePaused, UnknownEvent
from tiketi_shared.ids import EventId, UserId
from tiketi_shared.sale import Phase, Sale, Sales, phase_of
from tiketi_shared.shapes import Progress

HORIZON_SECONDS = 120
HORIZON_LEAST, HORIZON_MOST = 1000, 60_000
ARRIVAL_SAMPLE_SECONDS = 5.0
ARRIVAL_SAMPLES = 4096


@dataclass(slots=True)
class Line:
    """The line of one event. `participants` is the size of the lobby as booking has recorded it, -1
    while it is unknown."""

    draw: Draw
    sale: Sale
    outlook: Outlook
    facts: Facts = field(default_factory=Facts)
    outflow: Outflow = field(default_factory=Outflow)
    participants: int = -1
    asked_for_draw: bool = False
    share: float = 1.0
    health: BookingHealth | None = None
    last_seen: int = 0
    taken_seen: int = 0
    lobby_seen: int = 0
    status: bytes | None = None
    """The shared document, encoded; None while there is none."""
    progress: Progress | None = None
    published_at: float = 0.0
    measured_from: Behaviour | None = None
    """What was sold when this instance started to measure this line. Seats sold earlier or
    elsewhere say nothing about the people of the line."""
    behaviour: Behaviour = field(default_factory=Behaviour)
    """What people have done since then."""
    uptake: Uptake = field(default_factory=lambda: Uptake(PAID_SHARE, EVIDENCE))
    """How many of the holds made since then were paid for."""
    most_inside: int = 0
    """How many people may be inside: the organiser's capacity, or fewer when the seats that are
    left are not enough for so many."""
    taken_at: float = 0.0
    """When this instance last saw a free seat taken, or no free seat (Unix seconds)."""
    announced: list[UserId] = field(default_factory=list)
    """People whose admission was in the last tick."""
    arrivals: deque[tuple[int, float]] = field(
        default_factory=lambda: deque(maxlen=ARRIVAL_SAMPLES)
    )

    @property
    def event_id(self) -> EventId:
        return self.sale.event_id

    @property
    def pace(self) -> float:
        """People let in per second, after the adaptive rule."""
        return self.sale.queue.per_second * (self.share if self.sale.queue.adaptive else 1.0)

    def phase(self, now: float) -> Phase:
        return phase_of(self.sale, now)

    def exists(self) -> bool:
        return self.facts.counter > 0

    def terms(self, patience: Patience, now: float) -> Terms:
        _, turns_per_second = self.outflow.recently()
        speed = max(self.pace, turns_per_second)
        horizon = int(min(HORIZON_MOST, max(HORIZON_LEAST, speed * HORIZON_SECONDS)))
        known = Known(self.participants, self.last_seen, self.taken_seen)
        return terms_of(
            self.sale, pace=self.pace, most_inside=self.most_inside, horizon=horizon,
            known=known, patience=patience, now=now,
        )  # fmt: skip

    def update_sale(self, sale: Sale, now: float) -> None:
        """Replace the sale by booking's current one."""
        if sale.seats_left <= 0 or sale.seats_left < self.sale.seats_left or not self.taken_at:
            self.taken_at = now
        self.sale = sale
        if sale.open_holds or self.uptake.begun:  # an event that sells nothing is skipped
            done = self._measured(self.behaviour.paid)
            self.uptake.add(now, done.holds_made, done.holds_paid)
            self.behaviour = done._replace(paid=self.uptake.share())

    def _measured(self, paid: Share) -> Behaviour:
        now = behaviour_until_now(self.sale, self.facts)
        return behaviour_since(self.measured_from or now, now, paid)

    def remember(self, standings: Standings) -> None:
        """Remember what has to survive a loss of the store: the last number and the taken slots."""
        if standings.counter:
            self.last_seen = max(self.last_seen, standings.counter)
            self.taken_seen = standings.taken

    def record_round(self, facts: Facts, now: float) -> None:
        """Record the facts that a round returned."""
        if self.measured_from is None or facts.freed_total < self.facts.freed_total:
            self.measured_from = behaviour_until_now(self.sale, facts)
            self.uptake, self.behaviour = Uptake(PAID_SHARE, EVIDENCE), Behaviour()
        self.facts = facts
        self.last_seen = max(self.last_seen, facts.counter)
        self.taken_seen = facts.active + facts.reserved
        if not facts.opened:
            self.lobby_seen = facts.waiting
        self.outflow.add(
            Sample(
                now, facts.admitted_total, facts.passed_total, facts.freed_total,
                facts.left_total, facts.active, facts.waiting + facts.priority,
            )
        )  # fmt: skip
        if not self.arrivals or now - self.arrivals[-1][1] >= ARRIVAL_SAMPLE_SECONDS:
            self.arrivals.append((facts.counter, now))
        self.refresh(now)

    def close(self) -> None:
        """Empty the line of a sale that has ended, whatever the store still contains."""
        self.facts = msgspec.structs.replace(
            self.facts, waiting=0, priority=0, passed_over=0, active=0, head=0
        )

    def refresh(self, now: float) -> None:
        """Compute the outlook from the current knowledge."""
        self.behaviour = self._measured(self.behaviour.paid)
        choosing = choosers(stock_of(self.sale), self.behaviour, now - self.taken_at)
        holding = min(self.sale.open_holds, self.facts.active)  # other holds come from offers
        self.most_inside = min(self.sale.queue.capacity, holding + choosing)
        self.outlook = outlook_of(
            self.sale, self.facts, self.outflow, self.behaviour, self.pace, now
        )

    def follow_health(self, health: BookingHealth, seconds: float) -> None:
        """Adapt the pace to the health of booking."""
        self.health = health
        self.share = approach(self.share, aim(health), seconds)

    def oldest_wait(self, now: float) -> float:
        """Return the seconds since the person at the head joined, as far back as this instance has
        seen. People from the lobby have waited since the opening."""
        if not self.facts.head:
            return 0.0
        since_opening = max(0.0, now - self.sale.sale_opens_at)
        index = bisect_left(self.arrivals, self.facts.head, key=lambda sample: sample[0])
        joined = self.arrivals[index][1] if index < len(self.arrivals) else now
        if self.arrivals and self.facts.head <= self.arrivals[0][0]:
            return since_opening
        return min(since_opening, max(0.0, now - joined))


def outlook_of(  # noqa: PLR0913, PLR0917  each is another fact of the line
    sale: Sale, facts: Facts, outflow: Outflow, behaviour: Behaviour, pace: float, now: float
) -> Outlook:
    queue = sale.queue
    opens_in = max(0.0, sale.sale_opens_at - now)
    return Outlook(
        phase=phase_of(sale, now),
        facts=facts,
        forecast=forecast(
            outflow,
            pace=pace,
            capacity=queue.capacity,
            active=facts.active,
            admission_seconds=queue.admission_seconds,
            starts_in=opens_in,
        ),
        behaviour=behaviour,
        stock=stock_of(sale),
        choosing=max(0, facts.active - sale.open_holds),
        opens_in=opens_in,
    )


@dataclass(slots=True)
class Lines:
    """The lines of all events that booking has reported."""

    draw_key: str
    _lines: dict[EventId, Line] = field(default_factory=dict)
    loaded_at: float = 0.0
    """When booking last answered (Unix seconds), 0 before the first answer."""

    def __iter__(self) -> Iterator[Line]:
        return iter(list(self._lines.values()))

    def require(self, event_id: EventId) -> Line:
        """Raises UnknownEvent, or LinePaused before booking's first answer."""
        line = self._lines.get(event_id)
        if line is not None:
            return line
        if not self.loaded_at:
            raise LinePaused("the queue is starting: it has not received the sales yet")
        raise UnknownEvent

    async def ready(self) -> None:
        """Readiness probe: raises LinePaused before booking's first answer."""
        if not self.loaded_at:
            raise LinePaused("booking has not answered yet")

    def update_sales(self, sales: Sales, now: float) -> None:
        """Replace all sales by booking's current ones. Lines without a sale are dropped."""
        elapsed = now - self.loaded_at if self.loaded_at else 0.0
        for sale in sales.sales:
            line = self._lines.get(sale.event_id) or self._first_seen(sale, now)
            line.update_sale(sale, now)
            line.follow_health(_health(sales, sale), elapsed)
            line.refresh(now)
            self._lines[sale.event_id] = line
        current = {sale.event_id for sale in sales.sales}
        self._lines = {key: line for key, line in self._lines.items() if key in current}
        self.loaded_at = now

    def _first_seen(self, sale: Sale, now: float) -> Line:
        facts, outflow = Facts(), Outflow()
        outlook = outlook_of(sale, facts, outflow, Behaviour(), sale.queue.per_second, now)
        return Line(Draw.derive(self.draw_key, sale.event_id), sale, outlook, facts, outflow)


def _health(sales: Sales, sale: Sale) -> BookingHealth:
    return BookingHealth(
        sales.hold_seconds_p95,
        sales.checkout_seconds_p95,
        sales.error_share,
        sale.open_holds / max(1, sale.queue.capacity),
    )
