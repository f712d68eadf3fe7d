"""The public calls on a real Redis."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tiketi_shared.ids import new_id

Headers = Callable[..., dict[str, str]]
Known = Callable[..., Awaitable[None]]


async def test_below_the_capacity_one_is_admitted_at_once(
    queue: Any, booking: Any, as_user: Headers, known: Known
) -> None:
    event = booking.put_on_sale(capacity=10, per_second=50.0, policy="first_come")
    await known(queue, event)
    response = await queue.post(f"/api/events/{event}/queue", headers=as_user())
    place = await response.json()
    assert response.status == 200
    assert place["status"] == "admitted"
    assert place["admission"]["token"]


async def test_above_the_capacity_people_wait_in_order(
    queue: Any, booking: Any, as_user: Headers, known: Known
) -> None:
    event = booking.put_on_sale(capacity=1, per_second=50.0, policy="first_come")
    await known(queue, event)
    first, second, third = new_id(), new_id(), new_id()
    await queue.post(f"/api/events/{event}/queue", headers=as_user(first))
    positions = []
    for user in (second, third, second):
        response = await queue.post(f"/api/events/{event}/queue", headers=as_user(user))
        assert response.status == 202
        positions.append((await response.json())["position"])
    assert positions == [1, 2, 1]
    response = await queue.delete(f"/api/events/{event}/queue", headers=as_user(first))
    assert response.status == 204
    assert len(booking.revoked) == 1
    for _ in range(40):
        await asyncio.sleep(0.05)
        place = await (
            await queue.get(f"/api/events/{event}/queue", headers=as_user(second))
        ).json()
        if place["status"] == "admitted":
            break
    assert place["status"] == "admitted"
    place = await (await queue.get(f"/api/events/{event}/queue", headers=as_user(third))).json()
    assert (place["status"], place["position"]) == ("waiting", 1)
