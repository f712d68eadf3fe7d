"""Holding seats: who may, what is refused, and how a hold ends."""

import asyncio
import dataclasses
import time
from typing import Any

import msgspec
import pytest
from services.booking.tests.harness import Client, Start

from tiketi_booking.migrate import migrate
from tiketi_booking.settings import Settings
from tiketi_shared.batches import Answers, Batch, HoldRequest
from tiketi_shared.ids import EventId, UserId, new_id
from tiketi_shared.tokens import Identity, KeyRing

SEAT = {"seat_ids": ["s0"]}


async def test_no_hold_without_an_admission_of_ones_own_for_this_event(client: Client) -> None:
    event, other_event = await client.event(), await client.event()
    buyer, other = await client.known(2)
    for admission, code in (
        ("", "admission_required"),
        ("nonsense", "admission_required"),
        (other.admission(event["id"]), "admission_required"),
        (buyer.admission(other_event["id"]), "admission_required"),
        (buyer.admission(event["id"], seconds=-1), "admission_expired"),
    ):
        answer = await buyer.hold(event["id"], SEAT, Queue_Admission=admission)
        assert (answer.status, answer.body["code"]) == (403, code)


async def test_an_admission_that_was_given_up_or_used_up_is_refused(client: Client) -> None:
    event, (buyer,) = await client.event(), await client.known(1)
    given_up, used_up = new_id(), new_id()
    told = await client.service(
        "POST", "/internal/admissions/revoke",
        {"admissions": [{"admission_id": given_up, "exp": int(time.time()) + 300}]},
    )  # fmt: skip
    assert told.status == 204
    token = buyer.admission(event["id"], id_=given_up)
    assert (await buyer.hold(event["id"], SEAT, Queue_Admission=token)).status == 403
    token = buyer.admission(event["id"], id_=used_up)
    held = await buyer.hold(event["id"], SEAT, Queue_Admission=token)
    await buyer.pay(held.body["hold"]["id"])
    again = await buyer.hold(event["id"], {"seat_ids": ["s1"]}, Queue_Admission=token)
    assert (again.status, again.body["code"]) == (403, "admission_required")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad_request"),
        ({}, 422, "invalid"),
        ({"seat_ids": []}, 422, "invalid"),
        ({"seat_ids": ["s1", "s1"]}, 422, "invalid"),
        ({"seat_ids": ["s40"]}, 422, "unknown_seats"),
        ({"seat_ids": ["s01"]}, 422, "unknown_seats"),
        ({"seat_ids": ["s1"], "quantity": 1}, 422, "invalid"),
        ({"seat_ids": ["s1"], "total": 1}, 422, "invalid"),
        ({"ticket_type_id": "nonsense", "quantity": 1}, 422, "invalid"),
        ({"seat_ids": [f"s{place}" for place in range(7)]}, 422, "limit_exceeded"),
    ],
)
async def test_what_cannot_be_held_is_refused(
    client: Client, body: Any, status: int, code: str
) -> None:
    event, (buyer,) = await client.event(), await client.known(1)
    answer = await buyer.hold(event["id"], body)
    assert (answer.status, answer.body["code"]) == (status, code)


async def test_the_limit_counts_holds_and_orders_together(client: Client) -> None:
    event, (buyer,) = await client.event(), await client.known(1)
    standing = event["ticket_types"][1]["id"]
    await buyer.buy(event["id"], {"seat_ids": ["s0", "s1"]})
    await buyer.hold(event["id"], {"ticket_type_id": standing, "quantity": 3})
    over = await buyer.hold(event["id"], {"seat_ids": ["s2", "s3"]})
    assert (over.status, over.body["code"], over.body["max_per_user"]) == (422, "limit_exceeded", 6)
    assert (await buyer.hold(event["id"], {"seat_ids": ["s2"]})).status == 201


async def test_anothers_hold_and_order_are_404(client: Client) -> None:
    event, (buyer, other) = await client.event(), await client.known(2)
    hold = (await buyer.hold(event["id"], SEAT)).body["hold"]
    assert (await other.call("GET", f"/api/holds/{hold['id']}")).status == 404
    assert (await other.call("DELETE", f"/api/holds/{hold['id']}")).status == 404
    assert (await other.pay(hold["id"])).status == 404
    order = (await buyer.pay(hold["id"])).body["order"]
    assert (await other.call("GET", f"/api/orders/{order['id']}")).status == 404
    assert (await other.call("POST", f"/api/orders/{order['id']}/refund")).status == 404


async def test_a_released_hold_frees_its_seats_at_once(client: Client) -> None:
    event, (buyer, other) = await client.event(), await client.known(2)
    hold = (await buyer.hold(event["id"], SEAT)).body["hold"]
    live = await client.service("GET", f"/internal/holds?event_id={event['id']}&user_id={buyer.id}")
    assert live.body == hold
    assert (await buyer.call("DELETE", f"/api/holds/{hold['id']}")).status == 204
    assert (await buyer.call("DELETE", f"/api/holds/{hold['id']}")).status == 204
    live = await client.service("GET", f"/internal/holds?event_id={event['id']}&user_id={buyer.id}")
    assert live.body is None
    assert (await other.hold(event["id"], SEAT)).status == 201


async def test_the_own_live_holds_are_listed_the_one_that_ends_first_before_others(
    client: Client,
) -> None:
    events = [await client.event() for _ in range(3)]
    buyer, other = await client.known(2)
    ids = [(await buyer.hold(event["id"], SEAT)).body["hold"]["id"] for event in events]
    await other.hold(events[0]["id"], {"seat_ids": ["s5"]})
    await client.database.execute(
        "UPDATE holds SET expires_at = expires_at - interval '20 seconds' WHERE id = $1", ids[1]
    )
    listed = (await buyer.call("GET", "/api/holds")).body["holds"]
    assert [hold["id"] for hold in listed] == [ids[1], ids[0], ids[2]]
    assert listed[1] == (await buyer.call("GET", f"/api/holds/{ids[0]}")).body["hold"]
    await buyer.call("DELETE", f"/api/holds/{ids[1]}")
    await buyer.pay(ids[2])
    await client.database.execute("UPDATE holds SET expires_at = now() WHERE id = $1", ids[0])
    assert (await buyer.call("GET", "/api/holds")).body == {"holds": []}


async def test_a_hold_past_its_time_is_taken_over_before_it_is_swept(client: Client) -> None:
    event, (buyer, other) = await client.event(), await client.known(2)
    hold = (await buyer.hold(event["id"], {"seat_ids": ["s0", "s1"]})).body["hold"]
    database = client.database
    await database.execute(
        """
        WITH ended AS (UPDATE holds SET expires_at = now() WHERE id = $1)
        UPDATE seats SET hold_until = now() WHERE hold_id = $1
        """,
        hold["id"],
    )
    assert (await other.hold(event["id"], SEAT)).status == 201
    assert (await buyer.pay(hold["id"])).status == 410


async def test_the_same_key_gives_the_same_hold(client: Client) -> None:
    event, (buyer,) = await client.event(), await client.known(1)
    first = await buyer.hold(event["id"], SEAT, Idempotency_Key="h1")
    again = await buyer.hold(event["id"], SEAT, Idempotency_Key="h1")
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body
    other = await buyer.hold(event["id"], {"seat_ids": ["s5"]}, Idempotency_Key="h1")
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    assert (await buyer.hold(event["id"], SEAT, Idempotency_Key="x" * 256)).status == 400


async def test_best_available_is_side_by_side_and_leaves_no_single_seat(client: Client) -> None:
    event, people = await client.event(), await client.known(4)
    seated = event["ticket_types"][0]["id"]
    for person in people:
        answer = await person.hold(event["id"], {"ticket_type_id": seated, "quantity": 3})
        indices = [int(seat["id"][1:]) for seat in answer.body["hold"]["seats"]]
        assert indices == list(range(indices[0], indices[0] + 3))
        assert indices[0] // 10 == indices[2] // 10
    seen = await client.call("GET", f"/api/events/{event['id']}/availability")
    states = seen.body["states"]
    rows = [f"h{states[first : first + 10]}h" for first in range(0, 40, 10)]
    assert not any("hah" in row for row in rows)


async def test_the_same_key_of_somebody_else_is_another_key(client: Client) -> None:
    event, (one, other) = await client.event(), await client.known(2)
    first = await one.hold(event["id"], {"seat_ids": ["s0"]}, Idempotency_Key="k")
    second = await other.hold(event["id"], {"seat_ids": ["s1"]}, Idempotency_Key="k")
    assert (first.status, second.status) == (201, 201)
    assert first.body["hold"]["id"] != second.body["hold"]["id"]


async def test_a_price_of_ones_own_is_refused(client: Client) -> None:
    event, (buyer,) = await client.event(), await client.known(1)
    held = await buyer.hold(event["id"], {"seat_ids": ["s0"], "total": 1})
    assert held.status == 422
    assert (await buyer.hold(event["id"], {"seat_ids": ["s0"]})).status == 201


async def test_a_batch_answers_each_on_its_own(client: Client) -> None:
    event, people = await client.event(), await client.known(3)
    bodies = [b'{"seat_ids":["s0"]}', b'{"seat_ids":["s0"]}', b"nonsense"]
    requests = [
        HoldRequest(
            EventId(event["id"]), person.id, f"r{place}", person.admission(event["id"]), None, body
        )
        for place, (person, body) in enumerate(zip(people, bodies, strict=True))
    ]
    answer = await client.service(
        "POST", "/internal/holds", msgspec.msgpack.encode(Batch(requests))
    )
    answers = msgspec.msgpack.decode(answer.body, type=Answers).answers
    assert [one.status for one in answers] == [201, 409, 400]
    assert msgspec.json.decode(answers[1].body)["request_id"] == "r1"


async def test_the_internal_side_is_for_services_only(client: Client) -> None:
    (person,) = await client.known(1)
    for method, path in (
        ("POST", "/internal/holds"), ("GET", "/internal/sales"), ("GET", "/internal/stats"),
        ("POST", "/internal/sessions/resolve"), ("POST", "/internal/admissions/revoke"),
    ):  # fmt: skip
        assert (await client.call(method, path)).status == 401
        assert (await person.call(method, path)).status == 403


async def test_a_forged_or_old_identity_is_nobody(client: Client) -> None:
    old = KeyRing("dev:tiketi-development-identity-key-0")
    forged = KeyRing("dev:another-key-altogether")
    for ring, exp in ((forged, int(time.time()) + 60), (old, int(time.time()) - 1)):
        token = ring.sign(Identity(UserId(new_id()), "admin", exp))
        answer = await client.call("GET", "/api/orders", headers={"X-Tiketi-Identity": token})
        assert answer.status == 401


async def test_a_draw_is_recorded_once(client: Client) -> None:
    event = await client.event()
    path = f"/internal/draws/{event['id']}"
    assert (await client.service("GET", path)).status == 404
    for asked in (1234, 99):
        body = {"event_id": event["id"], "participants": asked}
        answer = await client.service("POST", "/internal/draws", body)
        assert (answer.status, answer.body) == (200, {"participants": 1234})
    assert (await client.service("GET", path)).body == {"participants": 1234}


async def test_a_database_that_is_gone_is_503_and_comes_back_by_itself(
    start: Start, settings: Settings, postgres_server: Any
) -> None:
    server = postgres_server()
    await migrate(server.dsn)
    client = await start(dataclasses.replace(settings, postgres_dsn=server.dsn))
    event, (buyer,) = await client.event(), await client.known(1)
    assert (await client.call("GET", f"/api/events/{event['id']}")).status == 200
    async with asyncio.timeout(20):  # the first admin is made, which takes a password's time
        while True:
            if (await client.call("GET", "/readyz")).status == 200:
                break
            await asyncio.sleep(0.05)
    await asyncio.to_thread(server.kill)
    gone = await buyer.hold(event["id"], SEAT, Idempotency_Key="k")
    assert (gone.status, gone.body["code"]) == (503, "unavailable")
    assert "Retry-After" in gone.headers
    assert (await client.call("GET", f"/api/events/{event['id']}")).status == 200
    ready = await client.call("GET", "/readyz")
    assert (ready.status, list(ready.body["missing"])) == (503, ["postgres"])
    await asyncio.to_thread(server.start)
    async with asyncio.timeout(15):
        while True:
            if (await buyer.hold(event["id"], SEAT, Idempotency_Key="k")).status == 201:
                break
            await asyncio.sleep(0.1)
    assert (await client.call("GET", "/readyz")).status == 200


async def test_who_agreed_to_the_nearest_is_given_it_at_once(client: Any) -> None:
    event, (quick, slow, other) = await client.event(), await client.known(3)
    await quick.hold(event["id"], {"seat_ids": ["s4", "s5"]})
    wish = {"seat_ids": ["s4", "s5"], "or_nearest": True}
    held = await slow.hold(event["id"], wish)
    assert held.status == 201
    assert [seat["id"] for seat in held.body["hold"]["seats"]] == ["s14", "s15"]
    refused = await other.hold(event["id"], {**wish, "or_nearest": False})
    assert (refused.status, refused.body["unavailable"]) == (409, ["s4", "s5"])


async def test_people_who_lose_the_same_seats_at_once_are_all_given_others(client: Any) -> None:
    event, people = await client.event(), await client.known(19)
    wish = {"seat_ids": ["s4", "s5"], "or_nearest": True}
    answers = await asyncio.gather(
        *(person.hold(event["id"], wish, Idempotency_Key="k") for person in people)
    )
    assert {answer.status for answer in answers} == {201}
    seats = [seat["id"] for answer in answers for seat in answer.body["hold"]["seats"]]
    assert len(set(seats)) == len(seats) == 38


async def test_what_comes_back_is_held_for_whoever_asked_and_agreed(
    client: Any, until: Any
) -> None:
    layout = {"sections": [{"name": "A", "rows": 1, "seats_per_row": 2, "ticket_type": "R"}]}
    event, (buyer, wishing) = await client.event(layout=layout), await client.known(2)
    both = {"seat_ids": ["s0", "s1"], "or_nearest": True}
    taken = (await buyer.hold(event["id"], both)).body["hold"]
    refused = await wishing.hold(event["id"], both)
    assert (refused.status, refused.body["code"]) == (409, "seats_unavailable")
    await buyer.call("DELETE", f"/api/holds/{taken['id']}")

    async def granted() -> Any:
        path = f"/internal/holds?event_id={event['id']}&user_id={wishing.id}"
        return (await client.service("GET", path)).body

    hold = await until(granted)
    again = await wishing.hold(event["id"], both)
    assert (again.status, again.body["hold"]) == (201, hold)
    assert (await wishing.pay(hold["id"])).status == 201


@pytest.mark.parametrize("kind", ["seated", "standing"])
async def test_any_of_a_type_can_be_wished_for(client: Any, until: Any, kind: str) -> None:
    event, (buyer, wishing) = await client.event(max_per_user=100), await client.known(2)
    type_id = event["ticket_types"][0 if kind == "seated" else 1]["id"]
    everything = {"ticket_type_id": type_id, "quantity": 40 if kind == "seated" else 20}
    taken = (await buyer.hold(event["id"], everything)).body["hold"]
    wish = {"ticket_type_id": type_id, "quantity": 3, "or_nearest": True}
    assert (await wishing.hold(event["id"], wish)).status == 409
    await buyer.call("DELETE", f"/api/holds/{taken['id']}")

    async def again() -> Any:
        answer = await wishing.hold(event["id"], wish)
        return answer if answer.status == 201 else None

    assert len((await until(again)).body["hold"]["seats"]) == 3


async def test_wheelchair_seats_are_the_last_to_be_given_to_people_who_ask_for_any(
    client: Any,
) -> None:
    row = {"name": "A", "rows": 1, "seats_per_row": 4, "ticket_type": "R"}
    accessible = [{"row": 1, "number": 2}, {"row": 1, "number": 3}]
    layout = {"sections": [{**row, "accessible": accessible}]}
    event, people = await client.event(layout=layout), await client.known(4)
    wish = {"ticket_type_id": event["ticket_types"][0]["id"], "quantity": 1}
    given = [
        (await person.hold(event["id"], wish)).body["hold"]["seats"][0]["id"] for person in people
    ]
    assert set(given[:2]) == {"s0", "s3"}
    assert set(given[2:]) == {"s1", "s2"}


async def test_how_many_wait_in_a_line_is_told_by_services_only(client: Any) -> None:
    event, (buyer,) = await client.event(), await client.known(1)
    body = {"waiting": {event["id"]: 3}}
    assert (await buyer.call("POST", "/internal/lines", body)).status == 403
    assert (await client.service("POST", "/internal/lines", body)).status == 204
    told = "SELECT waiting FROM lines WHERE event_id = $1"
    assert await client.database.value(told, event["id"]) == 3
