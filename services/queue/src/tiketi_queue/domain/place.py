"""What one person is told about their place, and what everyone is told about the line."""

import math
import zlib
from datetime import UTC, datetime

import msgspec

from tiketi_queue.domain.draw import public_number
from tiketi_queue.domain.forecast import Forecast
from tiketi_queue.domain.line import Facts, Kind, Standing
from tiketi_queue.domain.stock import Behaviour, Stock, chance_of_seats
from tiketi_shared.ids import UserId
from tiketi_shared.sale import Phase, Sale
from tiketi_shared.shapes import (
    AdmissionGrant,
    Gap,
    Lane,
    Place,
    PlaceStatus,
    PriorityLane,
    Progress,
    Range,
)

LOBBY_POLL_SECONDS = 30
HEARING_SECONDS = 1
"""What asking and being let in take besides."""

NEAR_SECONDS = 120
"""Whoever may enter within this time is asked to call often enough to count as present."""


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """One line at one moment, as far as telling people is concerned; made once a tick."""

    phase: Phase
    facts: Facts
    forecast: Forecast
    behaviour: Behaviour
    stock: Stock
    choosing: int
    """Admitted people who hold no seats yet."""
    opens_in: float

    def chance(self, ahead: int, wait: float) -> float:
        """Of seats for somebody with `ahead` people in front who enters in `wait` seconds. Some of
        those in front will not enter: they are away when their turn comes, or give up before."""
        remaining = math.exp(-self.forecast.giving_up * wait / 2)
        will_enter = ahead * self.forecast.admitted_share * remaining
        return chance_of_seats(self.stock, self.choosing + will_enter, self.behaviour)

    def waits_for_returns(self, ahead: int) -> bool:
        """Whether those in front may take all that is free: when this person enters then depends
        on who gives seats back, and nobody can say when that is."""
        takers = self.choosing + ahead + 1
        return takers * self.stock.seats_a_person(self.behaviour) > self.stock.left


def rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def place_of(  # noqa: PLR0913  each is another fact, most by name
    outlook: Outlook,
    standing: Standing,
    user_id: UserId,
    *,
    opened: int,
    participants: int,
    ticket: str,
    admission: AdmissionGrant | None,
) -> Place:
    facts = outlook.facts
    lane = standing.lane or "general"
    number = public_number(standing.score, opened, participants) or None
    total = max(facts.waiting + facts.priority, standing.ahead + 1)
    if admission is not None:
        return Place(
            status="admitted", lane=lane, number=number, position=None, total=total,
            eta_seconds=Range(0, 0), chance=None, ticket=ticket, poll_after_seconds=30,
            admission=admission,
        )  # fmt: skip
    if outlook.phase in ("lobby", "scheduled"):
        return _in_the_lobby(outlook, user_id, lane, total, ticket)
    ahead = standing.ahead
    low, high = outlook.forecast.wait(ahead)
    pause = poll_after(low)
    timeless = outlook.phase in ("paused", "sold_out") or outlook.waits_for_returns(ahead)
    return Place(
        status=_status(outlook.phase, standing.kind),
        lane=lane,
        number=number,
        position=ahead + 1,
        total=total,
        eta_seconds=None if timeless else _told(low, high, pause),
        chance=outlook.chance(ahead, (low + high) / 2),
        ticket=ticket,
        poll_after_seconds=pause,
        admission=None,
    )


def _told(low: int, high: int, pause: int) -> Range:
    """Who asks again after `pause` seconds, as told, does not enter before that."""
    return Range(low, max(high, pause + HEARING_SECONDS))


def poll_after(low: int) -> int:
    """How long somebody who may enter in `low` seconds need not ask again."""
    return min(15, max(2, low // 4)) if low < NEAR_SECONDS else min(60, low // 4)


def _in_the_lobby(outlook: Outlook, user_id: UserId, lane: Lane, total: int, ticket: str) -> Place:
    """Nothing here may tell where the draw will put someone: all are told the same, but for
    when to call again, which is spread over the first seconds of the sale by the user's id."""
    low = max(0, int(outlook.opens_in))
    spread = 1 + zlib.crc32(user_id.encode()) % 4
    return Place(
        status="lobby", lane=lane, number=None, position=None, total=total,
        eta_seconds=Range(low, max(low, outlook.forecast.wait(total)[1])), chance=None,
        ticket=ticket, poll_after_seconds=min(LOBBY_POLL_SECONDS, low + spread), admission=None,
    )  # fmt: skip


def _status(phase: Phase, kind: Kind) -> PlaceStatus:
    """Sold out is a fact, never a forecast: the phase says it once nothing can come back."""
    if phase in ("paused", "sold_out"):
        return phase
    return "passed_over" if kind is Kind.RETURNED else "waiting"


def progress_of(  # noqa: PLR0913  each is another fact, most by name
    sale: Sale,
    phase: Phase,
    facts: Facts,
    *,
    participants: int,
    admitted_per_second: float,
    now: float,
) -> Progress:
    general = _serving(facts, participants, int(sale.sale_opens_at * 1_000_000))
    last = max(facts.counter, general)
    return Progress(
        event_id=sale.event_id,
        phase=phase,
        waiting=facts.waiting + facts.priority,
        active=facts.active,
        capacity=sale.queue.capacity,
        serving_number=general if facts.opened else 0,
        last_number=last if facts.opened else 0,
        admitted_per_second=round(admitted_per_second, 1),
        seats_left=sale.seats_left,
        seats_held=sale.seats_held,
        poll_after_seconds=2 if facts.waiting + facts.priority else 5,
        as_of=rfc3339(now),
        priority=PriorityLane(facts.priority, _priority_serving(facts)),
        gap=Gap(facts.gap_from, facts.gap_to) if facts.gap_to else None,
        opens_at=rfc3339(sale.sale_opens_at),
    )


def _serving(facts: Facts, participants: int, opening_us: int) -> int:
    """The highest number whose turn has come. It never goes back: who returns after having been
    passed over has a number below it."""
    opened = facts.opened or opening_us
    reached = public_number(facts.served, opened, participants) if facts.served else 0
    if not facts.head:
        return max(reached or 0, facts.counter)
    first = public_number(facts.head, opened, participants) or 0
    return max(reached or 0, first - 1)


def _priority_serving(facts: Facts) -> int:
    return (facts.priority_head or facts.priority_counter + 1) - 1
