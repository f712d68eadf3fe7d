"""A fan buys a ticket in the browser: sign-up, line, seat map, payment, the ticket's code."""

import re
import secrets

import pytest
from playwright.async_api import Page, expect
from tests.harness import PASSWORD, NewEvent, NewFan

from tiketi_local.deployment import Deployment

expect.set_options(timeout=15_000)


@pytest.mark.timeout(120)
async def test_a_fan_waits_in_line_chooses_a_seat_and_gets_a_ticket(
    page: Page, fan: NewFan, new_event: NewEvent, deployment: Deployment
) -> None:
    event = await new_event(capacity=1)
    ahead = await fan(gateway=1)
    await ahead.enter(event["id"])

    await page.goto(deployment.gateway_urls[0])
    await page.get_by_role("link", name=event["name"]).click()
    await page.get_by_role("link", name="Get tickets").click()
    await page.get_by_role("link", name="Create account").click()
    await page.get_by_label("Name").fill("Kim Min-jun")
    await page.get_by_label("Email").fill(f"{secrets.token_hex(8)}@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()

    await expect(page.get_by_role("heading", name="You are in line")).to_be_visible()
    await expect(page.get_by_text("You are next", exact=True)).to_be_visible()
    await expect(page.get_by_role("progressbar", name="Progress in line")).to_be_visible()
    await expect(page.get_by_text("Expected wait")).to_be_visible()

    await ahead.call("DELETE", f"/api/events/{event['id']}/queue")
    await expect(page.get_by_role("heading", name="It is your turn")).to_be_visible()
    await page.get_by_role("link", name="Choose seats").click()

    await page.get_by_role("button", name="List").click()
    await page.get_by_role("button", name=re.compile("seat 3, Stalls")).click()
    chosen = page.get_by_role("region", name="Chosen")
    await chosen.get_by_role("button", name="Hold these seats").click()
    await expect(page.get_by_role("heading", name="Checkout")).to_be_visible()
    await page.get_by_role("button", name="Pay").click()

    await expect(page.get_by_text("You are in!")).to_be_visible()
    code = page.get_by_role("img", name=re.compile("QR code of the ticket"))
    await expect(code).to_be_visible()
    assert await code.evaluate("image => image.complete && image.naturalWidth > 0")
