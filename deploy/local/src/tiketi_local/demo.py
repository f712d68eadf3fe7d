"""The demo's two events, made through the public API as an organiser would."""

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]


class DemoError(Exception):
    """The API refused; the message has its answer."""


def make_demo_events(base_url: str, email: str, password: str) -> list[str]:
    """Create those of the demo's events that are not there yet; the names of the new ones."""
    credentials = {"email": email, "password": password}
    token = _call(base_url, "POST", "/api/auth/login", credentials)["token"]
    there = {event["name"] for event in _call(base_url, "GET", "/api/events?limit=100")["events"]}
    missing = [event for event in demo_events(datetime.now(UTC)) if event["name"] not in there]
    for event in missing:
        _call(base_url, "POST", "/api/admin/events", event, token=token)
    return [event["name"] for event in missing]


def demo_events(now: datetime) -> list[Json]:
    """One event with 5,000 seats and one of general admission, both on sale from `now` on."""
    shared = {
        "starts_at": _stamp(now + timedelta(days=90)),
        "sale_opens_at": _stamp(now),
        "sale_closes_at": _stamp(now + timedelta(days=89)),
        "currency": "KRW",
        "max_per_user": 4,
        "queue": {"capacity": 1000, "per_second": 50, "admission_seconds": 300},
    }
    sections = [
        {"name": "A", "rows": 20, "seats_per_row": 50, "ticket_type": "VIP"},
        {"name": "B", "rows": 40, "seats_per_row": 50, "ticket_type": "R"},
        {"name": "C", "rows": 40, "seats_per_row": 50, "ticket_type": "S"},
    ]
    return [
        {
            "name": "Han River Symphony",
            "venue": "Seoul Arts Hall",
            "ticket_types": [
                {"name": "VIP", "price": 180_000, "kind": "seated", "capacity": 1000},
                {"name": "R", "price": 120_000, "kind": "seated", "capacity": 2000},
                {"name": "S", "price": 80_000, "kind": "seated", "capacity": 2000},
            ],
            "layout": {"sections": sections},
            **shared,
        },
        {
            "name": "Summer Night Festival",
            "venue": "Nanji Park",
            "ticket_types": [
                {"name": "Standing", "price": 66_000, "kind": "general", "capacity": 3000},
                {"name": "Early entry", "price": 99_000, "kind": "general", "capacity": 500},
            ],
            "layout": {"sections": []},
            **shared,
        },
    ]


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _call(
    base_url: str, method: str, path: str, body: Json | None = None, *, token: str = ""
) -> Any:
    """The decoded answer. Raises DemoError for a refusal."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # our own gateway  # noqa: S310  # nosec B310
        base_url + path, data, headers, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # our own gateway  # noqa: S310  # nosec B310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        text = error.read().decode(errors="replace")
        raise DemoError(f"{method} {path}: {error.code} {text}") from error
