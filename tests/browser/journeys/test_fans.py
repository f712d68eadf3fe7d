"""A fan's way from the list of events to a ticket, and what can happen on it."""

import re
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from tests.browser.journeys.harness import DESK, Api, NewEvent, Visit
from tests.harness import stamp

from tiketi_local.deployment import Deployment

# The helpers of conftest.py come as fixtures; these are its names for types and sizes.


def test_a_fan_buys_two_seats_on_a_phone_in_korean(visit: Visit, new_event: NewEvent) -> None:
    event = new_event()
    fan = visit()
    page = fan.page
    fan.goto("/")
    expect(page.get_by_role("heading", name="한강 교향악단 여름 음악회").first).to_be_visible()
    fan.look("ko-phone-01-events")
    fan.goto(f"/events/{event}")
    expect(page.get_by_role("link", name="예매하기")).to_be_visible()
    fan.look("ko-phone-02-event")

    page.get_by_role("link", name="예매하기").click()
    expect(page.get_by_role("heading", name="로그인")).to_be_visible()
    fan.look("ko-phone-03-login")
    page.get_by_role("link", name="가입하기").click()
    page.get_by_role("button", name="가입하기").click()
    expect(page.get_by_text("이메일 주소 형식이 아닙니다.")).to_be_visible()
    fan.look("ko-phone-04-signup-errors")
    page.get_by_label("이름").fill("김민준")
    page.get_by_label("이메일").fill(f"{secrets.token_hex(6)}@example.com")
    page.get_by_label("비밀번호").fill("correct horse battery")
    page.get_by_role("button", name="가입하기").click()

    expect(page.get_by_role("application", name="좌석 배치도")).to_be_visible()
    expect(page.get_by_text(re.compile("내 차례: 4:"))).to_be_visible()
    fan.look("ko-phone-05-seats", whole=False)
    page.get_by_role("button", name="찾기").click()
    expect(page.get_by_role("region", name="선택한 좌석").get_by_role("listitem")).to_have_count(2)
    fan.look("ko-phone-06-seats-chosen", whole=False)
    page.get_by_role("button", name=re.compile("이 좌석 선점하기")).click()

    expect(page.get_by_role("heading", name="결제", exact=True)).to_be_visible()
    expect(page.get_by_text("좌석이 방금 선점되었습니다")).to_have_count(0)  # by themselves
    fan.look("ko-phone-07-checkout")
    page.get_by_label("거절").check()
    page.get_by_role("button", name=re.compile("결제하기")).click()
    expect(page.get_by_text("결제가 거절되었습니다.")).to_be_visible()
    fan.look("ko-phone-08-declined")
    page.get_by_label("승인").check()
    page.get_by_role("button", name=re.compile("결제하기")).click()

    expect(page.get_by_role("heading", name="예매되었습니다!")).to_be_visible()
    codes = page.get_by_role("img", name=re.compile("QR"))
    expect(codes).to_have_count(2)
    assert codes.first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    fan.look("ko-phone-09-tickets")
    page.get_by_role("link", name="내 티켓").click()
    expect(page.get_by_text("결제 완료")).to_be_visible()
    fan.look("ko-phone-10-orders")
    page.get_by_role("link", name="내 정보").click()
    expect(page.get_by_label("이름")).to_have_value("김민준")
    fan.look("ko-phone-11-profile")


def test_the_files_of_an_order_are_there_to_take_along(visit: Visit, new_event: NewEvent) -> None:
    event = new_event()
    fan = visit(locale="en-GB", size=DESK)
    fan.sign_up("Ada")
    page = fan.page
    fan.goto(f"/events/{event}/line")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name=re.compile("Hold these seats")).click()
    page.get_by_role("button", name=re.compile("Pay")).click()
    expect(page.get_by_role("heading", name="You are in!")).to_be_visible()
    for name, start in (("Download PDF", b"%PDF"), ("Add to calendar", b"BEGIN:VCALENDAR")):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert download.value.path().read_bytes().startswith(start)
    page.get_by_role("button", name="Refund").click()
    fan.look("en-desk-refund-question", whole=False)
    page.get_by_role("dialog").get_by_role("button", name="Refund").click()
    expect(page.get_by_text("This ticket is no longer valid").first).to_be_visible()
    fan.look("en-desk-refunded")


def test_one_waits_while_another_is_admitted_and_enters_when_a_place_is_free(
    visit: Visit, new_event: NewEvent
) -> None:
    event = new_event(queue={"policy": "first_come", "capacity": 1, "per_second": 50})
    first, second = visit(), visit(locale="en-GB")
    first.sign_up("하나")
    second.sign_up("Two")
    first.goto(f"/events/{event}/line")
    expect(first.page.get_by_role("application")).to_be_visible()
    second.goto(f"/events/{event}/line")
    page = second.page
    expect(page.get_by_role("heading", name="You are in line")).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\(1\)"))
    page.get_by_role("button", name="Tell me when it is my turn").click()
    expect(page.get_by_text("You will get a sound and a notification")).to_be_visible()
    second.look("en-phone-line-next")

    second.goto(f"/events/{event}/seats")
    expect(page.get_by_text("It is not your turn yet")).to_be_visible()
    second.look("en-phone-seats-before-turn", whole=False)
    page.get_by_role("link", name="Back to the line").click()
    expect(page.get_by_role("heading", name="You are in line")).to_be_visible()

    first.page.get_by_role("button", name="차례 넘기기").click()
    first.look("ko-phone-leave-question", whole=False)
    first.page.get_by_role("dialog").get_by_role("button", name="줄에서 나가기").click()
    expect(page.get_by_role("heading", name="It is your turn")).to_be_visible()
    expect(page).to_have_title(re.compile("It is your turn!"))
    second.look("en-phone-turn")
    page.get_by_role("link", name="Choose seats").click()
    expect(page.get_by_text(re.compile("Your turn: "))).to_be_visible()


def test_the_slower_of_two_loses_the_seat_and_keeps_the_rest(
    visit: Visit, new_event: NewEvent
) -> None:
    event = new_event()
    fast, slow = visit(locale="en-GB", size=DESK), visit(locale="en-GB", size=DESK)
    for person in (fast, slow):
        person.sign_up("Someone")
        person.goto(f"/events/{event}/line")
        person.page.get_by_role("button", name="List").click()
        person.page.get_by_role("button", name=re.compile("A, row 1, seat 5,")).click()
    slow.page.get_by_role("button", name=re.compile("A, row 1, seat 6,")).click()
    slow.page.route("**/ws", lambda route: route.abort())
    fast.page.get_by_role("button", name=re.compile("Hold these seats")).click()
    expect(fast.page.get_by_role("heading", name="Checkout")).to_be_visible()

    hold = slow.page.get_by_role("button", name=re.compile("Hold these seats"))
    if "360,000" in hold.inner_text():
        hold.click()
    expect(slow.page.get_by_text(re.compile("just taken|Just taken")).first).to_be_visible()
    chosen = slow.page.get_by_role("region", name="Chosen").get_by_role("listitem")
    expect(chosen).to_have_count(1)
    expect(chosen).to_contain_text("A 1-6")
    slow.look("en-desk-seat-lost-list")


def test_a_refresh_and_another_device_keep_the_place(
    visit: Visit, new_event: NewEvent, organiser: Api
) -> None:
    event = new_event(queue={"policy": "first_come", "capacity": 1, "per_second": 50})
    organiser.sign_up("Inside").enter(event)
    for _ in range(3):
        organiser.sign_up("Ahead").call("POST", f"/api/events/{event}/queue", {})
    fan = visit(locale="en-GB")
    fan.sign_up("Me")
    fan.goto(f"/events/{event}/line")
    position = fan.page.locator(".place-number")
    expect(position).to_have_text("4")
    organiser.sign_up("Behind").call("POST", f"/api/events/{event}/queue", {})
    fan.page.reload()
    expect(position).to_have_text("4")
    fan.look("en-phone-line")
    other = visit(locale="ko-KR", size=DESK, storage_state=fan.context.storage_state())
    other.goto(f"/events/{event}/line")
    expect(other.page.locator(".place-number")).to_have_text("4")
    other.look("ko-desk-line")


def test_the_line_does_not_jump_about(visit: Visit, new_event: NewEvent, organiser: Api) -> None:
    event = new_event(queue={"policy": "first_come", "capacity": 1, "per_second": 50})
    organiser.sign_up("Inside").enter(event)
    fan = visit(locale="en-GB")
    fan.sign_up("Me")
    fan.page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver(list => {
          for (const entry of list.getEntries()) window.shift += entry.value;
        }).observe({type: 'layout-shift', buffered: true});"""
    )
    fan.goto(f"/events/{event}/line")
    expect(fan.page.locator(".place-number")).to_have_text("1")
    fan.page.wait_for_timeout(3000)
    assert fan.page.evaluate("window.shift") < 0.02


def test_the_page_resumes_when_its_notifier_is_killed(
    visit: Visit, new_event: NewEvent, organiser: Api, deployment: Deployment
) -> None:
    event = new_event(queue={"policy": "first_come", "capacity": 2, "per_second": 50})
    fan, waiting = visit(locale="en-GB", size=DESK), visit(locale="en-GB")
    fan.sign_up("Me")
    organiser.sign_up("Inside").enter(event)
    fan.goto(f"/events/{event}/line")
    fan.page.get_by_role("button", name="Find").click()
    fan.page.get_by_role("button", name=re.compile("Hold these seats")).click()
    expect(fan.page.get_by_role("heading", name="Checkout")).to_be_visible()
    fan.goto(f"/events/{event}/seats")
    waiting.sign_up("Waiting")
    waiting.goto(f"/events/{event}/line")
    expect(waiting.page.locator(".place-number")).to_have_text("1")
    waiting.page.wait_for_timeout(1000)

    notifiers = deployment.of("notifier")
    for notifier in notifiers:
        notifier.kill()
    expect(
        waiting.page.get_by_text(re.compile("Connection lost. Trying again, [1-5] of 5"))
    ).to_be_visible()
    waiting.look("en-phone-line-disconnected")
    fan.look("en-desk-seats-disconnected", whole=False)
    for notifier in notifiers:
        notifier.start()
    expect(
        waiting.page.get_by_text(re.compile("Connected again. Position 1, kept."))
    ).to_be_visible()
    waiting.look("en-phone-line-restored")
    expect(
        fan.page.get_by_text(re.compile("Connected again. Your turn, kept. Seat A .*, kept."))
    ).to_be_visible()

    someone = organiser.sign_up("Other")
    fan.page.get_by_role("button", name="List").click()
    seat = fan.page.get_by_role("button", name=re.compile("A, row 1, seat 1,"))
    expect(seat).to_have_attribute("aria-disabled", "false")
    organiser.call("PATCH", f"/api/admin/events/{event}/queue", {"capacity": 50})
    someone.hold(event, {"seat_ids": ["s0"]})
    expect(seat).to_have_attribute("aria-disabled", "true")


def test_all_of_it_works_where_websocket_is_blocked(visit: Visit, new_event: NewEvent) -> None:
    event = new_event(queue={"policy": "first_come", "capacity": 1, "per_second": 50})
    first, fan = visit(), visit(locale="en-GB")
    first.sign_up("하나")
    first.goto(f"/events/{event}/line")
    expect(first.page.get_by_role("application")).to_be_visible()
    fan.sign_up("Blocked")
    fan.page.route_web_socket("**/ws", lambda socket: socket.close(code=1006))
    fan.goto(f"/events/{event}/line")
    expect(fan.page.get_by_role("heading", name="You are in line")).to_be_visible()
    first.page.get_by_role("button", name="차례 넘기기").click()
    first.page.get_by_role("dialog").get_by_role("button", name="줄에서 나가기").click()
    expect(fan.page.get_by_role("heading", name="It is your turn")).to_be_visible(timeout=20_000)


def test_the_lobby_counts_down_and_its_draw_can_be_checked(
    visit: Visit, new_event: NewEvent, organiser: Api
) -> None:
    opens = datetime.now(UTC) + timedelta(seconds=22)
    event = new_event(
        name="새벽의 소리 — 10주년 콘서트",
        sale_opens_at=stamp(opens),
        queue={"policy": "lobby", "capacity": 1, "per_second": 50, "lobby_seconds": 600},
    )
    fan = visit(size=DESK)
    fan.sign_up("김민준")
    for name in ("하나", "둘", "셋"):
        organiser.sign_up(name).call("POST", f"/api/events/{event}/queue", {})
    fan.goto(f"/events/{event}")
    expect(fan.page.get_by_role("timer")).to_be_visible()
    fan.look("ko-desk-event-lobby")
    fan.page.get_by_role("link", name="대기실 입장").click()
    expect(fan.page.get_by_role("heading", name="대기실에 들어왔습니다")).to_be_visible()
    fan.look("ko-desk-lobby")
    fan.goto(f"/events/{event}/draw")
    expect(fan.page.get_by_text("비밀값은 예매가 시작되면 공개됩니다.")).to_be_visible()
    fan.look("ko-desk-draw-before")
    fan.goto(f"/events/{event}/line")
    expect(fan.page.get_by_role("heading", name=re.compile("줄을 서고|입장할 차례"))).to_be_visible(
        timeout=40_000
    )
    fan.goto(f"/events/{event}/draw")
    fan.page.get_by_role("button", name="이 브라우저에서 검증").click()
    expect(
        fan.page.get_by_text("비밀값이 약속값과 일치하고, 내 번호도 그 값에서 나옵니다.")
    ).to_be_visible()
    fan.look("ko-desk-draw-checked")


def test_general_admission_is_held_by_number(visit: Visit, new_event: NewEvent) -> None:
    event = new_event(
        name="Summer Night Festival",
        venue="난지한강공원",
        ticket_types=[
            {"name": "스탠딩", "price": 66_000, "kind": "general", "capacity": 300},
            {"name": "얼리 엔트리", "price": 99_000, "kind": "general", "capacity": 20},
        ],
        layout={"sections": []},
    )
    fan = visit(dark=True)
    fan.sign_up("김민준")
    fan.goto(f"/events/{event}/line")
    expect(fan.page.get_by_text("300석 남음")).to_be_visible()
    fan.look("ko-phone-dark-general")
    fan.page.get_by_role("group", name="스탠딩").get_by_role("button", name="한 장 더").click()
    fan.page.get_by_role("button", name=re.compile("132,000")).click()
    expect(fan.page.get_by_role("heading", name="결제", exact=True)).to_be_visible()
    fan.look("ko-phone-dark-checkout")
    fan.page.get_by_role("button", name="좌석 반납").click()
    fan.page.get_by_role("dialog").get_by_role("button", name="좌석 반납").click()
    expect(fan.page.get_by_text("300석 남음")).to_be_visible()


def test_sold_out_offers_the_waiting_list_and_a_paused_sale_says_so(
    visit: Visit, new_event: NewEvent, organiser: Api
) -> None:
    one_row = {"sections": [{"name": "A", "rows": 1, "seats_per_row": 4, "ticket_type": "R석"}]}
    event = new_event(
        name="재즈 나이트",
        ticket_types=[{"name": "R석", "price": 55_000, "kind": "seated"}],
        layout=one_row,
    )
    organiser.call("PATCH", f"/api/admin/events/{event}/queue", {"paused": True})
    fan = visit()
    fan.sign_up("김민준")
    fan.page.wait_for_timeout(2500)
    fan.goto(f"/events/{event}/line")
    expect(fan.page.get_by_role("heading", name="대기열이 잠시 멈췄습니다")).to_be_visible()
    fan.look("ko-phone-paused")
    organiser.call("PATCH", f"/api/admin/events/{event}/queue", {"paused": False})
    expect(fan.page.get_by_role("application")).to_be_visible(timeout=30_000)
    buyer = organiser.sign_up("Buyer")
    hold = buyer.hold(event, {"seat_ids": ["s0", "s1", "s2", "s3"]})
    payment = {"payment": {"provider": "sandbox", "token": "tok_ok"}}
    path = f"/api/holds/{hold['id']}/checkout"
    buyer.call("POST", path, payment, Idempotency_Key=secrets.token_hex(8))
    fan.page.wait_for_timeout(2500)
    fan.goto(f"/events/{event}")
    fan.page.get_by_role("button", name="대기 신청").click()
    expect(fan.page.get_by_text("대기 순번 1번입니다.")).to_be_visible()
    fan.look("ko-phone-waiting-list")


@pytest.mark.parametrize(
    ("path", "name"),
    [("/nowhere/at/all", "not-found"), ("/holds/00000000000000000000", "unknown-hold")],
)
def test_what_is_not_there_says_what_to_do(visit: Visit, path: str, name: str) -> None:
    fan = visit(locale="en-GB", size=DESK)
    fan.sign_up("Me")
    fan.goto(path)
    expect(fan.page.get_by_role("link", name="See all events")).to_be_visible()
    fan.look(f"en-desk-{name}")


def test_without_a_network_the_page_says_so_and_goes_on(visit: Visit, new_event: NewEvent) -> None:
    event = new_event()
    fan = visit(locale="en-GB")
    fan.goto("/")
    expect(fan.page.get_by_role("heading", level=2).first).to_be_visible()
    fan.context.route("**/api/events/*", lambda route: route.abort())
    fan.page.evaluate(
        "path => { history.pushState(null, '', path); dispatchEvent(new Event('popstate')); }",
        f"/events/{event}",
    )
    expect(fan.page.get_by_role("heading", name="No connection")).to_be_visible()
    fan.look("en-phone-offline")
    fan.context.unroute("**/api/events/*")
    expect(fan.page.get_by_role("link", name="Get tickets")).to_be_visible()
