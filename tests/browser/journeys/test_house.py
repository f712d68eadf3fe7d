"""Organisers and doors: making an event, running its sale, letting people in without a network."""

import re
import secrets
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageFilter
from playwright.sync_api import expect
from tests.browser.journeys.harness import DESK, Api, NewEvent, Visit, VisitWithCamera
from tests.harness import Json

from tiketi_local.keys import Keys


def buy(organiser: Api, event: str, *seats: str) -> Json:
    """Somebody's paid order."""
    return bought(organiser.sign_up("이서연"), event, *seats)


def bought(buyer: Api, event: str, *seats: str) -> Json:
    hold = buyer.hold(event, {"seat_ids": list(seats)})
    payment = {"payment": {"provider": "sandbox", "token": "tok_ok"}}
    path = f"/api/holds/{hold['id']}/checkout"
    order: Json = buyer.call("POST", path, payment, Idempotency_Key=secrets.token_hex(8))["order"]
    return order


def test_an_organiser_makes_an_event_from_a_file_of_seats(
    visit: Visit, organiser: Api, keys: Keys, tmp_path: Path
) -> None:
    me = visit(locale="en-GB", size=DESK)
    me.log_in(keys.admin_email, keys.admin_password)
    me.goto("/admin")
    page = me.page
    expect(page.get_by_role("heading", name="Organiser")).to_be_visible()
    page.wait_for_timeout(2500)
    me.look("en-desk-admin-home")
    page.get_by_role("link", name="New event").click()
    page.get_by_label("Name").first.fill("Made in the browser")
    page.get_by_label("Venue").fill("Seoul Arts Hall")
    seats = tmp_path / "seats.csv"
    lines = [f"A,{row},{number},VIP" for row in range(1, 6) for number in range(1, 13)]
    lines += [f"B,{row},{number},R" for row in range(1, 7) for number in range(1, 17)]
    seats.write_text("section,row,number,ticket_type\n" + "\n".join(lines[:-3]) + "\n")
    page.get_by_label("Import CSV").set_input_files(seats)
    expect(page.get_by_text("156 seats", exact=True)).to_be_visible()
    page.wait_for_timeout(500)
    me.look("en-desk-admin-new-event")
    page.get_by_role("button", name="Create the event").click()
    expect(page.get_by_role("heading", name="Made in the browser")).to_be_visible()
    made = next(
        event
        for event in organiser.call("GET", "/api/events")["events"]
        if event["name"] == "Made in the browser"
    )
    states = organiser.call("GET", f"/api/events/{made['id']}/availability")["states"]
    assert states.count("a") == 153
    assert states.endswith("xxx")


def test_what_the_server_refuses_is_marked_and_told_in_korean(visit: Visit, keys: Keys) -> None:
    me = visit(size=DESK)
    me.log_in(keys.admin_email, keys.admin_password)
    me.goto("/admin/events/new")
    page = me.page
    page.get_by_label("이름").first.fill("거절될 공연")
    page.get_by_label("장소").fill("예술의전당")
    closes = page.get_by_label("예매 종료")
    opens = page.get_by_label("예매 시작", exact=True).input_value()
    closes.fill(opens)
    page.get_by_label("동시 선택 인원").fill("0")
    page.get_by_role("button", name="공연 만들기").click()
    expect(page.get_by_role("alert").filter(has_text="표시된 항목")).to_contain_text(
        "예매 종료: 예매 시작보다 뒤여야 합니다."
    )
    marked = page.locator("[aria-invalid=true]")
    expect(marked).to_have_count(2)
    expect(closes).to_have_attribute("aria-invalid", "true")
    expect(closes).to_be_focused()
    expect(closes).to_have_accessible_description("예매 시작보다 뒤여야 합니다.")
    assert not re.search(r"sale_|queue\.", page.locator("main").inner_text())
    me.look("ko-desk-admin-refused")


def test_an_organiser_runs_the_sale(
    visit: Visit, new_event: NewEvent, organiser: Api, keys: Keys
) -> None:
    event = new_event(
        name="한강 교향악단", queue={"policy": "first_come", "capacity": 5, "per_second": 2}
    )
    for place in range(3):
        buy(organiser, event, f"s{place * 2}", f"s{place * 2 + 1}")
    for _ in range(12):
        organiser.sign_up("대기").call("POST", f"/api/events/{event}/queue", {})
    me = visit(size=DESK)
    me.log_in(keys.admin_email, keys.admin_password)
    me.goto(f"/admin/events/{event}")
    page = me.page
    expect(page.get_by_role("heading", name="최근 10분")).to_be_visible()
    page.wait_for_timeout(6000)
    me.look("ko-desk-admin-live")
    page.get_by_label("초당 입장 인원").fill("7")
    page.get_by_role("button", name="적용").click()
    expect(page.get_by_text("적용했습니다.")).to_be_visible()
    assert organiser.call("GET", f"/api/admin/events/{event}")["queue"]["per_second"] == 7
    page.get_by_role("button", name="판매 일시 중지").click()
    expect(page.get_by_role("button", name="판매 재개")).to_be_visible()
    assert organiser.call("GET", f"/api/admin/events/{event}")["queue"]["paused"] is True
    page.get_by_role("button", name="판매 재개").click()

    page.get_by_role("link", name="상세").click()
    expect(page.get_by_label("장소")).to_have_value("예술의전당 콘서트홀")
    me.look("ko-desk-admin-edit")
    page.get_by_role("link", name="좌석", exact=True).click()
    seat_map = page.get_by_role("application")
    seat_map.focus()
    for key in ("ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.get_by_role("button", name="판매 막기").click()
    expect(page.get_by_text("판매를 막았습니다.")).to_be_visible()
    me.look("ko-desk-admin-seats")
    page.get_by_role("link", name="주문").click()
    expect(page.get_by_role("button", name="환불")).to_have_count(3)
    me.look("ko-desk-admin-orders")
    page.get_by_role("button", name="환불").first.click()
    page.get_by_role("dialog").get_by_role("button", name="환불").click()
    expect(page.get_by_text("환불했습니다.")).to_be_visible()
    page.get_by_role("link", name="보고서").click()
    expect(page.get_by_role("heading", name="티켓별")).to_be_visible()
    me.look("ko-desk-admin-report")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV 내려받기").click()
    assert "VIP석" in download.value.path().read_text()
    me.goto("/admin/staff")
    expect(page.get_by_text(re.compile("주최자"))).not_to_have_count(0)
    me.look("ko-desk-admin-staff")

    phone = visit(dark=True)
    phone.log_in(keys.admin_email, keys.admin_password)
    phone.goto(f"/admin/events/{event}")
    expect(phone.page.get_by_role("heading", name="최근 10분")).to_be_visible()
    phone.page.wait_for_timeout(2500)
    phone.look("ko-phone-dark-admin-live")


def test_a_door_goes_on_without_a_network_and_syncs(
    visit: Visit, new_event: NewEvent, organiser: Api, keys: Keys
) -> None:
    event = new_event(name="입장 확인 공연")
    order = buy(organiser, event, "s0", "s1", "s2")
    codes = [ticket["code"] for ticket in order["tickets"]]
    door = visit()
    door.log_in(keys.admin_email, keys.admin_password)
    door.goto("/door")
    page = door.page
    page.get_by_label("어느 공연인가요?").select_option(value=event)
    expect(page.get_by_text("오프라인에서도 쓸 수 있습니다.")).to_be_visible()
    door.look("ko-phone-door")
    answer = page.locator(".door-answer")

    def check(code: str) -> None:
        page.get_by_label("티켓 코드").fill(code)
        page.get_by_role("button", name="확인", exact=True).click()

    check(codes[0])
    expect(answer).to_contain_text("입장")
    expect(answer).to_contain_text("A 1-1")
    door.look("ko-phone-door-welcome")
    check(codes[0])
    expect(answer).to_contain_text("이미 사용됨")
    door.look("ko-phone-door-used")

    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.reload()
    expect(page.get_by_text("오프라인에서도 쓸 수 있습니다.")).to_be_visible()
    door.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="입장 확인")).to_be_visible()
    check(codes[1])
    expect(answer).to_contain_text("입장 (오프라인)")
    check(codes[1])
    expect(answer).to_contain_text("이미 사용됨")
    check("TK1NONSENSE")
    expect(answer).to_contain_text("유효하지 않은 티켓")
    expect(page.get_by_text("동기화할 스캔 1건")).to_be_visible()
    door.look("ko-phone-door-offline")
    door.context.set_offline(False)
    expect(page.get_by_text("모두 동기화되었습니다")).to_be_visible(timeout=20_000)
    manifest = organiser.call("GET", f"/api/checkin/events/{event}/manifest")
    assert len(manifest["used"]) == 2

    page.get_by_role("button", name="카메라로 스캔").click()
    expect(page.locator("video")).to_be_visible()
    door.look("ko-phone-door-camera")


def test_a_door_reads_a_printed_code_with_its_camera_and_without_a_network(
    new_event: NewEvent,
    organiser: Api,
    keys: Keys,
    visit_with_camera: VisitWithCamera,
    tmp_path: Path,
) -> None:
    event = new_event(name="카메라 입장 공연")
    guest = organiser.sign_up("박지우")
    ticket = bought(guest, event, "s0", "s1")["tickets"][0]
    film = tmp_path / "ticket.y4m"
    film.write_bytes(filmed(guest.download(f"/api/tickets/{ticket['id']}/qr.png")))
    door = visit_with_camera(camera=film)
    door.log_in(keys.admin_email, keys.admin_password)
    door.goto("/door")
    page = door.page
    page.get_by_label("어느 공연인가요?").select_option(value=event)
    expect(page.get_by_text("오프라인에서도 쓸 수 있습니다.")).to_be_visible()
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.wait_for_function(
        "async () => (await (await caches.open('tiketi-door-1')).keys())"
        ".some(({url}) => url.includes('decode'))"
    )
    door.context.set_offline(True)
    page.reload()

    answer, camera = page.locator(".door-answer"), page.get_by_role("button", name="카메라")
    camera.click()
    expect(answer).to_contain_text("입장 (오프라인)")
    door.look("ko-phone-door-camera-read")
    camera.click()
    door.context.set_offline(False)
    expect(page.get_by_text("모두 동기화되었습니다")).to_be_visible(timeout=20_000)
    camera.click()
    expect(answer).to_contain_text("이미 사용됨")
    manifest = organiser.call("GET", f"/api/checkin/events/{event}/manifest")
    assert manifest["used"] == [ticket["id"]]


def filmed(png: bytes) -> bytes:
    """What a camera sees of a printed code that is held a little askew, in uncompressed frames."""
    code = Image.open(BytesIO(png)).convert("L").resize((300, 300))
    picture = Image.new("L", (640, 480), 120)
    picture.paste(code, (170, 90))
    picture = picture.rotate(9, fillcolor=120, resample=Image.Resampling.BICUBIC)
    picture = picture.filter(ImageFilter.GaussianBlur(0.8))
    frame = b"FRAME\n" + picture.tobytes() + bytes([128]) * (320 * 240 * 2)
    return b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420\n" + frame * 5
