"""What an organiser changes reaches the pages that are open."""

import secrets
from collections.abc import Callable

import pytest
from playwright.async_api import Page, expect
from tests.harness import PASSWORD, NewEvent, NewFan, Person

from tiketi_local.deployment import Deployment


@pytest.mark.timeout(120)
@pytest.mark.parametrize("live", ["websocket", "stream"])
async def test_the_line_shows_the_event_as_its_organiser_has_just_changed_it(  # noqa: PLR0917
    page: Page,
    fan: NewFan,
    new_event: NewEvent,
    organiser: Person,
    deployment: Deployment,
    live: str,
) -> None:
    url = deployment.gateway_urls[0]
    event = await new_event(capacity=1)
    await (await fan(gateway=1)).enter(event["id"])
    account = {
        "email": f"{secrets.token_hex(8)}@example.com",
        "password": PASSWORD,
        "name": "Kim Min-jun",
    }
    signed_up = await page.request.post(
        f"{url}/api/auth/signup", data=account, headers={"Origin": url}
    )
    assert signed_up.ok
    if live == "stream":
        await page.add_init_script(
            "window.WebSocket = class { constructor() {"
            "  setTimeout(() => this.onclose({ code: 1006 }), 1) } close() {} };"
        )
    streams: list[str] = []
    page.on("request", lambda sent: streams.append(sent.url) if "/stream" in sent.url else None)
    async with page.expect_response(lambda answer: "/queue" in answer.url):
        await page.goto(f"{url}/events/{event['id']}/line")
    await expect(page.get_by_role("heading", name="You are in line")).to_be_visible()
    await expect(page.get_by_text(event["name"])).to_be_visible()
    if live == "stream":
        await _until(page, lambda: bool(streams))
    await page.evaluate("window.opened = 'once'")

    change = {"name": "Concert in the park"}
    answer = await organiser.call("PATCH", f"/api/admin/events/{event['id']}", change)
    assert answer.status == 200, answer

    await expect(page.get_by_text("Concert in the park")).to_be_visible(timeout=20_000)
    assert await page.evaluate("window.opened") == "once"
    assert bool(streams) == (live == "stream")


async def _until(page: Page, condition: Callable[[], bool]) -> None:
    while not condition():
        await page.wait_for_timeout(100)
