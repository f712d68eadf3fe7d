"""What the loops tell booking."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from tiketi_queue.domain.line import Facts
from tiketi_queue.ports import BookingUnavailable
from tiketi_queue.workers import follow_sales
from tiketi_shared.ids import EventId
from tiketi_shared.sale import Sales


@dataclass
class Line:
    event_id: EventId
    facts: Facts


@dataclass
class Lines:
    """Each look at the sales finds the next numbers of people: those of the line and its lane."""

    numbers: list[dict[str, tuple[int, int]]]
    now: dict[str, tuple[int, int]] = field(default_factory=dict)

    def update_sales(self, _: Sales, __: float) -> None:
        self.now = self.numbers.pop(0)

    def __iter__(self) -> Iterator[Line]:
        for event_id, (waiting, priority) in self.now.items():
            facts = Facts(waiting=waiting, priority=priority)
            yield Line(EventId(event_id), facts)


@dataclass
class Booking:
    """Away after as many looks as there are numbers."""

    looks: int
    told: list[Mapping[EventId, int]] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def sales(self) -> Sales:
        if not self.looks:
            self.over.set()
            raise BookingUnavailable
        self.looks -= 1
        return Sales(sales=[], hold_seconds_p95=0, checkout_seconds_p95=0, error_share=0)

    async def tell_lines(self, waiting: Mapping[EventId, int]) -> None:
        self.told.append(waiting)


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([{"e": (0, 0)}], []),
        ([{"e": (5, 2), "quiet": (0, 0)}], [{"e": 7}]),
        ([{"e": (5, 0)}, {"e": (0, 0)}, {"e": (0, 0)}], [{"e": 5}, {"e": 0}]),
        ([{"e": (0, 3)}, {}, {}], [{"e": 3}, {"e": 0}]),
    ],
    ids=["nobody", "some", "nobody any more", "the event is over"],
)
async def test_booking_is_told_how_many_wait_and_when_nobody_does_any_more(
    numbers: Any, told: Any
) -> None:
    booking = Booking(len(numbers))
    following = asyncio.ensure_future(
        follow_sales(cast(Any, Lines(numbers)), cast(Any, booking), 0, lambda: 0.0)
    )
    async with asyncio.timeout(10):
        await booking.over.wait()
    following.cancel()
    assert booking.told == told
