"""Redis dies in the middle of a sale, with everything it knew."""

import random
import shutil
import time
from collections.abc import Callable
from typing import Any

from services.queue.tests.harness import FakeBooking, Queue, StartQueue, until

from tiketi_local.stores import RedisServer
from tiketi_shared.ids import EventId, new_id

LOBBY, LATE, CAPACITY = 15_000, 5_000, 50


async def test_everyone_is_back_at_their_place_after_redis_lost_everything(
    start_queue: StartQueue, redis_server: Callable[[], RedisServer], booking: FakeBooking
) -> None:
    redis = redis_server()
    queue = await start_queue(redis_url=redis.url, redis_timeout=0.3, recovery_seconds=3)
    event = booking.put_on_sale(opens_in=600, capacity=CAPACITY, per_second=100.0, policy="lobby")
    await queue.knows(event)
    lobby, late = [new_id() for _ in range(LOBBY)], [new_id() for _ in range(LATE)]
    joined = await queue.ask_all("join", event, lobby)
    assert {(answer.status, answer.body["status"]) for answer in joined} == {(202, "lobby")}
    booking.change(event, sale_opens_at=time.time())
    await queue.knows(event, phase="on_sale")
    await queue.ask_all("join", event, late)
    await queue.holds(event, active=CAPACITY)

    everyone = lobby + late
    found = await queue.ask_all("place", event, everyone)
    places = {user: answer.body for user, answer in zip(everyone, found, strict=True)}
    inside = [user for user in everyone if places[user]["status"] == "admitted"]
    order = sorted(set(everyone) - set(inside), key=lambda user: places[user]["position"])
    assert len(inside) == CAPACITY

    redis.kill()
    await while_it_is_away(queue, event, order[0], places[order[0]])
    shutil.rmtree(next(iter(redis._folder.glob("appendonlydir"))))
    redis.start()

    newcomer = new_id()

    async def may_join() -> Any:
        answer = await queue.ask("join", event, newcomer)
        return answer if answer.status != 503 else None

    answer = await until(may_join)
    assert answer.status == 202
    assert answer.body["number"] > max(places[user]["number"] for user in everyone)
    came_back = random.Random(1).sample(order, len(order))
    tickets = [{"ticket": places[user]["ticket"]} for user in came_back]
    back = await queue.ask_all("join", event, came_back, tickets)
    assert [one.body["number"] for one in back] == [places[user]["number"] for user in came_back]
    admissions = [{"admission": places[user]["admission"]["token"]} for user in inside]
    back = await queue.ask_all("place", event, inside, admissions)
    assert {one.body["status"] for one in back} == {"admitted"}

    after = await queue.ask_all("place", event, [*order, newcomer])
    assert {one.body["status"] for one in after} == {"waiting"}
    assert [one.body["position"] for one in after] == list(range(1, len(order) + 2))
    await queue.holds(event, active=CAPACITY, waiting=len(order) + 1)
    print(
        f"{len(order)} people are back at their number and in their order, {len(inside)} "
        f"admissions are back, nobody was let in beside them"
    )

    await queue.ask_all("leave", event, inside)
    await queue.holds(event, active=CAPACITY, waiting=len(order) + 1 - CAPACITY)
    first = await queue.ask_all("place", event, order[: CAPACITY + 1])
    assert [one.body["status"] for one in first] == ["admitted"] * CAPACITY + ["waiting"]


async def while_it_is_away(queue: Queue, event: EventId, user: str, place: dict[str, Any]) -> None:
    """The line stands still, says so, and tells who shows a ticket that the place is kept."""
    await queue.knows(event, phase="paused")
    asked = await queue.ask("place", event, user)
    assert (asked.status, asked.code, asked.retry_after) == (503, "line_paused", 3)
    shown = await queue.call(
        "GET", f"/api/events/{event}/queue", user, headers={"Queue-Ticket": place["ticket"]}
    )
    assert (shown.status, shown.body["status"], shown.retry_after) == (200, "paused", 3)
    stranger = await queue.ask("join", event, new_id())
    assert (stranger.status, stranger.code) == (503, "line_paused")
    ready = await queue.call("GET", "/readyz")
    assert (ready.status, list(ready.body["missing"])) == (503, ["redis"])
