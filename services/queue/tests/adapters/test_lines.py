"""What a line promises, one promise a test."""

from services.queue.tests.adapters.scene import Scene, facts_of

from tiketi_queue.domain.line import Kind, Visit, Want
from tiketi_shared.ids import UserId


async def test_looking_at_a_line_that_nobody_joined_leaves_no_trace(scene: Scene) -> None:
    [standing] = await scene.look("ann")
    assert standing.kind is Kind.NOT_IN_LINE
    assert (await scene.round()).facts is None


async def test_joining_again_changes_nothing(scene: Scene) -> None:
    scene.set(capacity=0)
    [first] = await scene.join("ann")
    await scene.join("bob")
    [again] = await scene.join("ann")
    assert (again.score, again.ahead) == (first.score, 0)


async def test_the_lobby_stands_in_the_drawn_order_when_it_opens(scene: Scene) -> None:
    scene.set(mode="before", opening_us=scene.terms.now * 1000 + 60_000_000)
    for user, drawn in (("ann", 900), ("bob", 300), ("eve", 600)):
        await scene.join(user, drawn_score=drawn)
    scene.set(mode="on_sale", now=scene.terms.opening_us // 1000, capacity=0)
    [late] = await scene.join("zoe", drawn_score=1)
    assert late.score > 2**50
    assert late.ahead == 3
    await scene.seen("ann", "bob", "eve")
    scene.set(capacity=10)
    assert await scene.admitted() == ["bob", "eve", "ann", "zoe"]
    facts = await scene.facts()
    assert facts.participants == 3


async def test_leaving_the_lobby_and_coming_back_does_not_draw_again(scene: Scene) -> None:
    scene.set(mode="before", opening_us=scene.terms.now * 1000 + 60_000_000)
    [first] = await scene.join("ann", drawn_score=777)
    await scene.leave("ann")
    [second] = await scene.join("ann", drawn_score=777)
    assert first.score == second.score == 777


async def test_who_has_given_up_a_place_cannot_take_it_back_with_the_ticket(scene: Scene) -> None:
    scene.set(capacity=0)
    [first] = await scene.join("ann")
    await scene.join("bob")
    await scene.leave("ann")
    [again] = await scene.join("ann", ticket_lane="general", ticket_score=first.score)
    assert again.score > first.score
    assert again.ahead == 1


async def test_who_has_used_an_admission_cannot_enter_again_with_the_old_ticket(
    scene: Scene,
) -> None:
    scene.set(capacity=1)
    [inside] = await scene.join("ann")
    await scene.join("bob")
    await scene.report("ann", inside.admission_id, paid=True)
    [again] = await scene.visit(
        Visit(
            UserId("ann"), Want.PRESENT_A_TICKET, ticket_lane="general",
            ticket_score=inside.score, admission_id=inside.admission_id,
            admitted_ms=inside.admitted_ms, expires_ms=inside.expires_ms,
        )
    )  # fmt: skip
    assert again.kind is Kind.NOT_IN_LINE
    assert await scene.admitted() == ["bob"]


async def test_the_priority_lane_enters_first_and_moves_no_number(scene: Scene) -> None:
    scene.set(capacity=0)
    [ann] = await scene.join("ann")
    [vip] = await scene.join("vip", may_use_priority=True)
    [ann_later] = await scene.look("ann")
    assert vip.ahead == 0
    assert (ann_later.score, ann_later.ahead) == (ann.score, 1)
    scene.set(capacity=5)
    assert await scene.admitted() == ["vip", "ann"]


async def test_a_code_found_later_moves_to_the_priority_lane(scene: Scene) -> None:
    scene.set(capacity=0)
    await scene.join("ann", "bob")
    [bob] = await scene.join("bob", may_use_priority=True)
    assert (bob.lane, bob.ahead) == ("priority", 0)
    [bob] = await scene.join("bob")
    assert bob.lane == "priority"


async def test_open_means_no_line_until_the_capacity_is_reached(scene: Scene) -> None:
    scene.set(unpaced=True, capacity=40, pace=1.0)
    standings = await scene.join(*(f"user-{index}" for index in range(50)))
    kinds = [standing.kind for standing in standings]
    assert kinds == [Kind.ADMITTED] * 40 + [Kind.WAITING] * 10


async def test_a_person_who_is_away_is_passed_over_and_next_in_on_return(scene: Scene) -> None:
    scene.set(capacity=0)
    await scene.join("ann", "bob", "eve")
    scene.wait(60)
    await scene.seen("bob", "eve")
    scene.set(capacity=1)
    assert await scene.admitted() == ["bob"]
    [ann] = await scene.look("ann")
    assert (ann.kind, ann.ahead) == (Kind.RETURNED, 0)
    scene.set(capacity=2)
    assert await scene.admitted() == ["ann"]


async def test_nobody_is_passed_over_while_there_is_no_free_slot(scene: Scene) -> None:
    scene.set(capacity=0)
    await scene.join("ann")
    scene.wait(600)
    facts = await scene.facts()
    assert (facts.waiting, facts.passed_over) == (1, 0)


async def test_after_the_grace_the_place_is_at_the_end_but_not_lost(scene: Scene) -> None:
    scene.set(capacity=0, grace_ms=60_000)
    [before] = await scene.join("ann")
    await scene.join("bob")
    scene.wait(50)
    await scene.seen("bob")
    scene.set(capacity=1)
    assert await scene.admitted() == ["bob"]
    scene.wait(61)
    [after] = await scene.look("ann")
    assert after.kind is Kind.WAITING
    assert after.score > before.score


async def test_a_line_of_people_who_are_all_away_does_not_stall(scene: Scene) -> None:
    scene.set(capacity=0)
    await scene.join(*(f"gone-{index}" for index in range(500)))
    await scene.join(*(f"gone-{index}" for index in range(500, 1000)))
    await scene.join("here")
    scene.wait(60)
    await scene.seen("here")
    scene.set(capacity=1)
    rounds = 0
    while not await scene.admitted():
        rounds += 1
        assert rounds <= 4


async def test_an_admission_that_nobody_picks_up_is_given_on(scene: Scene) -> None:
    scene.set(capacity=1, pickup_ms=5_000)
    await scene.join("first", "ann", "bob")
    await scene.leave("first")
    assert await scene.admitted() == ["ann"]
    scene.wait(5)
    await scene.seen("bob")
    round_ = await scene.round()
    assert [ended.user_id for ended in round_.unused] == ["ann"]
    assert [entry.user_id for entry in round_.admitted] == ["bob"]
    assert facts_of(round_).no_shows_total == 1
    [ann] = await scene.look("ann")
    assert (ann.kind, ann.ahead) == (Kind.RETURNED, 0)


async def test_being_connected_is_picking_up_but_does_not_renew_for_ever(scene: Scene) -> None:
    scene.set(capacity=1, pickup_ms=5_000, admission_ms=30_000)
    await scene.join("first", "ann")
    await scene.leave("first")
    await scene.admitted()
    for _ in range(5):
        scene.wait(8)
        await scene.seen("ann")
    facts = await scene.facts()
    assert (facts.active, facts.no_shows_total) == (0, 0)


async def test_asking_for_the_place_renews_an_admission(scene: Scene) -> None:
    scene.set(admission_ms=30_000)
    [first] = await scene.join("ann")
    scene.wait(20)
    [later] = await scene.look("ann")
    assert later.admission_id == first.admission_id
    assert later.expires_ms == first.expires_ms + 20_000
    scene.wait(20)
    assert (await scene.facts()).active == 1


async def test_a_purchase_reported_twice_frees_one_slot(scene: Scene) -> None:
    [ann, _] = await scene.join("ann", "bob")
    for _ in range(2):
        await scene.report("ann", ann.admission_id, paid=True)
    facts = await scene.facts()
    assert (facts.active, facts.freed_total) == (1, 1)


async def test_a_report_on_an_earlier_admission_does_not_touch_the_new_one(scene: Scene) -> None:
    [first] = await scene.join("ann")
    await scene.leave("ann")
    [second] = await scene.join("ann")
    assert first.admission_id != second.admission_id
    await scene.report("ann", first.admission_id, paid=True)
    assert (await scene.facts()).active == 1


async def test_the_pace_holds_even_when_many_slots_are_free(scene: Scene) -> None:
    scene.set(capacity=1000, pace=10.0)
    await scene.join(*(f"user-{index}" for index in range(200)))
    let_in = 0
    for _ in range(40):
        let_in += len(await scene.admitted())
    assert 95 <= let_in <= 104


async def test_no_shows_are_made_up_for_above_the_pace_never_above_the_capacity(
    scene: Scene,
) -> None:
    async def shown_in_a_minute(*, makes_up: bool) -> int:
        scene.set(capacity=300, pace=4.0, pickup_ms=5_000, makes_up=makes_up)
        users = [f"{makes_up}-{index}" for index in range(500)]
        await scene.join(*users)
        shown = 0
        for step in range(240):
            round_ = await scene.round()
            assert facts_of(round_).active <= 300
            for entry in round_.admitted:
                if int(entry.user_id.split("-")[1]) % 3 and entry.admitted_ms == scene.terms.now:
                    await scene.look(entry.user_id)
                    shown += 1
            if step % 80 == 0:
                await scene.seen(*users)
        await scene.leave(*users)
        return shown

    without = await shown_in_a_minute(makes_up=False)
    assert await shown_in_a_minute(makes_up=True) > without * 1.25


async def test_whom_nobody_told_is_announced_again(scene: Scene) -> None:
    scene.set(capacity=1)
    await scene.join("first", "ann")
    await scene.leave("first")
    assert await scene.admitted() == ["ann"]
    scene.wait(2)
    assert await scene.admitted(announced=[]) == ["ann"]
    assert await scene.admitted(announced=[]) == []


async def test_who_was_told_is_not_announced_again(scene: Scene) -> None:
    scene.set(capacity=1)
    await scene.join("first", "ann")
    await scene.leave("first")
    await scene.admitted()
    assert await scene.admitted(announced=["ann"]) == []
    scene.wait(3)
    assert await scene.admitted() == []


async def test_presence_is_kept_near_the_head_only(scene: Scene) -> None:
    """Who is seen far behind is not remembered: by the time of their turn it says nothing."""
    scene.set(capacity=0, horizon=2)
    await scene.join("ann", "bob", "eve", "far")
    await scene.round()
    scene.wait(60)
    await scene.seen("ann", "bob", "eve", "far")
    scene.set(capacity=10)
    assert await scene.admitted() == ["ann", "bob", "eve"]


async def test_a_smaller_capacity_throws_nobody_out(scene: Scene) -> None:
    await scene.join("ann", "bob", "eve")
    scene.set(capacity=1)
    facts = await scene.facts()
    assert (facts.active, facts.waiting) == (2, 1)
    await scene.leave("ann")
    assert await scene.admitted() == []


async def test_slots_stay_reserved_through_two_losses_in_a_row(scene: Scene) -> None:
    scene.set(capacity=2, recovery_ms=1_000, admission_ms=30_000)
    await scene.join("ann", "bob", "eve")
    await scene.lose()
    await scene.join("eve")
    await scene.round()
    await scene.lose()
    await scene.join("eve")
    scene.wait(2)
    assert await scene.admitted() == []
    scene.wait(30)
    await scene.seen("eve")
    assert await scene.admitted() == ["eve"]


async def test_a_hold_shows_that_an_admission_outlived_the_loss(scene: Scene) -> None:
    scene.set(capacity=1, recovery_ms=1_000)
    [ann] = await scene.join("ann")
    await scene.join("bob")
    await scene.lose()
    for _ in range(2):
        await scene.report("ann", ann.admission_id, paid=False)
    [back] = await scene.look("ann")
    assert (back.kind, back.admission_id) == (Kind.ADMITTED, ann.admission_id)
    facts = await scene.facts()
    assert (facts.active, facts.reserved) == (1, 0)


async def test_after_a_loss_those_who_are_back_first_do_not_overtake(scene: Scene) -> None:
    scene.set(capacity=0, recovery_ms=5_000)
    [ann, bob] = await scene.join("ann", "bob")
    await scene.lose()
    scene.set(capacity=1)
    [eve] = await scene.join("eve")
    await scene.join("bob", ticket_lane="general", ticket_score=bob.score)
    assert await scene.admitted() == []
    await scene.join("ann", ticket_lane="general", ticket_score=ann.score)
    scene.wait(5)
    assert await scene.admitted() == ["ann"]
    places = await scene.look("bob", "eve")
    assert [place.ahead for place in places] == [0, 1]
    assert places[0].score == bob.score < eve.score


async def test_numbers_that_nobody_has_are_told(scene: Scene) -> None:
    scene.set(capacity=0)
    [ann] = await scene.join("ann")
    await scene.lose()
    [bob] = await scene.join("bob")
    facts = await scene.facts()
    assert (facts.gap_from, facts.gap_to) == (ann.score + 1, bob.score - 1)
