"""The door, online and offline."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tiketi_shared.ids import new_id


async def test_the_door_lets_a_ticket_in_once(staff: Any, order: Any, event: Any) -> None:
    body = {"code": order["tickets"][0]["code"], "event_id": event["id"], "device": "north"}
    first, second = [await staff.call("POST", "/api/checkin", body) for _ in range(2)]
    assert first.status == 200
    assert first.body["ticket"]["holder"] == "Kim Narae"
    assert first.body["ticket"]["seat"] == {"section": "A", "row": "1", "number": "1"}
    assert (second.status, second.body["code"]) == (409, "already_used")
    assert second.body["device"] == "north"
    assert second.body["used_at"] == first.body["ticket"]["used_at"]


async def test_only_staff_open_doors(buyer: Any, order: Any) -> None:
    for method, path, body in (
        ("POST", "/api/checkin", {"code": order["tickets"][0]["code"]}),
        ("POST", "/api/checkin/sync", {"scans": []}),
        ("GET", f"/api/checkin/events/{new_id()}/manifest", None),
        ("GET", f"/api/checkin/events/{new_id()}/irregular", None),
    ):
        assert (await buyer.call(method, path, body)).status == 403


async def test_a_door_works_offline_and_is_taken_in_afterwards(
    staff: Any, order: Any, event: Any
) -> None:
    manifest = await staff.call("GET", f"/api/checkin/events/{event['id']}/manifest")
    assert manifest.body["keys"][0]["key_id"] == order["tickets"][0]["code"][3:7]
    at = datetime.now(UTC)
    scans = [
        {"code": order["tickets"][0]["code"], "scanned_at": at, "device": door}
        for door in ("east", "west")
    ]
    answer = await staff.call("POST", "/api/checkin/sync", {"scans": scans})
    east, west = answer.body["results"]
    assert (east["outcome"], west["outcome"]) == ("admitted", "double")
    assert west["first"]["device"] == "east"
    listed = await staff.call("GET", f"/api/checkin/events/{event['id']}/irregular?limit=1")
    assert listed.body["irregular"][0]["entry"]["device"] == "west"
    assert listed.body["next_cursor"] is None


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
async def test_pages_of_any_size_have_every_double_once(
    staff: Any, order: Any, event: Any, limit: int
) -> None:
    at = datetime.now(UTC)
    doors = ["east", "north", "south", "west"]
    scans = [
        {"code": order["tickets"][0]["code"], "scanned_at": at, "device": door} for door in doors
    ]
    await staff.call("POST", "/api/checkin/sync", {"scans": scans})
    found, cursor = [], ""
    while cursor is not None:
        path = f"/api/checkin/events/{event['id']}/irregular?limit={limit}&cursor={cursor}"
        page = (await staff.call("GET", path)).body
        assert len(page["irregular"]) <= limit
        found += [double["entry"]["device"] for double in page["irregular"]]
        cursor = page["next_cursor"]
    assert found == doors[1:]


@pytest.mark.parametrize(
    "body",
    [
        {"scans": [{"code": "x", "scanned_at": "2026-11-28T12:00:00", "device": "d"}]},
        {"scans": [{"code": "x", "scanned_at": "2099-11-28T12:00:00Z", "device": "d"}]},
        {"scans": [{"code": "x", "scanned_at": "2026-11-28T12:00:00Z", "device": ""}]},
        {"scans": [{"code": "x", "scanned_at": "2026-11-28T12:00:00Z", "device": "a\0b"}]},
        {"scans": [{"code": "x", "scanned_at": "2026-01-01T00:00:00Z", "device": "d"}] * 501},
    ],
    ids=[
        "no time zone",
        "in the future",
        "no device",
        "a device with a control character",
        "too many",
    ],
)
async def test_a_sync_that_makes_no_sense_is_refused(staff: Any, body: Any) -> None:
    assert (await staff.call("POST", "/api/checkin/sync", body)).status == 422
