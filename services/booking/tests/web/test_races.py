"""Many at once, on several instances, for the same seats."""

import asyncio
import time
from collections import Counter
from typing import Any

import msgspec
from services.booking.tests.harness import Audit, Client, Json, Start

from tiketi_booking.settings import Settings
from tiketi_shared.batches import Answers, Batch, HoldRequest
from tiketi_shared.ids import EventId


def _requests(event: Json, people: list[Any], bodies: list[Any]) -> list[HoldRequest]:
    return [
        HoldRequest(
            EventId(event["id"]), person.id, f"r{place}", person.admission(event["id"]), None,
            msgspec.json.encode(body),
        )
        for place, (person, body) in enumerate(zip(people, bodies, strict=True))
    ]  # fmt: skip


async def _hold_all(client: Client, requests: list[HoldRequest]) -> list[int]:
    answer = await client.service(
        "POST", "/internal/holds", msgspec.msgpack.encode(Batch(requests))
    )
    assert answer.status == 200
    return [one.status for one in msgspec.msgpack.decode(answer.body, type=Answers).answers]


async def test_a_thousand_buyers_for_a_hundred_seats_on_two_instances(
    start: Start, settings: Settings, audit: Audit
) -> None:
    one, two = await start(settings), await start(settings)
    layout = {"sections": [{"name": "A", "rows": 10, "seats_per_row": 10, "ticket_type": "R"}]}
    event = await one.event(layout=layout)
    people = await one.known(1000)
    bodies = [{"seat_ids": [f"s{place % 100}"]} for place in range(1000)]
    requests = _requests(event, people, bodies)
    started = time.perf_counter()
    calls = [_hold_all((one, two)[place % 2], requests[place::10]) for place in range(10)]
    statuses = Counter(status for part in await asyncio.gather(*calls) for status in part)
    seconds = time.perf_counter() - started
    print(f"1,000 holds on 100 seats in {seconds:.3f} s")
    assert statuses == {201: 100, 409: 900}
    assert await audit(one.database) == {}


async def test_overlapping_groups_neither_deadlock_nor_share_a_seat(
    start: Start, settings: Settings, audit: Audit
) -> None:
    one, two = await start(settings), await start(settings)
    event = await one.event()
    people = await one.known(300)
    bodies = [
        {"seat_ids": [f"s{(place * 7 + step) % 40}" for step in (9, 3, 0, 5)]}
        for place in range(300)
    ]
    requests = _requests(event, people, bodies)
    calls = [_hold_all((one, two)[place % 2], requests[place::30]) for place in range(30)]
    statuses = Counter(status for part in await asyncio.gather(*calls) for status in part)
    assert set(statuses) == {201, 409}
    assert statuses[201] <= 10
    assert await audit(one.database) == {}


async def test_general_admission_sells_exactly_its_capacity(
    start: Start, settings: Settings, audit: Audit
) -> None:
    one, two = await start(settings), await start(settings)
    event = await one.event()
    standing = event["ticket_types"][1]["id"]
    people = await one.known(60)
    bodies = [{"ticket_type_id": standing, "quantity": place % 3 + 1} for place in range(60)]
    requests = _requests(event, people, bodies)
    calls = [_hold_all((one, two)[place % 2], requests[place::6]) for place in range(6)]
    await asyncio.gather(*calls)
    seen = await one.call("GET", f"/api/events/{event['id']}/availability")
    assert seen.body["general"] == [{"ticket_type_id": standing, "left": 0}]
    assert await audit(one.database) == {}


async def test_best_available_shoppers_do_not_herd(client: Client, audit: Audit) -> None:
    event = await client.event()
    seated = event["ticket_types"][0]["id"]
    people = await client.known(20)
    requests = _requests(event, people, [{"ticket_type_id": seated, "quantity": 2}] * 20)
    assert await _hold_all(client, requests) == [201] * 20
    assert await audit(client.database) == {}


async def test_one_persons_limit_holds_over_two_instances(
    start: Start, settings: Settings, audit: Audit
) -> None:
    one, two = await start(settings), await start(settings)
    event = await one.event()
    (person,) = await one.known(1)
    bodies = [{"seat_ids": [f"s{2 * place}", f"s{2 * place + 1}"]} for place in range(10)]
    requests = _requests(event, [person] * 10, bodies)
    calls = [_hold_all((one, two)[place % 2], [requests[place]]) for place in range(10)]
    statuses = Counter(status for part in await asyncio.gather(*calls) for status in part)
    assert statuses == {201: 3, 422: 7}
    assert await audit(one.database) == {}
