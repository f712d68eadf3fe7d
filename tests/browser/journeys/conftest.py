"""A real sale in a real Chromium: people, organisers and doors at a deployment of their own.

Every screen that a journey comes by is looked at by axe-core and kept as a picture under
`.run/screens` (SCREENS names another folder), to be looked at by a person.
"""

import json
import os
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    ViewportSize,
    expect,
    sync_playwright,
)

from tiketi_local.binaries import chromium
from tiketi_local.deployment import Deployment, private_stores
from tiketi_local.keys import Keys, load_or_make

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[3]
FRONTEND = ROOT / "services/gateway/frontend"
AXE = FRONTEND / "node_modules/axe-core/axe.min.js"
PASSWORD = "correct horse battery"
CHROMIUM_ARGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
]  # fmt: skip
expect.set_options(timeout=15_000)

SERIOUS = {"serious", "critical"}
PHONE: ViewportSize = {"width": 390, "height": 844}


class Api:
    """The public API with one account's token, for what happens beside the browser."""

    def __init__(self, base_url: str, token: str = "") -> None:
        self.base_url = base_url
        self.token = token

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The decoded answer. Raises AssertionError for a refusal; `_` is `-` in header names."""
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
        account = {"email": f"{secrets.token_hex(6)}@example.com", "password": PASSWORD}
        made = Api(self.base_url).call("POST", "/api/auth/signup", {**account, "name": name})
        return Api(self.base_url, made["token"])

    def enter(self, event_id: str) -> str:
        """Join, and come back until admitted; the admission's token."""
        place = self.call("POST", f"/api/events/{event_id}/queue", {})
        deadline = time.monotonic() + 20
        while place["status"] != "admitted":
            assert time.monotonic() < deadline, place
            time.sleep(0.2)
            place = self.call("GET", f"/api/events/{event_id}/queue")
        token: str = place["admission"]["token"]
        return token

    def hold(self, event_id: str, body: Json) -> Json:
        hold: Json = self.call(
            "POST",
            f"/api/events/{event_id}/holds",
            body,
            Queue_Admission=self.enter(event_id),
            Idempotency_Key=secrets.token_hex(8),
        )["hold"]
        return hold


class Visitor:
    """Somebody's browser: one context, one page."""

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
        """Through the API; the session's cookie is the browser's."""
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
        """Keep the screen as a picture, and let axe-core look at it."""
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
        """What axe-core finds wrong; evaluated as a debugger does, past the page's policy."""
        self.page.evaluate(AXE.read_text())
        found: list[Json] = self.page.evaluate(
            "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
        )
        return found


@pytest.fixture(scope="session")
def screens() -> Path:
    folder = Path(os.environ.get("SCREENS", ROOT / ".run/screens"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return load_or_make(tmp_path_factory.mktemp("keys") / "keys.json")


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[Deployment]:
    """One of each service and two notifiers, with the built web app."""
    folder = tmp_path_factory.mktemp("journeys")
    stores = private_stores(folder, keys.store_password, logs=folder, durable=False)
    with Deployment(
        stores,
        keys,
        logs=folder,
        counts={"notifier": 2},
        environ={"LIMITS": "off"},
        web_root=FRONTEND / "dist",
    ) as deployment:
        deployment.start()
        yield deployment


@pytest.fixture(scope="session")
def base_url(deployment: Deployment) -> str:
    return deployment.gateway_urls[0]


@pytest.fixture(scope="session")
def organiser(base_url: str, keys: Keys) -> Api:
    credentials = {"email": keys.admin_email, "password": keys.admin_password}
    deadline = time.monotonic() + 10
    while True:
        try:
            return Api(
                base_url, Api(base_url).call("POST", "/api/auth/login", credentials)["token"]
            )
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGS)
    yield browser
    browser.close()


def opened(browser: Browser, **options: Any) -> BrowserContext:
    options = {"timezone_id": "Asia/Seoul", **options}
    context = browser.new_context(permissions=["camera", "notifications"], **options)
    context.set_default_timeout(15_000)
    return context


@pytest.fixture
def visit(browser: Browser, base_url: str, screens: Path) -> Iterator[Callable[..., Visitor]]:
    """`visit(locale="ko-KR", size=PHONE, dark=False)`: somebody opens a browser."""
    contexts: list[BrowserContext] = []

    def open_browser(
        *, locale: str = "ko-KR", size: ViewportSize = PHONE, dark: bool = False, **options: Any
    ) -> Visitor:
        context = opened(
            browser, locale=locale, viewport=size, has_touch=size is PHONE,
            color_scheme="dark" if dark else "light", **options,
        )  # fmt: skip
        contexts.append(context)
        return Visitor(context, base_url, screens)

    yield open_browser
    for context in contexts:
        context.close()


@pytest.fixture
def visit_with_camera(
    playwright: Playwright, base_url: str, screens: Path
) -> Iterator[Callable[..., Visitor]]:
    """`visit_with_camera(camera=FILE)`: a phone whose camera sees that film."""
    browsers: list[Browser] = []

    def open_browser(*, camera: Path) -> Visitor:
        film = f"--use-file-for-fake-video-capture={camera}"
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=[*CHROMIUM_ARGS, film]
        )
        browsers.append(browser)
        context = opened(browser, locale="ko-KR", viewport=PHONE, has_touch=True)
        return Visitor(context, base_url, screens)

    yield open_browser
    for browser in browsers:
        browser.close()


def event_like(**change: Any) -> Json:
    """An event of 240 seats and 50 standing, on sale now, with room for everyone."""
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
        **change,
    }  # fmt: skip


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.fixture
def new_event(organiser: Api) -> Callable[..., str]:
    """`new_event(name=..., queue=...)`: the id of a new event whose line has opened."""

    def make(**change: Any) -> str:
        event = event_like(**change)
        key = secrets.token_hex(8)
        event_id: str = organiser.call("POST", "/api/admin/events", event, Idempotency_Key=key)[
            "id"
        ]
        deadline = time.monotonic() + 10
        while True:
            try:
                organiser.call("GET", f"/api/events/{event_id}/queue/status")
            except AssertionError:
                assert time.monotonic() < deadline, "the line did not open"
                time.sleep(0.1)
            else:
                return event_id

    return make
