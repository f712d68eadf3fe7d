"""The fixtures of the journeys: a deployment of their own and real Chromium browsers.

Their classes and types are in `harness.py`. axe-core checks every screen that a journey visits, and
a screenshot is kept under `.run/screens` (SCREENS names another folder) for people to look at.
"""

import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Unpack

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Playwright,
    StorageState,
    ViewportSize,
    expect,
    sync_playwright,
)
from tests.browser.journeys.harness import (
    FRONTEND,
    PHONE,
    ROOT,
    Api,
    EventFields,
    NewEvent,
    Visit,
    Visitor,
    VisitWithCamera,
    event_like,
)

from tiketi_local.binaries import chromium
from tiketi_local.deployment import Deployment, private_stores
from tiketi_local.keys import Keys, load_or_make

CHROMIUM_ARGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
]  # fmt: skip
expect.set_options(timeout=15_000)


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


def new_context(
    browser: Browser, *, locale: str = "ko-KR", size: ViewportSize = PHONE, dark: bool = False,
    timezone_id: str = "Asia/Seoul", storage_state: StorageState | None = None,
) -> BrowserContext:  # fmt: skip
    context = browser.new_context(
        permissions=["camera", "notifications"], locale=locale, viewport=size,
        has_touch=size is PHONE, color_scheme="dark" if dark else "light",
        timezone_id=timezone_id, storage_state=storage_state,
    )  # fmt: skip
    context.set_default_timeout(15_000)
    return context


@pytest.fixture
def visit(browser: Browser, base_url: str, screens: Path) -> Iterator[Visit]:
    """`visit(locale="ko-KR", size=PHONE, dark=False)` opens a browser for one more person."""
    contexts: list[BrowserContext] = []

    def open_browser(
        *, locale: str = "ko-KR", size: ViewportSize = PHONE, dark: bool = False,
        timezone_id: str = "Asia/Seoul", storage_state: StorageState | None = None,
    ) -> Visitor:  # fmt: skip
        context = new_context(
            browser, locale=locale, size=size, dark=dark, timezone_id=timezone_id,
            storage_state=storage_state,
        )  # fmt: skip
        contexts.append(context)
        return Visitor(context, base_url, screens)

    yield open_browser
    for context in contexts:
        context.close()


@pytest.fixture
def visit_with_camera(
    playwright: Playwright, base_url: str, screens: Path
) -> Iterator[VisitWithCamera]:
    """`visit_with_camera(camera=FILE)` opens a phone's browser whose camera sees that film."""
    browsers: list[Browser] = []

    def open_browser(*, camera: Path) -> Visitor:
        film = f"--use-file-for-fake-video-capture={camera}"
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=[*CHROMIUM_ARGS, film]
        )
        browsers.append(browser)
        context = new_context(browser)
        return Visitor(context, base_url, screens)

    yield open_browser
    for browser in browsers:
        browser.close()


@pytest.fixture
def new_event(organiser: Api) -> NewEvent:
    """`new_event(name=..., queue=...)` returns the id of a new event whose line is open."""

    def make(**fields: Unpack[EventFields]) -> str:
        event = event_like(**fields)
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
