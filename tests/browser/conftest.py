"""Headless Chromium, as the machine has it."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright

from tiketi_local.binaries import chromium

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A fresh browser's page in English; fails the test if the page's script failed."""
    failures: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        context = await browser.new_context(locale="en-US")
        context.set_default_timeout(15_000)
        page = await context.new_page()
        page.on("pageerror", lambda error: failures.append(str(error)))
        yield page
        await browser.close()
    assert failures == []
