"""Input that was once answered with 500, and the events that it left behind."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from tiketi_shared.ids import new_id

NUL = "a\x00b"


async def an_admin(client: Any) -> Any:
    """Without the cost of a password."""
    [admin] = await client.known(1)
    admin.role = "admin"
    return admin


def names(answer: Any) -> list[str]:
    return [error["field"] for error in answer.body["errors"]]


@pytest.mark.parametrize("path", ["signup", "login"])
async def test_nul_in_an_address_names_the_address(client: Any, path: str) -> None:
    body = {"email": f"{NUL}@example.org", "password": "12345678"}
    body |= {"name": "Kim"} if path == "signup" else {}
    answer = await client.call("POST", f"/api/auth/{path}", body)
    assert (answer.status, names(answer)) == (422, ["email"])


async def test_text_that_no_field_may_hold_is_refused_with_its_field(
    client: Any, event_body: Any
) -> None:
    event, admin = await client.event(), await an_admin(client)
    path = f"/api/admin/events/{event['id']}"
    for text in (NUL, "a\nb", "\u202eb", "\ufffe"):
        body = event_body(name=text)
        assert names(await admin.call("POST", "/api/admin/events", body)) == ["name"]
        assert names(await admin.call("PATCH", path, {"venue": text})) == ["venue"]
        reason = await admin.call("POST", f"/api/orders/{new_id()}/refund", {"reason": text})
        assert names(reason) == ["reason"]


MOMENTS = (
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z",
)  # fmt: skip


@pytest.mark.parametrize("field", ["starts_at", "sale_opens_at", "sale_closes_at"])
async def test_a_time_that_no_store_can_keep_is_refused_and_nothing_is_written(
    client: Any, event_body: Any, field: str
) -> None:
    admin, count = await an_admin(client), "SELECT count(*) FROM events"
    before = await client.database.value(count)
    for moment in MOMENTS:
        made = await admin.call("POST", "/api/admin/events", event_body(**{field: moment}))
        assert (made.status, names(made)) == (422, [field])
    assert await client.database.value(count) == before


async def test_a_scan_of_year_one_is_refused_with_its_place(client: Any) -> None:
    staff = await an_admin(client)
    scans = [
        {"code": "x", "device": "north", "scanned_at": moment}
        for moment in ("2026-01-01T10:00:00Z", "0001-01-01T00:00:00+14:00")
    ]
    answer = await staff.call("POST", "/api/checkin/sync", {"scans": scans})
    assert (answer.status, names(answer)) == (422, ["scans[1].scanned_at"])


async def test_a_scan_for_an_event_that_is_none_has_an_outcome(client: Any) -> None:
    staff = await an_admin(client)
    scan = {"code": "x", "device": "north", "scanned_at": "2026-01-01T10:00:00Z"}
    for event_id in (None, "", "no id", "x" * 4000):
        synced = await staff.call(
            "POST", "/api/checkin/sync", {"scans": [scan], "event_id": event_id}
        )
        assert [one["outcome"] for one in synced.body["results"]] == ["unknown_ticket"]
        one = await staff.call("POST", "/api/checkin", {"code": "x", "event_id": event_id})
        assert (one.status, one.body["code"]) == (404, "unknown_ticket")


LISTS = (
    "/api/events", "/api/orders", "/api/admin/events/{id}/orders", "/api/admin/deliveries",
    "/api/checkin/events/{id}/irregular",
)  # fmt: skip


LIMITS = {
    "1": 200, "100": 200, "000000100": 200, "0": 400, "101": 400, "00000000110000": 400,
    "0000000001": 400, "9" * 40: 400, "-1": 400, "1e1": 400, "%D9%A1": 400, "1_0": 400,
    "%2B1": 400, "": 400,
}  # fmt: skip
CURSORS = (
    "%00", "1%00", "x", "1-x", "-1", "9" * 40, "%ff", "%ED%A0%80", "1-" + "0" * 19 + "%00",
    "99999999999999999999-" + "0" * 20, "1_0-" + "0" * 20,
    "9" * 18 + "-" + "0" * 20,
)  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
async def test_the_limit_that_is_checked_is_the_limit_that_is_used(client: Any, path: str) -> None:
    event, admin = await client.event(), await an_admin(client)
    path = path.format(id=event["id"])
    answers = {limit: await admin.call("GET", f"{path}?limit={limit}") for limit in LIMITS}
    assert {limit: answer.status for limit, answer in answers.items()} == LIMITS
    two = (await admin.call("GET", f"{path}?limit=000000001")).body
    assert len(next(iter(two.values()))) <= 1


@pytest.mark.parametrize("path", LISTS)
async def test_a_cursor_that_is_none_of_ours_is_malformed(client: Any, path: str) -> None:
    event, admin = await client.event(), await an_admin(client)
    path = path.format(id=event["id"])
    for cursor in CURSORS:
        answer = await admin.call("GET", f"{path}?cursor={cursor}")
        assert (cursor, answer.status, answer.body["code"]) == (cursor, 400, "bad_request")


async def test_an_idempotency_key_that_is_not_printable_ascii_is_malformed(client: Any) -> None:
    event, [buyer] = await client.event(), await client.known(1)
    path = f"/api/holds/{new_id()}/checkout"
    for key in ("\x80", "\xe9t\xe9", "키", "", "k" * 256):
        answers = [
            await buyer.hold(event["id"], {"seat_ids": ["s0"]}, Idempotency_Key=key),
            await buyer.call("POST", path, {"payment": {}}, Idempotency_Key=key),
        ]
        for answer in answers:
            assert answer.status == 400
            assert "Idempotency-Key" in answer.body["detail"]


@pytest.mark.parametrize(
    "coding", ["gzip", "deflate", "br", "zstd", "GZIP", "gzip, br", "nonsense"]
)
async def test_an_encoded_body_is_refused_as_a_problem(client: Any, coding: str) -> None:
    body = gzip.compress(json.dumps({"email": "a@example.org", "password": "12345678"}).encode())
    answer = await client.call("POST", "/api/auth/login", body, {"Content-Encoding": coding})
    assert (answer.status, answer.body["code"]) == (415, "unknown_encoding")
    plain = b'{"email": "a@example.org", "password": "12345678"}'
    answer = await client.call("POST", "/api/auth/login", plain, {"Content-Encoding": "identity"})
    assert answer.status == 401


async def test_a_body_nested_without_end_is_refused(client: Any) -> None:
    nested = b"[" * 20_000 + b"]" * 20_000
    for body in (nested, b'{"zz":' + nested + b"}", b'{"name":"\\u0041","zz":' + nested + b"}"):
        answer = await client.call("POST", "/api/auth/login", body)
        assert answer.status in (400, 422)


async def test_a_start_in_the_past_is_refused(client: Any, event_body: Any) -> None:
    admin, event = await an_admin(client), await client.event()
    past = datetime.now(UTC) - timedelta(seconds=1)
    made = await admin.call("POST", "/api/admin/events", event_body(starts_at=past))
    assert (made.status, names(made)) == (422, ["starts_at"])
    moved = await admin.call("PATCH", f"/api/admin/events/{event['id']}", {"starts_at": past})
    assert (moved.status, names(moved)) == (422, ["starts_at"])


BROKEN = {
    "a sale that opened before all time": "sale_opens_at = '-infinity'",
    "a sale that never closes": "sale_closes_at = 'infinity'",
    "a start before Christ": "starts_at = '0044-03-15 BC'",
    "a start beyond all calendars": "starts_at = '12000-01-01'",
    "settings of the wrong type": """queue = queue || '{"capacity": "many"}'""",
    "settings that are none": "queue = '[]'",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_an_event_that_cannot_be_read_harms_itself_alone_and_can_be_mended(
    start: Any, settings: Any, broken: str
) -> None:
    client = await start(settings)
    event, other, admin = await client.event(), await client.event(), await an_admin(client)
    [buyer] = await client.known(1)
    order = await buyer.buy(event["id"], {"seat_ids": ["s0"]})
    path = f"/api/admin/events/{event['id']}"
    await client.database.execute(
        f"UPDATE events SET {broken}, version = version + 1 WHERE id = $1", event["id"]
    )
    with structlog.testing.capture_logs() as logs:
        fresh = await start(settings)  # after a restart nothing is remembered
        sales = await fresh.service("GET", "/internal/sales")
    assert event["id"] in [one["event_id"] for one in logs if one["event"] == "event unreadable"]
    sold = {sale["event_id"] for sale in sales.body["sales"]}
    assert other["id"] in sold
    assert event["id"] not in sold
    assert other["id"] in await listed(fresh)
    assert event["id"] not in await listed(fresh)
    admin.client = buyer.client = fresh
    assert (await fresh.call("GET", f"/api/events/{event['id']}")).status == 404
    assert (await fresh.call("GET", f"/api/events/{other['id']}")).status == 200
    assert (await admin.call("GET", f"/api/admin/events/{other['id']}/report")).status == 200
    [own] = (await buyer.call("GET", "/api/orders")).body["orders"]
    assert own["id"] == order["id"]
    held = await buyer.hold(event["id"], {"seat_ids": ["s1"]})
    assert (held.status, held.body["code"]) == (409, "sale_not_open")

    seen = (await admin.call("GET", path)).body
    [field] = seen["unreadable"]
    assert broken.startswith(field)
    if field == "queue":
        mended = await admin.call("PATCH", f"{path}/queue", {"paused": False, "capacity": 77})
    else:
        mended = await admin.call("PATCH", path, {field: event[field]})
    assert mended.status == 200, mended.body
    assert (await admin.call("GET", path)).body["unreadable"] == []
    assert event["id"] in await listed(fresh)
    sales = await fresh.service("GET", "/internal/sales")
    assert event["id"] in {sale["event_id"] for sale in sales.body["sales"]}
    assert (await buyer.hold(event["id"], {"seat_ids": ["s1"]})).status == 201


async def listed(client: Any) -> set[str]:
    found: set[str] = set()
    cursor = ""
    while True:
        answer = await client.call("GET", f"/api/events?limit=100&cursor={cursor}")
        found |= {event["id"] for event in answer.body["events"]}
        cursor = answer.body["next_cursor"]
        if cursor is None:
            return found
