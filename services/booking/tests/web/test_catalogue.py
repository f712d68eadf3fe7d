"""Events, seat maps and availability, as everyone sees them and as organisers change them."""

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tiketi_shared.ids import new_id


async def test_an_event_is_told_with_its_types_and_its_phase(client: Any) -> None:
    event = await client.event()
    answer = await client.call("GET", f"/api/events/{event['id']}")
    assert answer.body["phase"] == "on_sale"
    assert (answer.body["seats_total"], answer.body["seats_left"]) == (60, 60)
    assert [kind["capacity"] for kind in answer.body["ticket_types"]] == [40, 20]
    assert answer.body["price_from"] == 50_000
    assert "queue" not in answer.body


async def _listed(person: Any, path: str, limit: int) -> list[dict[str, Any]]:
    """The whole list, page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = (await person.call("GET", f"{path}?limit={limit}&cursor={cursor}")).body
        assert len(page["events"]) <= limit
        found += page["events"]
        if page["next_cursor"] is None:
            return found
        cursor = page["next_cursor"]


@pytest.mark.parametrize("path", ["/api/events", "/api/admin/events"])
async def test_lists_are_paged(client: Any, path: str) -> None:
    made = {(await client.event())["id"] for _ in range(3)}
    found = [event["id"] for event in await _listed(await client.person("admin"), path, 2)]
    assert made <= set(found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("closed", "started", "listed"),
    [
        pytest.param(timedelta(hours=47), timedelta(hours=-1), True, id="before-the-show"),
        pytest.param(timedelta(hours=71), timedelta(hours=23.9), True, id="the-day-after"),
        pytest.param(timedelta(hours=71), timedelta(hours=24.1), False, id="a-day-later"),
        pytest.param(
            timedelta(hours=23.9), timedelta(hours=71), True, id="sold-on-after-the-start"
        ),
        pytest.param(timedelta(days=400), timedelta(days=400), False, id="long-over"),
    ],
)
async def test_an_event_is_listed_until_a_day_after_it_and_for_organisers_for_ever(
    client: Any, closed: timedelta, started: timedelta, listed: bool
) -> None:
    event = await client.event()
    now = datetime.now(UTC)
    await client.database.execute(
        """
        UPDATE events SET sale_opens_at = $2::timestamptz - interval '1 day', sale_closes_at = $2,
            starts_at = $3, version = version + 1
        WHERE id = $1
        """,
        event["id"], now - closed, now - started,
    )  # fmt: skip
    admin = await client.person("admin")
    everyones = await _listed(client, "/api/events", 97)
    assert (event["id"] in [one["id"] for one in everyones]) == listed
    every = await _listed(admin, "/api/admin/events", 97)
    assert event["id"] in [one["id"] for one in every]
    starts = [one["starts_at"] for one in every]
    assert starts == sorted(starts, reverse=True)


@pytest.mark.parametrize("role", ["customer", "staff"])
async def test_the_list_of_all_events_is_for_organisers(client: Any, role: str) -> None:
    person = await client.person(role)
    assert (await person.call("GET", "/api/admin/events")).status == 403


async def test_events_and_orders_say_where_their_times_are(start: Any, settings: Any) -> None:
    client = await start(dataclasses.replace(settings, event_timezone="America/New_York"))
    event = await client.event()
    buyer, admin = await client.person(), await client.person("admin")
    hold = (await buyer.hold(event["id"], {"seat_ids": ["s0"]})).body["hold"]
    order = (await buyer.pay(hold["id"])).body["order"]
    for path in (f"/api/events/{event['id']}", f"/api/admin/events/{event['id']}"):
        assert (await admin.call("GET", path)).body["time_zone"] == "America/New_York"
    assert order["time_zone"] == "America/New_York"
    assert (order["starts_at"], order["venue"]) == (event["starts_at"], event["venue"])


@pytest.mark.parametrize("query", ["limit=0", "limit=1000", "limit=x", "cursor=nonsense"])
async def test_a_page_that_cannot_be_is_refused(client: Any, query: str) -> None:
    assert (await client.call("GET", f"/api/events?{query}")).status == 400


async def test_the_seat_map_never_changes_and_is_in_the_order_of_availability(client: Any) -> None:
    event = await client.event()
    path = f"/api/events/{event['id']}/seatmap"
    answer = await client.call("GET", path)
    seats = answer.body["seats"]
    assert [seat["id"] for seat in seats] == [f"s{place}" for place in range(40)]
    assert (seats[11]["section"], seats[11]["row"], seats[11]["number"]) == ("A", "2", "2")
    assert "immutable" in answer.headers["Cache-Control"]
    same = await client.call("GET", path, headers={"If-None-Match": answer.headers["ETag"]})
    assert same.status == 304


async def test_blocked_and_accessible_seats(client: Any) -> None:
    section = {
        "name": "A", "rows": 1, "seats_per_row": 4, "ticket_type": "R",
        "blocked": [{"row": 1, "number": 2}], "accessible": [{"row": 1, "number": 4}],
    }  # fmt: skip
    event = await client.event(layout={"sections": [section]})
    seats = (await client.call("GET", f"/api/events/{event['id']}/seatmap")).body["seats"]
    assert [seat["accessible"] for seat in seats] == [False, False, False, True]
    assert await _states(client, event) == "axaa"
    admin = await client.person("admin")
    path = f"/api/admin/events/{event['id']}"
    assert (await admin.call("POST", f"{path}/unblock", {"seat_ids": ["s1"]})).status == 204
    assert (await admin.call("POST", f"{path}/block", {"seat_ids": ["s0", "s3"]})).status == 204
    assert await _states(client, event) == "xaax"
    buyer = await client.person()
    assert (await buyer.hold(event["id"], {"seat_ids": ["s1"]})).status == 201
    refused = await admin.call("POST", f"{path}/block", {"seat_ids": ["s1", "s2"]})
    assert (refused.status, refused.body["unavailable"]) == (409, ["s1"])
    assert await _states(client, event) == "xhax"


async def test_what_another_instance_changes_is_seen_within_a_second(
    start: Any, settings: Any
) -> None:
    one, two = await start(settings), await start(settings)
    event = await one.event()
    assert (await two.call("GET", f"/api/events/{event['id']}")).body["name"] == "Winter Song"
    assert await _states(two, event) == "a" * 40
    admin, (buyer,) = await one.person("admin"), await one.known(1)
    changed = await admin.call("PATCH", f"/api/admin/events/{event['id']}", {"name": "Spring"})
    assert changed.body["name"] == "Spring"
    assert (await buyer.hold(event["id"], {"seat_ids": ["s0"]})).status == 201
    async with asyncio.timeout(5):  # on a machine that has nothing else to do, 1
        while True:
            name = (await two.call("GET", f"/api/events/{event['id']}")).body["name"]
            if (name, await _states(two, event)) == ("Spring", "h" + "a" * 39):
                break
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"currency": "won"}, "currency"),
        ({"max_per_user": 0}, "max_per_user"),
        ({"sale_closes_at": datetime(2020, 1, 1, tzinfo=UTC)}, "sale_closes_at"),
        ({"starts_at": "2030-01-01T00:00:00"}, "starts_at"),
        ({"ticket_types": []}, "ticket_types"),
        ({"ticket_types": [{"name": "R", "price": -1}]}, "ticket_types[0].price"),
        ({"ticket_types": [{"name": "R", "price": 1, "capacity": 3}]}, "ticket_types[0].capacity"),
        ({"ticket_types": [{"name": "R", "price": 1.5}]}, "ticket_types[0].price"),
        ({"queue": {"capacity": 0}}, "queue.capacity"),
        ({"layout": {"sections": [{"name": "A", "rows": 1001, "seats_per_row": 100,
                                   "ticket_type": "R"}]}}, "layout"),
        ({"layout": {"sections": [{"name": "A", "rows": 1, "seats_per_row": 1,
                                   "ticket_type": "Z"}]}}, "layout.sections[0].ticket_type"),
    ],
)  # fmt: skip
async def test_a_bad_event_names_the_field(
    client: Any, event_body: Any, changes: dict[str, Any], field: str
) -> None:
    admin = await client.person("admin")
    answer = await admin.call("POST", "/api/admin/events", event_body(**changes))
    assert answer.status == 422
    assert field in [error["field"] for error in answer.body["errors"]]


async def test_an_event_is_made_once_with_its_key(client: Any, event_body: Any) -> None:
    admin, body = await client.person("admin"), event_body()
    first = await admin.call("POST", "/api/admin/events", body, Idempotency_Key="e1")
    again = await admin.call("POST", "/api/admin/events", body, Idempotency_Key="e1")
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body


async def test_queue_settings_change_in_part_and_reach_the_queue(client: Any) -> None:
    event, admin = await client.event(), await client.person("admin")
    path = f"/api/admin/events/{event['id']}/queue"
    changed = await admin.call("PATCH", path, {"capacity": 7, "paused": True})
    assert (changed.status, changed.body["capacity"], changed.body["per_second"]) == (200, 7, 50)
    sales = (await client.service("GET", "/internal/sales")).body["sales"]
    sale = next(one for one in sales if one["event_id"] == event["id"])
    assert (sale["queue"]["capacity"], sale["queue"]["paused"]) == (7, True)
    assert (await admin.call("PATCH", path, {"capacity": -1})).status == 422
    assert (await admin.call("PATCH", path, {"pace": 1})).status == 422
    assert (await client.call("GET", f"/api/events/{event['id']}")).body["phase"] == "paused"


async def test_capacity_and_price_change_but_never_below_what_is_taken(client: Any) -> None:
    event, admin, buyer = await client.event(), await client.person("admin"), await client.person()
    standing = event["ticket_types"][1]["id"]
    held = await buyer.hold(event["id"], {"ticket_type_id": standing, "quantity": 3})
    path = f"/api/admin/events/{event['id']}"
    change = {"ticket_types": [{"id": standing, "capacity": 10, "price": 60_000}]}
    changed = await admin.call("PATCH", path, change)
    assert (changed.body["seats_total"], changed.body["seats_left"]) == (50, 47)
    paid = await buyer.pay(held.body["hold"]["id"])
    assert paid.body["order"]["total"] == 150_000
    change = {"ticket_types": [{"id": standing, "capacity": 2}]}
    refused = await admin.call("PATCH", path, change)
    assert (refused.status, refused.body["code"]) == (409, "seats_taken")


async def test_reports_lists_and_csv_agree(client: Any) -> None:
    event, admin, buyer = await client.event(), await client.person("admin"), await client.person()
    await buyer.call("PATCH", "/api/me", {"name": "=1+1"})
    order = await buyer.buy(event["id"], {"seat_ids": ["s0", "s1"]})
    ticket = order["tickets"][0]["id"]
    await buyer.call("POST", f"/api/orders/{order['id']}/refund", {"ticket_ids": [ticket]})
    path = f"/api/admin/events/{event['id']}"
    report = (await admin.call("GET", f"{path}/report")).body
    assert (report["sold"], report["revenue"], report["orders"]) == (1, 100_000, 1)
    assert report["ticket_types"][0]["refunded"] == 1
    lines = (await admin.call("GET", f"{path}/orders")).body["orders"]
    assert [(line["id"], line["tickets"]) for line in lines] == [(order["id"], 2)]
    csv = await admin.call("GET", f"{path}/report?format=csv")
    rows = csv.body.decode().splitlines()
    assert len(rows) == 3
    assert "'=1+1" in rows[1]
    stats = (await client.service("GET", "/internal/stats")).body["events"][event["id"]]
    assert (stats["sold"], stats["revenue"], stats["sold_last_hour"]) == (1, 100_000, 2)
    assert stats["admissions_used"] == 1
    for path_ in (f"{path}/report", f"{path}/orders", path):
        assert (await buyer.call("GET", path_)).status == 403


async def test_unknown_ids_are_404(client: Any) -> None:
    admin = await client.person("admin")
    for id_ in (new_id(), "nonsense", "%00"):
        for part in ("", "/seatmap", "/availability"):
            assert (await client.call("GET", f"/api/events/{id_}{part}")).status == 404
        assert (await admin.call("PATCH", f"/api/admin/events/{id_}", {})).status == 404
        assert (await admin.call("GET", f"/api/admin/events/{id_}/report")).status == 404


async def test_a_large_map_is_made_and_served(client: Any) -> None:
    section = {"name": "A", "rows": 1000, "seats_per_row": 100, "ticket_type": "R"}
    event = await client.event(
        ticket_types=[{"name": "R", "price": 1}], layout={"sections": [section]}
    )
    seats = (await client.call("GET", f"/api/events/{event['id']}/seatmap")).body["seats"]
    assert len(seats) == 100_000
    assert len(await _states(client, event)) == 100_000


async def test_before_and_after_the_sale_nothing_is_held(client: Any) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    event, buyer = await client.event(sale_opens_at=later), await client.person()
    answer = await buyer.hold(event["id"], {"seat_ids": ["s0"]})
    assert (answer.status, answer.body["code"]) == (409, "sale_not_open")


async def _states(client: Any, event: Any) -> str:
    answer = await client.call("GET", f"/api/events/{event['id']}/availability")
    return str(answer.body["states"])
