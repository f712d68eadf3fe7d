"""What a page shows is what is: prices, times, offers, codes and maps of every size."""

import re
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from tests.browser.journeys.harness import DESK, Api, EventFields, NewEvent, Visit
from tests.harness import stamp

ONE_ROW: EventFields = {
    "ticket_types": [{"name": "R석", "price": 55_000, "kind": "seated"}],
    "layout": {"sections": [{"name": "A", "rows": 1, "seats_per_row": 4, "ticket_type": "R석"}]},
}


def test_a_paid_hold_leads_to_its_order(visit: Visit, new_event: NewEvent) -> None:
    event = new_event()
    fan = visit(locale="en-GB")
    fan.sign_up("Ada")
    page = fan.page
    fan.goto(f"/events/{event}/line")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name=re.compile("Hold these seats")).click()
    expect(page.get_by_role("heading", name="Checkout")).to_be_visible()
    hold = page.url
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    expect(page.get_by_role("heading", name="You are in!")).to_be_visible()
    order = page.url.split("?")[0]
    page.goto(hold)
    expect(page.get_by_role("img", name=re.compile("QR"))).to_have_count(2)
    assert page.url.split("?")[0] == order
    expect(page.get_by_role("button", name=re.compile("^Pay "))).to_have_count(0)
    expect(page.get_by_role("link", name=re.compile("Your seats"))).to_have_count(0)


def test_a_price_that_changed_is_agreed_to_before_the_checkout(
    visit: Visit, new_event: NewEvent, organiser: Api
) -> None:
    event = new_event(**ONE_ROW)
    fan = visit(locale="en-GB")
    fan.sign_up("Ada")
    page = fan.page
    fan.goto(f"/events/{event}/line")
    page.get_by_role("button", name="Find").click()
    held = page.get_by_role("button", name=re.compile("Hold these seats · ₩110,000"))
    expect(held).to_be_enabled()
    types = organiser.call("GET", f"/api/admin/events/{event}")["ticket_types"]
    change = {"ticket_types": [{"id": types[0]["id"], "price": 66_000}]}
    organiser.call("PATCH", f"/api/admin/events/{event}", change)
    held.click()
    dialog = page.get_by_role("dialog", name="The price has changed")
    expect(dialog).to_contain_text("from ₩110,000 to ₩132,000")
    fan.look("en-phone-new-price", whole=False)
    dialog.get_by_role("button", name="Go on for ₩132,000").click()
    expect(page.get_by_role("button", name="Pay ₩132,000")).to_be_visible()


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Seoul", "Europe/Berlin"])
def test_times_are_those_of_the_event_wherever_the_reader_is(
    visit: Visit, new_event: NewEvent, zone: str
) -> None:
    year = datetime.now(UTC).year + 1
    starts = datetime(year, 3, 14, 6, 25, tzinfo=UTC)  # 15:25 in Seoul
    event = new_event(
        starts_at=stamp(starts),
        sale_closes_at=stamp(starts - timedelta(hours=1)),
    )
    fan = visit(locale="en-GB", timezone_id=zone)
    fan.goto(f"/events/{event}")
    expect(fan.page.get_by_role("article")).to_contain_text(f"14 Mar {year}, 15:25 KST")


def test_an_offer_of_the_waiting_list_is_on_the_event_in_my_tickets_and_in_the_header(
    visit: Visit, new_event: NewEvent, organiser: Api
) -> None:
    event = new_event(**(ONE_ROW | {"name": "재즈 나이트"}))
    buyer = organiser.sign_up("Buyer")
    hold = buyer.hold(event, {"seat_ids": ["s0", "s1", "s2", "s3"]})
    payment = {"payment": {"provider": "sandbox", "token": "tok_ok"}}
    order = buyer.call(
        "POST", f"/api/holds/{hold['id']}/checkout", payment, Idempotency_Key=secrets.token_hex(8)
    )["order"]
    fan = visit(locale="en-GB", size=DESK)
    fan.sign_up("Waiting")
    page = fan.page
    fan.goto(f"/events/{event}")
    page.get_by_role("button", name="Put me on the list").click(timeout=40_000)
    expect(page.get_by_text("You are number 1 on the list.")).to_be_visible()
    body = {"ticket_ids": [order["tickets"][0]["id"]]}
    buyer.call("POST", f"/api/orders/{order['id']}/refund", body)
    offer = page.get_by_role("article").get_by_role("link", name="Go to checkout")
    expect(offer).to_be_visible(timeout=40_000)
    expect(page.get_by_role("link", name=re.compile("Your seats, "))).to_be_visible()
    fan.look("en-desk-event-offer")
    other = visit(locale="en-GB", storage_state=fan.context.storage_state())
    other.page.add_init_script("localStorage.clear()")
    other.goto("/orders")
    expect(other.page.get_by_text("재즈 나이트")).to_be_visible()
    expect(other.page.get_by_role("link", name=re.compile("Your seats, "))).to_be_visible()
    other.look("en-phone-orders-offer")
    other.page.get_by_role("link", name="Go to checkout").click()
    expect(other.page.get_by_role("button", name="Pay ₩55,000")).to_be_visible()


def test_a_wrong_invite_code_is_called_wrong(visit: Visit, new_event: NewEvent) -> None:
    event = new_event(
        queue={"policy": "invite", "capacity": 10, "per_second": 50, "invite_codes": ["lotus"]}
    )
    fan = visit()
    fan.sign_up("초대")
    fan.goto(f"/events/{event}/line")
    code = fan.page.get_by_label("초대 코드")
    code.fill("lotos")
    fan.page.keyboard.press("Enter")
    expect(fan.page.get_by_role("alert")).to_contain_text("이 공연의 초대 코드가 아닙니다.")
    expect(code).to_have_attribute("aria-invalid", "true")
    fan.look("ko-phone-wrong-code")
    code.fill("lotus")
    fan.page.keyboard.press("Enter")
    expect(fan.page.get_by_role("application", name="좌석 배치도")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "height"),
    [
        pytest.param(640, 360, id="200-percent"),
        pytest.param(844, 390, id="phone-on-its-side"),
        pytest.param(320, 256, id="400-percent"),
        pytest.param(390, 844, id="phone"),
        pytest.param(1280, 720, id="desk"),
    ],
)
def test_the_map_and_the_way_on_are_usable_at_every_size(
    visit: Visit, new_event: NewEvent, width: int, height: int
) -> None:
    event = new_event()
    fan = visit(locale="en-GB", size={"width": width, "height": height})
    fan.sign_up("Ada")
    page = fan.page
    fan.goto(f"/events/{event}/line")
    seats = page.get_by_role("application", name="Seat map")
    box = seats.bounding_box()
    assert box
    assert box["width"] >= min(width, 320)
    assert box["height"] >= 150
    assert box["height"] <= height - 40  # room to scroll past it
    page.get_by_role("button", name="Find").click()
    hold = page.get_by_role("button", name=re.compile("Hold these seats"))
    hold.scroll_into_view_if_needed()
    expect(hold).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    fan.look(f"en-map-{width}x{height}", whole=False)
    hold.click()
    expect(page.get_by_role("heading", name="Checkout")).to_be_visible()


def test_a_map_of_no_size_waits_until_it_has_one(visit: Visit, new_event: NewEvent) -> None:
    event = new_event()
    fan = visit(locale="en-GB", size=DESK)
    fan.sign_up("Ada")
    page = fan.page
    fan.goto(f"/events/{event}/line")
    seats = page.get_by_role("application", name="Seat map")
    expect(seats).to_be_visible()
    frame = page.locator(".choose-seats")
    for hidden in ("display: none", "position: absolute; width: 0; height: 0"):
        frame.evaluate("(frame, style) => { frame.style.cssText = style; }", hidden)
        page.wait_for_function("new Promise(done => requestAnimationFrame(() => done(true)))")
        page.get_by_role("button", name="Find").click()
        page.wait_for_function("new Promise(done => requestAnimationFrame(() => done(true)))")
        frame.evaluate("frame => { frame.style.cssText = ''; }")
        expect(seats).to_be_visible()
    assert fan.failures == []
    box = seats.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_role("region", name="Chosen").get_by_role("listitem").first).to_be_visible()
