"""Two lanes beside each other, on a real Redis: who is first, and that nobody is in both."""

import pytest
from services.queue.tests.adapters.scene import Scene, facts_of

from tiketi_queue.domain.line import Kind


@pytest.fixture
def scene(scene: Scene) -> Scene:
    scene.set(capacity=0)
    return scene


@pytest.mark.parametrize("free", [1, 2, 3, 4, 5, 6])
async def test_free_slots_go_to_the_priority_lane_first_and_no_slot_to_two(
    scene: Scene, free: int
) -> None:
    await scene.join("ann", "bob", "eve")
    await scene.join("vip-1", "vip-2", may_use_priority=True)
    scene.set(capacity=free)
    in_order = ["vip-1", "vip-2", "ann", "bob", "eve"]
    round_ = await scene.round()
    assert [entry.user_id for entry in round_.admitted] == in_order[:free]
    assert facts_of(round_).active == min(free, 5)


@pytest.mark.parametrize("tokens", [1, 2, 3, 4])
async def test_both_lanes_share_one_pace(scene: Scene, tokens: int) -> None:
    """Ten a second: one more each 100 ms, however many wait in either lane."""
    await scene.join("ann", "bob", "eve")
    await scene.join("vip-1", "vip-2", may_use_priority=True)
    scene.set(capacity=100, pace=10.0)
    await scene.round_at(scene.terms.now + 10_000)  # uses up the four tokens that gather
    await scene.join("zoe", "kim", "lee", "max", "pat")
    await scene.join("vip-3", "vip-4", may_use_priority=True)
    round_ = await scene.round_at(scene.terms.now + 100 * tokens)
    expected = ["vip-3", "vip-4", "eve", "zoe"][:tokens] if round_.due else []
    new = [entry.user_id for entry in round_.admitted if entry.admitted_ms == scene.terms.now]
    assert new == expected


@pytest.mark.parametrize("waits_in", ["general", "priority", "both"])
async def test_nobody_who_comes_walks_past_those_who_wait(scene: Scene, waits_in: str) -> None:
    """A slot is free already, and the round that gives it away has not come yet."""
    if waits_in != "priority":
        await scene.join("ann")
    if waits_in != "general":
        await scene.join("vip", may_use_priority=True)
    scene.set(capacity=1)
    [eve] = await scene.join("eve")
    assert eve.kind is Kind.WAITING
    assert eve.ahead == (2 if waits_in == "both" else 1)
    assert await scene.admitted() == ["ann" if waits_in == "general" else "vip"]


async def test_a_code_found_later_leaves_no_second_place(scene: Scene) -> None:
    await scene.join("ann", "bob")
    await scene.join("bob", may_use_priority=True)
    facts = await scene.facts()
    assert (facts.waiting, facts.priority) == (1, 1)
    scene.set(capacity=5)
    round_ = await scene.round()
    assert [entry.user_id for entry in round_.admitted] == ["bob", "ann"]
    assert (facts_of(round_).waiting, facts_of(round_).priority, facts_of(round_).active) == (
        0,
        0,
        2,
    )
    await scene.leave("bob")
    [bob] = await scene.look("bob")
    assert bob.kind is Kind.NOT_IN_LINE


@pytest.mark.parametrize("makes_up", [True, False])
@pytest.mark.parametrize("lane", ["general", "priority"])
async def test_a_no_show_is_made_up_for_where_the_organiser_wants_it(
    scene: Scene, lane: str, makes_up: bool
) -> None:
    """At one in ten seconds the next is due long after the pickup of somebody who never came."""
    scene.set(pace=0.1, pickup_ms=2_000, makes_up=makes_up)
    await scene.join("ann", "bob", may_use_priority=lane == "priority")
    scene.set(capacity=5)
    assert await scene.admitted() == ["ann"]
    scene.wait(2)
    round_ = await scene.round()
    assert [ended.user_id for ended in round_.unused] == ["ann"]
    assert [entry.user_id for entry in round_.admitted] == (["bob"] if makes_up else [])
    scene.wait(8)
    assert await scene.admitted() == ([] if makes_up else ["bob"])
