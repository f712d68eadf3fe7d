"""A line that an older version of the service has written goes on, and older instances can read
what this version writes: during an upgrade both work on the same lines."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis
from services.queue.tests.adapters.scene import Scene

from tiketi_queue.adapters.keys import line_keys
from tiketi_queue.domain.line import Kind, Visit, Want
from tiketi_shared.ids import EventId, UserId

STORED: dict[str, Any] = json.loads(Path(__file__).with_name("line_of_60ea199.json").read_text())
"""What 60ea199 had in Redis: the lobby of three has opened; one was away, one is inside, one was
called and has not come yet; two wait in the general lane, one in the priority lane, one has
left."""

NOW = 2_000_000_062_500


@pytest.fixture
async def older(scene: Scene) -> Scene:
    await restore(scene.redis, scene.event)
    scene.set(now=NOW, opening_us=2_000_000_060_000_000, capacity=2)
    return scene


async def restore(redis: Redis, event: EventId) -> None:
    keys = {key.rsplit(":", 1)[1]: key for key in line_keys(event)}
    await redis.set(keys["state"], bytes.fromhex(STORED["state"]))
    for part in ("waiting", "priority", "active", "present", "announce"):
        await redis.zadd(keys[part], STORED[part])
    for part in ("passed", "admitted"):
        values = {user: bytes.fromhex(value) for user, value in STORED[part].items()}
        await redis.hset(keys[part], mapping=values)
    await redis.sadd(keys["gone"], *STORED["gone"])


async def records(scene: Scene, part: str) -> dict[str, list[Any]]:
    [key] = [key for key in line_keys(scene.event) if key.endswith(f":{part}")]
    stored: dict[bytes, bytes] = await scene.redis.hgetall(key)  # type: ignore[assignment]  # the client does not decode
    return {user.decode(): msgspec.msgpack.decode(value) for user, value in stored.items()}


async def test_everybody_keeps_their_place(older: Scene) -> None:
    vip, first, second = await older.look("vip", "first", "second")
    assert [place.lane for place in (vip, first, second)] == ["priority", "general", "general"]
    assert [place.ahead for place in (vip, first, second)] == [0, 1, 2]
    [away] = await older.look("away")
    assert (away.kind, away.lane, away.score, away.ahead) == (Kind.RETURNED, "lobby", 1, 1)
    ticket = Visit(
        UserId("left"), Want.PRESENT_A_TICKET, ticket_lane="lobby", ticket_score=7, drawn_score=7
    )
    assert (await older.visit(ticket))[0].kind is Kind.NOT_IN_LINE


async def test_an_admission_is_renewed_reported_and_given_up(older: Scene) -> None:
    [inside] = await older.look("inside")
    assert (inside.kind, inside.lane, inside.score) == (Kind.ADMITTED, "lobby", 5)
    assert inside.admission_id == "f760a3cb26c050e8cda5"
    assert inside.admitted_ms == 2_000_000_061_000
    await older.report("called", "459ccd0124faf90183cc", paid=False)
    assert (await records(older, "admitted"))["called"][-1] is True
    [ended] = await older.leave("inside")
    assert (ended.admission_id, ended.expires_ms) == (inside.admission_id, inside.expires_ms)


async def test_an_announcement_that_was_not_made_is_made(older: Scene) -> None:
    older.wait(2)
    entries = {str(entry.user_id): entry for entry in (await older.round([])).admitted}
    assert entries["called"].admission_id == "459ccd0124faf90183cc"
    assert entries["called"].score == 900
    assert entries["called"].expires_ms == 2_000_000_107_000


async def test_a_no_show_is_passed_over(older: Scene) -> None:
    older.set(now=2_000_000_107_000)
    round_ = await older.round()
    assert [ended.admission_id for ended in round_.unused] == ["459ccd0124faf90183cc"]
    [called] = await older.look("called")
    assert (called.kind, called.lane, called.score) == (Kind.RETURNED, "lobby", 900)


async def test_records_keep_the_form_that_older_versions_read(older: Scene) -> None:
    """An admission is id, when admitted, lane, score, shown; a place passed over is lane, score,
    when. The state is a map; a name that is missing or new would stop an older instance."""
    older.set(capacity=3)
    [entry] = (await older.round()).admitted
    assert entry.user_id == "vip"
    assert (await records(older, "admitted"))["vip"] == [
        entry.admission_id, entry.admitted_ms, "priority", entry.score, False,
    ]  # fmt: skip
    older.wait(50)
    await older.round()
    passed = await records(older, "passed")
    assert passed["vip"] == ["priority", entry.score, older.terms.now]
    assert passed["away"] == ["lobby", 1, 2_000_000_061_000]
    state = await older.redis.get(line_keys(older.event)[0])
    assert isinstance(state, bytes)
    assert (
        msgspec.msgpack.decode(state).keys()
        == msgspec.msgpack.decode(bytes.fromhex(STORED["state"])).keys()
    )
