"""What the notifier and the till tell, on a real Redis."""

from typing import Any

import msgspec
import pytest
from services.queue.tests.usecases.house import ADMISSIONS, Desk, House

from tiketi_shared.ids import EventId, OrderId, UserId, new_id
from tiketi_shared.messages import HoldsCreated, OrderPaid
from tiketi_shared.tokens import Admission


@pytest.mark.parametrize("position", ["before", "between", "after"])
async def test_people_of_every_known_event_are_present_whatever_else_is_told(
    house: House, desk: Desk, position: str
) -> None:
    """An event that this queue has not heard of, an ended one and one without a line are passed
    by, wherever they stand in the message."""
    events = [house.put_on_sale(capacity=0), house.put_on_sale(capacity=0)]
    ended, empty = house.put_on_sale(capacity=0), house.put_on_sale(capacity=0)
    for event in (*events, ended):
        await desk.ask("join", event, "ann")
        await desk.round(event)
    house.change(ended, sale_closes_at=house.clock.now())
    house.wait(60)
    known = [(event, [UserId("ann")]) for event in events]
    others = [(event, [UserId("ann")]) for event in (EventId("unheard-of"), ended, empty)]
    told = {
        "before": [*others, *known],
        "between": [known[0], *others, known[1]],
        "after": [*known, *others],
    }
    await desk.reports.connected(dict(told[position]))
    for event in events:
        house.change_queue(event, capacity=1)
        await desk.round(event)
        facts = desk.line(event).facts
        assert (facts.active, facts.passed_over) == (1, 0)


async def admission_of(desk: Desk, event: EventId, user: str) -> Any:
    grant = (await desk.ask("join", event, user)).body["admission"]
    return ADMISSIONS.verify(Admission, grant["token"], 0).admission_id


async def test_every_hold_of_one_message_renews_its_admission(house: House, desk: Desk) -> None:
    people = ("ann", "bob", "eve")
    event = house.put_on_sale(capacity=3)
    ids = {user: await admission_of(desk, event, user) for user in people}
    house.wait(30)
    holds = [(UserId(user), new_id(), ids[user]) for user in ("bob", "ann")]
    await desk.reports.settle(
        msgspec.convert({"type": "holds_created", "event_id": event, "holds": holds}, HoldsCreated)
    )
    house.wait(10)
    await desk.round(event)
    assert desk.line(event).facts.active == 2
    told = {user: (await desk.ask("place", event, user)).body.get("status") for user in people}
    assert told["ann"] == told["bob"] == "admitted"
    assert told["eve"] != "admitted"


@pytest.mark.parametrize("at_the_door", [True, False])
async def test_a_purchase_at_the_door_takes_nobody_out(
    house: House, desk: Desk, at_the_door: bool
) -> None:
    event = house.put_on_sale(capacity=3)
    id_ = await admission_of(desk, event, "ann")
    await desk.reports.settle(
        OrderPaid(
            event, UserId("ann"), OrderId(new_id()), None if at_the_door else id_, 198_000, "KRW", 2
        )
    )
    await desk.round(event)
    assert desk.line(event).facts.active == (1 if at_the_door else 0)
