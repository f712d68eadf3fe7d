"""What everybody is told after a round, and what the till is told."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest
from services.queue.tests.usecases.house import ADMISSIONS, Desk, House, RecordingBooking

from tiketi_queue.domain.line import Ended
from tiketi_shared.ids import AdmissionId, EventId, UserId
from tiketi_shared.messages import UNCHANGED
from tiketi_shared.tokens import Admission


async def one_is_let_in(house: House, desk: Desk) -> EventId:
    """Ann's turn has come, and she has been told; the event."""
    event = house.put_on_sale(capacity=0)
    await desk.ask("join", event, "ann")
    house.change_queue(event, capacity=1)
    await desk.round(event)
    return event


async def test_the_admission_in_a_notice_is_good_for_its_whole_length(
    house: House, desk: Desk
) -> None:
    """Whoever uses it at once, without asking for the place, has as long as everybody else."""
    await one_is_let_in(house, desk)
    [notice] = [notice for tick in desk.ticks.published for notice in tick.admitted]
    token = ADMISSIONS.verify(
        Admission, msgspec.json.decode(notice.admission)["token"], house.clock.now()
    )
    assert notice.user_id == token.user_id == "ann"
    assert house.clock.now() + 36 < token.exp <= house.clock.now() + 37


async def test_an_admission_that_nobody_picked_up_is_refused_at_the_till(
    house: House, desk: Desk
) -> None:
    event = await one_is_let_in(house, desk)
    [notice] = [notice for tick in desk.ticks.published for notice in tick.admitted]
    token = ADMISSIONS.verify(
        Admission, msgspec.json.decode(notice.admission)["token"], house.clock.now()
    )
    house.wait(10.7)
    await desk.round(event)
    assert house.booking.revoked == []
    house.wait(0.25)
    await desk.round(event)
    [ended] = house.booking.revoked
    assert (ended.user_id, ended.admission_id) == ("ann", token.admission_id)
    assert ended.expires_ms >= token.exp * 1000, "refused for as long as the token could be used"


async def test_an_admission_that_ran_out_after_being_used_needs_no_refusal(
    house: House, desk: Desk
) -> None:
    event = await one_is_let_in(house, desk)
    await desk.ask("place", event, "ann")
    house.wait(37.25)
    await desk.round(event)
    assert desk.line(event).facts.active == 0
    assert house.booking.revoked == []


@pytest.mark.parametrize("away", [True, False])
async def test_a_till_that_is_away_is_told_of_unused_admissions_afterwards(
    house: House, desk: Desk, away: bool
) -> None:
    event = await one_is_let_in(house, desk)
    house.booking.unavailable = away
    house.wait(11)
    await desk.round(event)
    house.booking.unavailable = False
    await desk.revocations.retry()
    await desk.revocations.retry()
    assert [ended.user_id for ended in house.booking.revoked] == ["ann"]


async def test_what_ended_while_the_till_was_being_told_is_told_afterwards(
    house: House, desk: Desk
) -> None:
    """A gate holds the till in the middle of the first message, until another admission ends."""
    gate, reached = asyncio.Event(), asyncio.Event()

    class Gated(RecordingBooking):
        async def revoke(self, ended: Sequence[Ended]) -> None:
            sent = list(ended)
            reached.set()
            await gate.wait()
            await super().revoke(sent)

    booking = Gated()
    far = int((house.clock.now() + 30) * 1000)
    one, two = (Ended(UserId("ann"), AdmissionId(id_), far) for id_ in ("one", "two"))
    desk.revocations.waiting.append(one)
    desk.revocations.booking = booking
    retrying = asyncio.create_task(desk.revocations.retry())
    await reached.wait()
    desk.revocations.waiting.append(two)
    gate.set()
    await retrying
    await desk.revocations.retry()
    assert booking.revoked == [one, two]
    assert desk.revocations.waiting == []


@pytest.mark.parametrize(("seconds", "published"), [(4.9, 0), (5.0, 1), (5.1, 1)])
async def test_a_document_that_stays_the_same_is_published_every_five_seconds(
    house: House, desk: Desk, seconds: float, published: int
) -> None:
    event = house.put_on_sale(capacity=0)
    await desk.ask("join", event, "ann")
    for _ in range(60):  # until nothing is measured that changes
        await desk.round(event)
    for _ in range(40):  # ten seconds
        if desk.line(event).published_at == house.clock.now():
            break
        await desk.round(event)
    desk.ticks.published.clear()
    house.wait(seconds - 0.25)
    await desk.round(event)
    assert len(desk.ticks.published) == published
    assert all(tick.status != UNCHANGED for tick in desk.ticks.published)


@pytest.mark.parametrize("phase", ["ended", "cancelled"])
async def test_an_ended_sale_shows_nobody_any_more(house: House, desk: Desk, phase: str) -> None:
    event = house.put_on_sale(capacity=2, invite_codes=("GOLD",))
    for user in ("ann", "bob", "eve"):
        await desk.ask("join", event, user)
    await desk.ask("join", event, "vip", code="GOLD")
    await desk.round(event)
    facts = desk.line(event).facts
    assert (facts.active, facts.waiting, facts.priority) == (2, 1, 1)
    if phase == "ended":
        house.change(event, sale_closes_at=house.clock.now())
    else:
        house.change(event, cancelled=True)
    await desk.round(event)
    facts = desk.line(event).facts
    assert (facts.active, facts.waiting, facts.priority, facts.passed_over) == (0, 0, 0, 0)
    document = desk.progress(event)
    assert (document.phase, document.waiting, document.active) == ("ended", 0, 0)
    assert document.priority.waiting == 0


@pytest.mark.parametrize("instances", [1, 2])
async def test_a_burst_does_not_enter_at_the_opening(house: House, instances: int) -> None:
    """40 a second: one in the first round, ten in each quarter of a second after it."""
    desks = [house.start() for _ in range(instances)]
    event = house.put_on_sale(opens_in=30, policy="lobby", capacity=100)
    for index in range(60):
        await desks[0].ask("join", event, f"person-{index}")
    house.wait(29.75)
    let_in = []
    for _ in range(4):
        house.wait(0.25)
        for desk in desks:
            await desk.rounds.run(desk.line(event))
        let_in.append(desks[0].line(event).facts.admitted_total)
    assert let_in == [1, 11, 21, 31]


@pytest.mark.parametrize("away", ["the priority lane", "the general lane", "nobody"])
async def test_a_lane_s_serving_number_is_moved_by_its_own_people_only(
    house: House, desk: Desk, away: str
) -> None:
    """Whoever waits computes the position from the shared document, as every page does."""
    event = house.put_on_sale(capacity=0, invite_codes=("GOLD",))
    general, priority = ["ann", "bob"], ["vip-1", "vip-2", "vip-3", "vip-4"]
    number = {}
    for user in general:
        number[user] = (await desk.ask("join", event, user)).body["number"]
    for user in priority:
        number[user] = (await desk.ask("join", event, user, code="GOLD")).body["number"]
    house.wait(60)
    for user in {"the priority lane": general, "the general lane": priority}.get(away, number):
        await desk.ask("place", event, user)
    house.change_queue(event, capacity=1 if away == "the priority lane" else 4)
    await desk.round(event)
    document = desk.progress(event)
    assert document.priority.serving_number == number["vip-4"]
    assert document.priority.waiting == 0
    served = "ann" if away == "the priority lane" else None
    assert document.serving_number == (number[served] if served else number["ann"] - 1)
    for user in general:
        place = (await desk.ask("place", event, user)).body
        if place["status"] == "waiting":
            assert place["position"] == place["number"] - document.serving_number
