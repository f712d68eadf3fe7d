"""Every end of a line's waiting, to the millisecond: one before, exactly then, one after.

The scripts take the time as an argument, so a real Redis is asked at each of these moments.
"""

import pytest
from services.queue.tests.adapters.scene import Scene, facts_of

from tiketi_queue.domain.line import Kind

BEFORE_AT_AFTER = [-1, 0, 1]
LANES = ["general", "priority"]

ADMISSION_MS, PICKUP_MS, GRACE_MS, RECOVERY_MS = 37_000, 11_000, 23_000, 7_000


@pytest.fixture
def scene(scene: Scene) -> Scene:
    scene.set(
        admission_ms=ADMISSION_MS,
        pickup_ms=PICKUP_MS,
        grace_ms=GRACE_MS,
        recovery_ms=RECOVERY_MS,
        capacity=1,
    )
    return scene


async def wait_for_a_slot(scene: Scene, lane: str, *users: str) -> None:
    """They stand in `lane` while nobody is let in."""
    scene.set(capacity=0)
    await scene.join(*users, may_use_priority=lane == "priority")
    scene.set(capacity=1)


@pytest.mark.parametrize("late_ms", BEFORE_AT_AFTER)
async def test_a_slot_is_free_when_its_admission_ends(scene: Scene, late_ms: int) -> None:
    [ann] = await scene.join("ann")
    assert ann.expires_ms == scene.terms.now + ADMISSION_MS
    await scene.join("bob")
    scene.set(now=ann.expires_ms - 10_000)
    await scene.seen("bob")
    round_ = await scene.round_at(ann.expires_ms + late_ms)
    assert [entry.user_id for entry in round_.admitted] == ([] if late_ms < 0 else ["bob"])


@pytest.mark.parametrize("renewed_by", ["a look", "a join", "a hold"])
@pytest.mark.parametrize("late_ms", BEFORE_AT_AFTER)
async def test_a_renewed_admission_ends_its_full_length_later(
    scene: Scene, late_ms: int, renewed_by: str
) -> None:
    [ann] = await scene.join("ann")
    scene.wait(20.007)
    if renewed_by == "a hold":
        await scene.report("ann", ann.admission_id, paid=False)
    elif renewed_by == "a look":
        await scene.look("ann")
    else:
        await scene.join("ann")
    round_ = await scene.round_at(scene.terms.now + ADMISSION_MS + late_ms)
    assert facts_of(round_).active == (1 if late_ms < 0 else 0)
    assert round_.unused == []


@pytest.mark.parametrize("renewed_by", ["a look", "a join", "a hold"])
async def test_shorter_admissions_do_not_shorten_one_that_was_given(
    scene: Scene, renewed_by: str
) -> None:
    [ann] = await scene.join("ann")
    scene.wait(5)
    scene.set(admission_ms=9_000)
    if renewed_by == "a hold":
        await scene.report("ann", ann.admission_id, paid=False)
    else:
        [again] = await (scene.look if renewed_by == "a look" else scene.join)("ann")
        assert again.expires_ms == ann.expires_ms
    facts = facts_of(await scene.round_at(ann.expires_ms - 1))
    assert facts.active == 1


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("late_ms", BEFORE_AT_AFTER)
async def test_an_admission_waits_the_pickup_time_for_its_person(
    scene: Scene, late_ms: int, lane: str
) -> None:
    await wait_for_a_slot(scene, lane, "ann")
    [entry] = (await scene.round()).admitted
    assert entry.expires_ms == scene.terms.now + PICKUP_MS
    round_ = await scene.round_at(entry.expires_ms + late_ms)
    given_on = late_ms >= 0
    assert facts_of(round_).active == (0 if given_on else 1)
    assert (facts_of(round_).passed_over, facts_of(round_).no_shows_total) == (given_on, given_on)
    # The token in the notice is good for a whole admission: so long it has to be refused.
    assert [(ended.user_id, ended.expires_ms) for ended in round_.unused] == (
        [("ann", entry.admitted_ms + ADMISSION_MS)] if given_on else []
    )


@pytest.mark.parametrize("shown_by", ["a look", "being connected", "a hold"])
async def test_whoever_shows_up_in_the_last_moment_keeps_the_admission(
    scene: Scene, shown_by: str
) -> None:
    await wait_for_a_slot(scene, "general", "ann")
    [entry] = (await scene.round()).admitted
    scene.set(now=entry.expires_ms - 1)
    if shown_by == "a hold":
        await scene.report("ann", entry.admission_id, paid=False)
    else:
        await (scene.look if shown_by == "a look" else scene.seen)("ann")
    ends = scene.terms.now + ADMISSION_MS
    facts = facts_of(await scene.round_at(ends - 1))
    assert (facts.active, facts.no_shows_total) == (1, 0)
    round_ = await scene.round_at(ends - 1 + scene.terms.round_ms)
    assert (facts_of(round_).active, facts_of(round_).no_shows_total, round_.unused) == (0, 0, [])


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("late_ms", BEFORE_AT_AFTER)
async def test_the_grace_of_whoever_was_passed_over(scene: Scene, late_ms: int, lane: str) -> None:
    await wait_for_a_slot(scene, lane, "ann", "bob")
    [before] = await scene.look("ann")
    scene.wait(50)
    passed_at = scene.terms.now + 250
    assert (await scene.facts()).passed_over == 2
    scene.set(now=passed_at + GRACE_MS + late_ms, capacity=0)
    await scene.join("eve")
    [ann] = await scene.look("ann")
    if late_ms <= 0:
        assert (ann.kind, ann.lane, ann.score) == (Kind.RETURNED, lane, before.score)
        assert ann.ahead == 0
    else:
        assert (ann.kind, ann.lane, ann.ahead) == (Kind.WAITING, "general", 1)


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("late_ms", BEFORE_AT_AFTER)
async def test_presence_ends_when_it_says(scene: Scene, late_ms: int, lane: str) -> None:
    await wait_for_a_slot(scene, lane, "ann")
    round_ = await scene.round_at(scene.terms.now + scene.present_ms + late_ms)
    here = late_ms < 0
    assert [entry.user_id for entry in round_.admitted] == (["ann"] if here else [])
    assert facts_of(round_).passed_over == (0 if here else 1)


@pytest.mark.parametrize("enters_by", ["a round", "joining"])
@pytest.mark.parametrize("late_ms", BEFORE_AT_AFTER)
async def test_after_a_loss_the_line_waits_the_recovery_time(
    scene: Scene, late_ms: int, enters_by: str
) -> None:
    await wait_for_a_slot(scene, "general", "ann")
    await scene.lose()
    scene.set(capacity=2)
    await scene.round()
    again = scene.terms.now + RECOVERY_MS
    if enters_by == "joining":
        scene.set(now=again + late_ms)
        [eve] = await scene.join("eve")
        assert (eve.kind is Kind.ADMITTED) == (late_ms >= 0)
        return
    await scene.join("eve")
    round_ = await scene.round_at(again + late_ms)
    assert [entry.user_id for entry in round_.admitted] == ([] if late_ms < 0 else ["eve"])


@pytest.mark.parametrize("late_ms", BEFORE_AT_AFTER)
async def test_slots_of_the_lost_are_reserved_until_their_admissions_have_run_out(
    scene: Scene, late_ms: int
) -> None:
    await scene.join("ann")
    await scene.lose()
    await scene.join("eve")
    until = scene.terms.now + ADMISSION_MS
    round_ = await scene.round_at(until + late_ms)
    assert facts_of(round_).reserved == (1 if late_ms < 0 else 0)
    assert [entry.user_id for entry in round_.admitted] == ([] if late_ms < 0 else ["eve"])


@pytest.mark.parametrize("late_ms", BEFORE_AT_AFTER)
async def test_the_next_enters_when_the_pace_allows_it(scene: Scene, late_ms: int) -> None:
    """At 2.5 a second the next after the first is due 400 ms later."""
    scene.set(capacity=5, pace=2.5)
    await scene.join("ann", "bob")
    round_ = await scene.round_at(scene.terms.now + 400 + late_ms)
    assert [entry.user_id for entry in round_.admitted] == ([] if late_ms < 0 else ["bob"])


@pytest.mark.parametrize("late_ms", BEFORE_AT_AFTER)
async def test_a_round_is_due_once_in_its_time_whoever_asks(scene: Scene, late_ms: int) -> None:
    await scene.join("ann")
    await scene.round()
    round_ = await scene.round_at(scene.terms.now + scene.terms.round_ms + late_ms)
    assert round_.due == (late_ms >= 0)


@pytest.mark.parametrize("late_ms", BEFORE_AT_AFTER)
async def test_whom_nobody_told_is_told_after_two_seconds(scene: Scene, late_ms: int) -> None:
    await wait_for_a_slot(scene, "general", "ann")
    assert await scene.admitted() == ["ann"]
    round_ = await scene.round_at(scene.terms.now + 2_000 + late_ms)
    assert [entry.user_id for entry in round_.admitted] == ([] if late_ms < 0 else ["ann"])
