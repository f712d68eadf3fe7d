"""LineTokens and admissions that are shown again: who is put back, who is not, and what it costs.

Every way out of a line is tried with both lanes, on a real Redis.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from services.queue.tests.adapters.scene import Scene, facts_of

from tiketi_queue.domain.line import Kind, Lane, Standing, Visit, Want
from tiketi_shared.ids import UserId

ANN = UserId("ann")
LANES: list[Lane] = ["general", "priority"]


@pytest.fixture
def scene(scene: Scene) -> Scene:
    scene.set(admission_ms=31_000, pickup_ms=9_000, grace_ms=70_000, recovery_ms=3_000)
    return scene


@dataclass
class Held:
    """What ann has in her hands: a ticket of her place, and an admission if she had one."""

    lane: Lane
    score: int
    admission: Standing | None = None

    def shown(self, want: Want = Want.PRESENT_A_TICKET) -> Visit:
        if self.admission is None:
            return Visit(ANN, want, ticket_lane=self.lane, ticket_score=self.score)
        return Visit(
            ANN, want, ticket_lane=self.lane, ticket_score=self.score,
            admission_id=self.admission.admission_id, admitted_ms=self.admission.admitted_ms,
            expires_ms=self.admission.expires_ms,
        )  # fmt: skip


async def in_line(scene: Scene, lane: Lane, elsewhere: int = 0) -> Held:
    """`elsewhere`: slots that are taken besides."""
    scene.set(capacity=elsewhere)
    [place] = await scene.join("ann", may_use_priority=lane == "priority")
    await scene.join("bob")
    return Held(lane, place.score)


async def passed_over(scene: Scene, lane: Lane, elsewhere: int = 0) -> Held:
    held = await in_line(scene, lane, elsewhere)
    scene.wait(60)
    await scene.seen("bob")
    scene.set(capacity=elsewhere + 1)
    assert await scene.admitted() == ["bob"]
    return held


async def inside(scene: Scene, lane: Lane) -> Held:
    held = await in_line(scene, lane)
    scene.set(capacity=1)
    assert await scene.admitted() == ["ann"]
    [held.admission] = await scene.look("ann")
    return held


async def left_the_line(scene: Scene, lane: Lane, elsewhere: int = 0) -> Held:
    held = await in_line(scene, lane, elsewhere)
    await scene.leave(ANN)
    return held


async def left_while_passed_over(scene: Scene, lane: Lane, elsewhere: int = 0) -> Held:
    held = await passed_over(scene, lane, elsewhere)
    await scene.leave(ANN)
    return held


async def gave_the_admission_up(scene: Scene, lane: Lane) -> Held:
    held = await inside(scene, lane)
    await scene.leave(ANN)
    return held


async def bought(scene: Scene, lane: Lane) -> Held:
    held = await inside(scene, lane)
    assert held.admission is not None
    await scene.report(ANN, held.admission.admission_id, paid=True)
    return held


async def let_the_admission_run_out(scene: Scene, lane: Lane) -> Held:
    held = await inside(scene, lane)
    scene.wait(31)
    await scene.seen("bob")
    assert await scene.admitted() == ["bob"]
    return held


GONE = [
    left_the_line, left_while_passed_over, gave_the_admission_up, bought, let_the_admission_run_out,
]  # fmt: skip
Way = Callable[..., Awaitable[Held]]


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("way", GONE)
async def test_a_place_that_was_used_or_given_up_is_not_restored(
    scene: Scene, way: Way, lane: Lane
) -> None:
    held = await way(scene, lane)
    scene.set(capacity=0)
    for visit in (held.shown(), Visit(ANN, Want.LOOK), Visit(ANN, Want.BE_SEEN)):
        [standing] = await scene.visit(visit)
        assert standing.kind is Kind.NOT_IN_LINE
    facts = await scene.facts()
    assert (facts.passed_over, facts.restored_total) == (0, 0)


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("way", GONE)
async def test_whoever_was_gone_joins_at_the_end_whatever_they_show(
    scene: Scene, way: Way, lane: Lane
) -> None:
    held = await way(scene, lane)
    scene.set(capacity=0)
    [eve] = await scene.join("eve")
    [again] = await scene.visit(held.shown(Want.JOIN))
    assert (again.kind, again.lane) == (Kind.WAITING, "general")
    assert again.score > eve.score
    assert again.ahead == eve.ahead + 1


@pytest.mark.parametrize("lane", LANES)
async def test_a_ticket_shown_without_a_loss_changes_nothing(scene: Scene, lane: Lane) -> None:
    held = await in_line(scene, lane)
    for want in (Want.PRESENT_A_TICKET, Want.JOIN):
        [ann] = await scene.visit(held.shown(want))
        assert (ann.kind, ann.lane, ann.score) == (Kind.WAITING, lane, held.score)
    assert (await scene.facts()).restored_total == 0


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("way", [in_line, passed_over])
async def test_after_a_loss_a_ticket_puts_its_holder_back(
    scene: Scene, way: Way, lane: Lane
) -> None:
    held = await way(scene, lane)
    await scene.lose()
    scene.set(capacity=0)
    await scene.join("eve", may_use_priority=lane == "priority")
    for want in (Want.PRESENT_A_TICKET, Want.JOIN):
        [ann] = await scene.visit(held.shown(want))
        assert (ann.kind, ann.lane, ann.score, ann.ahead) == (Kind.WAITING, lane, held.score, 0)
    facts = await scene.facts()
    assert (facts.waiting + facts.priority, facts.restored_total) == (2, 1)


@pytest.mark.parametrize("late_ms", [-1, 0, 1])
async def test_an_admission_shown_after_a_loss_keeps_its_slot_until_its_own_end(
    scene: Scene, late_ms: int
) -> None:
    held = await inside(scene, "general")
    assert held.admission is not None
    await scene.lose()
    scene.wait(5)
    [ann] = await scene.visit(held.shown())
    assert ann.kind is Kind.ADMITTED
    assert (ann.admission_id, ann.expires_ms) == (
        held.admission.admission_id, held.admission.expires_ms,
    )  # fmt: skip
    facts = facts_of(await scene.round_at(held.admission.expires_ms + late_ms))
    assert facts.active == (1 if late_ms < 0 else 0)


async def test_each_who_shows_an_admission_takes_one_slot(scene: Scene) -> None:
    """Of three slots two were taken: with both holders back, one is free, and one is let in."""
    scene.set(capacity=2)
    admissions = dict(zip(("ann", "bob"), await scene.join("ann", "bob"), strict=True))
    await scene.lose()
    scene.set(capacity=3)
    for reserved, (user, had) in zip((1, 0), admissions.items(), strict=True):
        visit = Visit(
            UserId(user), Want.PRESENT_A_TICKET, admission_id=had.admission_id,
            admitted_ms=had.admitted_ms, expires_ms=had.expires_ms,
        )  # fmt: skip
        for _ in range(2):
            await scene.visit(visit)
        facts = await scene.facts()
        assert (facts.active, facts.reserved) == (2 - reserved, reserved)
    await scene.join("eve", "zoe")
    scene.wait(3)
    assert await scene.admitted() == ["eve"]


async def test_an_admission_that_was_paid_for_after_a_loss_is_used_up(scene: Scene) -> None:
    held = await inside(scene, "general")
    assert held.admission is not None
    await scene.lose()
    for _ in range(2):
        await scene.report(ANN, held.admission.admission_id, paid=True)
    assert (await scene.facts()).reserved == 0
    [ann] = await scene.visit(held.shown())
    assert ann.kind is Kind.NOT_IN_LINE


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("way", [in_line, passed_over, left_the_line, left_while_passed_over])
@pytest.mark.parametrize("paid", [False, True])
async def test_an_old_report_does_not_move_whoever_the_line_knows(
    scene: Scene, way: Way, lane: Lane, paid: bool
) -> None:
    """Zoe's slot is lost and reserved. What the till says of an admission of ann's from earlier
    is not about that slot: she stands where she stands."""
    scene.set(capacity=1, admission_ms=400_000, recovery_ms=0)
    await scene.join("zoe")
    await scene.lose()
    await way(scene, lane, elsewhere=1)
    before = await scene.facts()
    await scene.report(ANN, "an earlier one", paid=paid)
    after = await scene.facts()
    assert after == before
    assert after.reserved == 1


async def test_an_admission_given_up_before_its_pickup_is_refused_for_its_whole_length(
    scene: Scene,
) -> None:
    """The notice held a token for a whole admission, though the slot was kept for the pickup."""
    await in_line(scene, "general")
    scene.set(capacity=1)
    [entry] = (await scene.round()).admitted
    [ended] = await scene.leave(ANN)
    assert ended.admission_id == entry.admission_id
    assert ended.expires_ms == entry.admitted_ms + 31_000


async def test_an_admission_given_up_after_a_renewal_is_refused_until_its_new_end(
    scene: Scene,
) -> None:
    held = await inside(scene, "general")
    assert held.admission is not None
    scene.wait(12)
    [renewed] = await scene.look("ann")
    [ended] = await scene.leave(ANN)
    assert ended.expires_ms == renewed.expires_ms == held.admission.expires_ms + 12_000
