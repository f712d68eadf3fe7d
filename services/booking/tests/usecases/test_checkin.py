import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from services.booking.tests.harness import BoxOffice

from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.door import SAME_SCAN, Irregular, Scan, Scanner, SpentTickets, Synced
from tiketi_booking.domain.eticket import Seat
from tiketi_booking.errors import AlreadyUsed, TicketCancelled, UnknownTicket, WrongEvent
from tiketi_shared.ids import EventId, TicketId, UserId, new_id

STAFF = UserId(new_id())
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def door(name: str, minutes: int = 0) -> Scanner:
    return Scanner(STAFF, name, NOON + timedelta(minutes=minutes))


@pytest.fixture
async def event(office: BoxOffice) -> Event:
    return await office.event()


@pytest.fixture
async def code(office: BoxOffice, event: Event) -> str:
    """Of seat 2 in row 1, sold to Narae."""
    order = await office.buy(event, await office.user("Narae"), [1])
    return office.codes.make(event.id, order.tickets[0].id)


async def test_a_ticket_lets_one_person_in_and_says_who(
    office: BoxOffice, event: Event, code: str
) -> None:
    facts = await office.check_in.admit(code, door("north"), event.id)
    assert facts.holder == "Narae"
    assert facts.seat == Seat("A", "1", "2")
    assert facts.ticket_type == "R"


async def test_a_second_time_it_is_refused_with_where_and_when_it_was_used(
    office: BoxOffice, code: str
) -> None:
    await office.check_in.admit(code, door("north"), None)
    with pytest.raises(AlreadyUsed) as refused:
        await office.check_in.admit(code, door("south", 5), None)
    assert refused.value.extra["used_at"] == NOON
    assert refused.value.extra["device"] == "north"


async def test_of_many_doors_at_once_exactly_one_lets_the_person_in(
    office: BoxOffice, code: str
) -> None:
    results = await asyncio.gather(
        *(office.check_in.admit(code, door(f"door-{n}"), None) for n in range(12)),
        return_exceptions=True,
    )
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert sum(isinstance(result, AlreadyUsed) for result in results) == 11


async def test_a_refunded_ticket_is_refused(office: BoxOffice, event: Event) -> None:
    order = await office.buy(event, await office.user(), [0])
    await office.refund(order.id)
    code = office.codes.make(event.id, order.tickets[0].id)
    with pytest.raises(TicketCancelled):
        await office.check_in.admit(code, door("north"), None)


async def test_a_ticket_of_another_event_is_refused_where_one_is_named(
    office: BoxOffice, code: str
) -> None:
    with pytest.raises(WrongEvent):
        await office.check_in.admit(code, door("north"), EventId(new_id()))
    await office.check_in.admit(code, door("north"), None)


async def test_codes_that_nobody_made_and_tickets_that_nobody_sold_are_unknown(
    office: BoxOffice, event: Event
) -> None:
    genuine_but_unsold = office.codes.make(event.id, TicketId(new_id()))
    for text in ("TK1NONSENSE", "", genuine_but_unsold):
        with pytest.raises(UnknownTicket):
            await office.check_in.admit(text, door("north"), None)


async def test_what_an_offline_door_did_is_taken_in_and_sending_it_again_changes_nothing(
    office: BoxOffice, event: Event, code: str
) -> None:
    for _ in range(2):
        (synced,) = await office.check_in.sync([(code, door("gate", 1))], event.id)
        assert synced.outcome == "admitted"
    with pytest.raises(AlreadyUsed):
        await office.check_in.admit(code, door("north", 9), None)


async def test_a_double_is_reported_with_both_doors_and_times(
    office: BoxOffice, event: Event, code: str
) -> None:
    scans = [(code, door("south", 7)), (code, door("north", 3))]
    south, north = await office.check_in.sync(scans, event.id)
    ticket_id = office.codes.read(code).ticket_id
    first = Scan("north", NOON + timedelta(minutes=3))
    assert north == Synced("admitted", ticket_id)
    assert south == Synced("double", ticket_id, first)
    assert await office.tickets.irregular(event.id, 0, 10) == [
        Irregular(ticket_id, "double", Scan("south", NOON + timedelta(minutes=7)), first)
    ]


async def test_a_door_that_lost_the_answer_to_its_own_scan_made_no_double(
    office: BoxOffice, event: Event, code: str
) -> None:
    await office.check_in.admit(code, door("gate"), None)
    scans = [(code, Scanner(STAFF, "gate", NOON - timedelta(seconds=4)))]
    (synced,) = await office.check_in.sync(scans, event.id)
    assert synced.outcome == "admitted"


EDGES = [
    timedelta(0), timedelta(seconds=1), SAME_SCAN - timedelta(microseconds=1), SAME_SCAN,
    SAME_SCAN + timedelta(microseconds=1),
]  # fmt: skip


@pytest.mark.parametrize("device", ["gate", "north"])
@pytest.mark.parametrize("apart", EDGES, ids=str)
@pytest.mark.parametrize("sign", [1, -1], ids=["later", "earlier"])
async def test_two_scans_are_one_at_the_same_door_within_two_minutes_only(
    office: BoxOffice, event: Event, code: str, *, device: str, apart: timedelta, sign: int
) -> None:
    """Two people with copies of a ticket who come together take two doors."""
    await office.check_in.admit(code, door("gate"), None)
    scans = [(code, Scanner(STAFF, device, NOON + sign * apart))]
    (synced,) = await office.check_in.sync(scans, event.id)
    same = device == "gate" and apart < SAME_SCAN
    assert synced.outcome == ("admitted" if same else "double")
    assert len(await office.tickets.irregular(event.id, 0, 10)) == (0 if same else 1)


@pytest.mark.parametrize("minutes", [-30, 30])
async def test_a_copy_that_comes_to_the_same_door_at_another_time_is_a_double(
    office: BoxOffice, event: Event, code: str, minutes: int
) -> None:
    await office.check_in.admit(code, door("gate"), None)
    (synced,) = await office.check_in.sync([(code, door("gate", minutes))], event.id)
    assert synced == Synced("double", office.codes.read(code).ticket_id, Scan("gate", NOON))
    assert len(await office.tickets.irregular(event.id, 0, 10)) == 1


async def test_a_double_sent_twice_is_recorded_once(
    office: BoxOffice, event: Event, code: str
) -> None:
    await office.check_in.admit(code, door("north"), None)
    for _ in range(2):
        await office.check_in.sync([(code, door("south", 4))], event.id)
    assert len(await office.tickets.irregular(event.id, 0, 10)) == 1


async def test_an_offline_door_that_let_in_a_refunded_ticket_is_told(
    office: BoxOffice, event: Event
) -> None:
    order = await office.buy(event, await office.user(), [3])
    await office.refund(order.id)
    code = office.codes.make(event.id, order.tickets[0].id)
    (synced,) = await office.check_in.sync([(code, door("gate"))], event.id)
    assert synced.outcome == "ticket_cancelled"
    assert [one.outcome for one in await office.tickets.irregular(event.id, 0, 10)] == ["cancelled"]


async def test_unknown_codes_and_other_events_tickets_are_told_apart_in_a_sync(
    office: BoxOffice, code: str
) -> None:
    other = EventId(new_id())
    scans = [("nonsense", door("gate")), (code, door("gate"))]
    outcomes = [one.outcome for one in await office.check_in.sync(scans, other)]
    assert outcomes == ["unknown_ticket", "wrong_event"]


async def test_a_door_s_list_names_what_was_refunded_and_what_is_inside(
    office: BoxOffice, event: Event, code: str
) -> None:
    refunded = await office.buy(event, await office.user(), [2])
    await office.refund(refunded.id)
    await office.check_in.admit(code, door("north"), None)
    used = office.codes.read(code).ticket_id
    assert await office.tickets.spent(event.id) == SpentTickets(
        refunded=[refunded.tickets[0].id], used=[used]
    )
