"""What everybody is told after a round, and what the till is told."""

import asyncio
from typing import Any

import msgspec
import pytest

from tiketi_queue.domain.line import Ended
from tiketi_shared.ids import AdmissionId, UserId
from tiketi_shared.messages import UNCHANGED
from tiketi_shared.tokens import Admission

from .conftest import ADMISSIONS


async def one_is_let_in(house: Any, desk: Any) -> Any:
    """Ann's turn has come, and she has been told; the event."""
    event = house.put_on_sale(capacity=0)
    await desk.ask("join", event, "ann")
    house.change_queue(event, capacity=1)
    await desk.round(event)
    return event


async def test_the_admission_in_a_notice_is_good_for_its_whole_length(
    house: Any, desk: Any
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
    house: Any, desk: Any
) -> None:
    event = await one_is_let_in(house, desk)
    [notice] = [notice for tick in desk.ticks.published for notice in tick.admitted]
    token = ADMISSIONS.verify(
        Admission, msgspec.json.decode(notice.admission)["token"], house.clock.now()
    )
    house.wait(10.7)
    await desk.round(event)
    assert house.till.revoked == []
    house.wait(0.25)
    await desk.round(event)
    [ended] = house.till.revoked
    assert (ended.user_id, ended.admission_id) == ("ann", token.admission_id)
    assert ended.expires_ms >= token.exp * 1000, "refused for as long as the token could be used"


async def test_an_admission_that_ran_out_after_being_used_needs_no_refusal(
    house: Any, desk: Any
) -> None:
    event = await one_is_let_in(house, desk)
    await desk.ask("place", event, "ann")
    house.wait(37.25)
    await desk.round(event)
    assert desk.line(event).facts.active == 0
    assert house.till.revoked == []


@pytest.mark.parametrize("away", [True, False])
async def test_a_till_that_is_away_is_told_of_unused_admissions_afterwards(
    house: Any, desk: Any, away: bool
) -> None:
    event = await one_is_let_in(house, desk)
    house.till.away = away
    house.wait(11)
    await desk.round(event)
    house.till.away = False
    await desk.revocations.retry()
    await desk.revocations.retry()
    assert [ended.user_id for ended in house.till.revoked] == ["ann"]


async def test_what_ended_while_the_till_was_being_told_is_told_afterwards(
    house: Any, desk: Any
) -> None:
    """A gate holds the till in the middle of the first message, until another admission ends."""
    told: list[str] = []
    gate, reached = asyncio.Event(), asyncio.Event()

    class Gated:
        async def revoke(self, ended: Any) -> None:
            sent = [each.admission_id for each in ended]
            reached.set()
            await gate.wait()
            told.extend(sent)

    far = int((house.clock.now() + 30) * 1000)
    one, two = (Ended(UserId("ann"), AdmissionId(id_), far) for id_ in ("one", "two"))
    desk.revocations.waiting.append(one)
    desk.revocations.till = Gated()
    retrying = asyncio.create_task(desk.revocations.retry())
    await reached.wait()
    desk.revocations.waiting.append(two)
    gate.set()
    await retrying
    await desk.revocations.retry()
    assert told == ["one", "two"]
    assert desk.revocations.waiting == []


@pytest.mark.parametrize(("seconds", "published"), [(4.9, 0), (5.0, 1), (5.1, 1)])
async def test_a_document_that_stays_the_same_is_published_every_five_seconds(
    house: Any, desk: Any, seconds: float, published: int
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
async def test_an_ended_sale_shows_nobody_any_more(house: Any, desk: Any, phase: str) -> None:
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
    document = desk.line(event).progress
    assert (document.phase, document.waiting, document.active) == ("ended", 0, 0)
    assert document.priority.waiting == 0


@pytest.mark.parametrize("instances", [1, 2])
async def test_a_burst_does_not_enter_at_the_opening(house: Any, instances: int) -> None:
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
    house: Any, desk: Any, away: str
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
    document = desk.line(event).progress
    assert document.priority.serving_number == number["vip-4"]
    assert document.priority.waiting == 0
    served = "ann" if away == "the priority lane" else None
    assert document.serving_number == (number[served] if served else number["ann"] - 1)
    for user in general:
        place = (await desk.ask("place", event, user)).body
        if place["status"] == "waiting":
            assert place["position"] == place["number"] - document.serving_number
