"""A person's browser, the API beside it, and the types of the fixtures of the journeys.

The fixtures are in `conftest.py`. Import this module as `tests.browser.journeys.harness`.
"""

import json
import secrets
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TypedDict, Unpack

from playwright.sync_api import BrowserContext, Page, StorageState, ViewportSize
from tests.harness import PASSWORD, Json, stamp

ROOT = Path(__file__).resolve().parents[3]
FRONTEND = ROOT / "services/gateway/frontend"
AXE = FRONTEND / "node_modules/axe-core/axe.min.js"
SERIOUS = {"serious", "critical"}
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 860}


class Api:
    """The public API with one account's token, for what people do outside the browser."""

    def __init__(self, base_url: str, token: str = "") -> None:
        self.base_url = base_url
        self.token = token

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Send a request and return the decoded answer. Raises AssertionError from status 400 on.

        Write the hyphens of header names as underscores.
        """
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent["Content-Type"] = "application/json"
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read()!r}") from error
        return json.loads(text) if text else None

    def download(self, path: str) -> bytes:
        request = urllib.request.Request(
            self.base_url + path, headers={"Authorization": f"Bearer {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            content: bytes = answer.read()
        return content

    def sign_up(self, name: str) -> "Api":
        """Make an account, and return the API with its token."""
        account = {"email": f"{secrets.token_hex(6)}@example.com", "password": PASSWORD}
        made = Api(self.base_url).call("POST", "/api/auth/signup", {**account, "name": name})
        return Api(self.base_url, made["token"])

    def enter(self, event_id: str) -> str:
        """Join the line and poll until admitted. Returns the admission's token."""
        place = self.call("POST", f"/api/events/{event_id}/queue", {})
        deadline = time.monotonic() + 20
        while place["status"] != "admitted":
            assert time.monotonic() < deadline, place
            time.sleep(0.2)
            place = self.call("GET", f"/api/events/{event_id}/queue")
        token: str = place["admission"]["token"]
        return token

    def hold(self, event_id: str, body: Json) -> Json:
        """Enter and hold seats. Returns the hold."""
        hold: Json = self.call(
            "POST",
            f"/api/events/{event_id}/holds",
            body,
            Queue_Admission=self.enter(event_id),
            Idempotency_Key=secrets.token_hex(8),
        )["hold"]
        return hold


class Visitor:
    """A person's browser: one context with one page."""

    def __init__(self, context: BrowserContext, base_url: str, screens: Path) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.base_url = base_url
        self.failures: list[str] = []
        self._screens = screens
        self.page.on("pageerror", lambda error: self.failures.append(str(error)))

    def goto(self, path: str) -> None:
        self.page.goto(self.base_url + path)

    def sign_up(self, name: str) -> None:
        """Sign up through the API, so that the browser has the session's cookie."""
        email = f"{secrets.token_hex(6)}@example.com"
        account = {"email": email, "password": PASSWORD, "name": name}
        self._post("/api/auth/signup", account)

    def log_in(self, email: str, password: str) -> None:
        self._post("/api/auth/login", {"email": email, "password": password})

    def _post(self, path: str, body: Json) -> None:
        answer = self.context.request.post(
            self.base_url + path, data=body, headers={"Origin": self.base_url}
        )
        assert answer.ok, answer.text()

    def look(self, name: str, *, whole: bool = True) -> None:
        """Save a screenshot, and fail on what axe-core finds serious and on errors of the page."""
        self.page.wait_for_timeout(350)
        self.page.screenshot(path=self._screens / f"{name}.png", full_page=whole)
        findings = [
            f"{found['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
            for found in self.axe()
            if found["impact"] in SERIOUS
            for node in found["nodes"]
        ]
        assert not findings, f"{name}: " + "\n".join(findings)
        assert not self.failures, f"{name}: {self.failures}"

    def axe(self) -> list[Json]:
        """What axe-core finds wrong. Evaluating it gets past the page's content policy."""
        self.page.evaluate(AXE.read_text())
        found: list[Json] = self.page.evaluate(
            "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
        )
        return found


class EventFields(TypedDict, total=False):
    """Fields of a new event that a test sets."""

    name: str
    venue: str
    starts_at: str
    sale_opens_at: str
    sale_closes_at: str
    ticket_types: list[Json]
    layout: Json
    queue: Json


class Visit(Protocol):
    """The fixture `visit`."""

    def __call__(
        self, *, locale: str = "ko-KR", size: ViewportSize = PHONE, dark: bool = False,
        timezone_id: str = "Asia/Seoul", storage_state: StorageState | None = None,
    ) -> Visitor: ...  # fmt: skip


class VisitWithCamera(Protocol):
    """The fixture `visit_with_camera`."""

    def __call__(self, *, camera: Path) -> Visitor: ...


class NewEvent(Protocol):
    """The fixture `new_event`."""

    def __call__(self, **fields: Unpack[EventFields]) -> str: ...


def event_like(**fields: Unpack[EventFields]) -> Json:
    """The content of a new event: 240 seats, on sale now, and everyone who joins enters at once."""
    now = datetime.now(UTC)
    return {
        "name": "한강 교향악단 여름 음악회",
        "venue": "예술의전당 콘서트홀",
        "starts_at": stamp(now + timedelta(days=40)),
        "sale_opens_at": stamp(now - timedelta(seconds=5)),
        "sale_closes_at": stamp(now + timedelta(days=39)),
        "currency": "KRW",
        "max_per_user": 4,
        "ticket_types": [
            {"name": "VIP석", "price": 180_000, "kind": "seated"},
            {"name": "R석", "price": 120_000, "kind": "seated"},
        ],
        "layout": {
            "sections": [
                {"name": "A", "rows": 5, "seats_per_row": 20, "ticket_type": "VIP석"},
                {
                    "name": "B", "rows": 7, "seats_per_row": 20, "ticket_type": "R석",
                    "accessible": [{"row": 7, "number": number} for number in (1, 2, 19, 20)],
                },
            ]
        },
        "queue": {"policy": "first_come", "capacity": 1000, "per_second": 50},
        **fields,
    }  # fmt: skip
