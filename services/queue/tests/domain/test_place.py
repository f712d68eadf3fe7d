import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_queue.domain.forecast import Outflow, forecast
from tiketi_queue.domain.line import LOBBY_SCORES, Facts, Kind, Standing
from tiketi_queue.domain.place import (
    Outlook,
    place_of,
    poll_after,
    progress_of,
    rfc3339,
)
from tiketi_queue.domain.sale_terms import mode_of
from tiketi_queue.domain.stock import Behaviour, Stock
from tiketi_shared.ids import AdmissionId, EventId, UserId, new_id
from tiketi_shared.sale import Phase, QueueSettings, Sale
from tiketi_shared.shapes import AdmissionGrant, Gap, Place, PriorityLane, Progress, Range

OPENED = 1_700_000_000_000_000
SALE = Sale(
    event_id=EventId("e1"), name="A show", version=1, sale_opens_at=OPENED / 1e6,
    sale_closes_at=OPENED / 1e6 + 3600, queue=QueueSettings(), seats_total=100, seats_left=60,
    open_holds=7, seats_held=13, seats_sold=27,
)  # fmt: skip


def outlook(phase: Phase = "on_sale", **changes: Any) -> Outlook:
    facts = Facts(opened=OPENED, waiting=500, counter=OPENED + 500)
    some: dict[str, Any] = {
        "phase": phase,
        "facts": facts,
        "forecast": forecast(Outflow(), pace=50, capacity=1000, active=1000, admission_seconds=300),
        "behaviour": Behaviour(),
        "stock": Stock(left=10_000),
        "choosing": 0,
        "opens_in": 0.0,
    }
    return Outlook(**(some | changes))


def waiting(ahead: int, kind: Kind = Kind.WAITING) -> Standing:
    return Standing(kind, "general", OPENED + ahead + 1, ahead, "", 0, 0)


def told(outlook: Outlook, standing: Standing, user: str = "ann", **more: Any) -> Place:
    some: dict[str, Any] = {
        "opened": OPENED, "participants": 0, "ticket": "a ticket", "admission": None
    }  # fmt: skip
    return place_of(outlook, standing, UserId(user), **(some | more))


def test_a_position_counts_from_one() -> None:
    assert told(outlook(), waiting(0)).position == 1
    assert told(outlook(), waiting(17)).position == 18


def test_the_admitted_have_no_position_and_a_grant() -> None:
    grant = AdmissionGrant("token", rfc3339(0))
    standing = Standing(Kind.ADMITTED, "general", OPENED + 1, 0, AdmissionId("a"), 1, 2)
    place = told(outlook(), standing, admission=grant)
    assert (place.status, place.position, place.admission) == ("admitted", None, grant)


def test_the_lobby_tells_nobody_where_they_will_stand() -> None:
    """Two people at both ends of the draw are told the same, but for when to call again."""
    lobby = outlook("lobby", opens_in=600.0)
    first = told(lobby, Standing(Kind.WAITING, "lobby", 3, 0, "", 0, 0), "same", opened=0)
    last = told(
        lobby, Standing(Kind.WAITING, "lobby", LOBBY_SCORES - 3, 499, "", 0, 0), "same", opened=0
    )
    assert first == last
    assert (first.status, first.number, first.position) == ("lobby", None, None)


def test_the_lobby_calls_again_right_after_the_opening_spread_over_seconds() -> None:
    lobby = outlook("lobby", opens_in=8.0)
    standing = Standing(Kind.WAITING, "lobby", 3, 0, "", 0, 0)
    calls = {told(lobby, standing, new_id(), opened=0).poll_after_seconds for _ in range(100)}
    assert calls == {9, 10, 11, 12}


def test_whoever_was_passed_over_is_told_so() -> None:
    assert told(outlook(), waiting(0, Kind.RETURNED)).status == "passed_over"


def test_a_paused_line_promises_no_time() -> None:
    place = told(outlook("paused"), waiting(3))
    assert (place.status, place.eta_seconds, place.position) == ("paused", None, 4)


def test_sold_out_is_told_when_nothing_can_come_back_and_never_before() -> None:
    """Whoever stands too far back is told a small chance and keeps the place."""
    held = outlook(stock=Stock(left=0, held=5, open_holds=3))
    far = told(held, waiting(400))
    assert far.status == "waiting"
    assert far.chance is not None
    assert 0 < far.chance < 0.02
    gone = outlook("sold_out", stock=Stock(left=0))
    assert (told(gone, waiting(0)).status, told(gone, waiting(0)).chance) == ("sold_out", 0.0)


@pytest.mark.parametrize(("left", "knows"), [(1000, True), (40, True), (3, False), (0, False)])
@pytest.mark.parametrize(("ahead", "inside"), [(20, 0), (13, 7), (0, 20)])
def test_who_waits_for_seats_to_come_back_is_promised_no_time(
    left: int, knows: bool, ahead: int, inside: int
) -> None:
    """With 20 people in front, in line or choosing already, each of whom takes a seat or two."""
    stock = Stock(left=left, held=50, open_holds=30)
    place = told(outlook(stock=stock, choosing=inside), waiting(ahead))
    assert (place.eta_seconds is not None) is knows


@given(st.integers(0, 100_000))
def test_whoever_is_near_calls_often_enough_to_count_as_present(low: int) -> None:
    seconds = poll_after(low)
    assert 2 <= seconds <= 60
    if low < 120:
        assert seconds <= 15
    assert low - seconds >= -2 or low < 2


def facts_of(scores: list[int], served: int, participants: int) -> Facts:
    return Facts(
        opened=OPENED, participants=participants, waiting=len(scores),
        head=min(scores, default=0), served=served, counter=OPENED + 1000,
    )  # fmt: skip


def progress(facts: Facts) -> Any:
    return progress_of(
        SALE, "on_sale", facts, participants=facts.participants, admitted_per_second=0.0, now=0.0
    )


def test_the_next_in_line_is_one_above_the_serving_number() -> None:
    document = progress(facts_of([OPENED + 8, OPENED + 9], OPENED + 7, 0))
    assert (document.serving_number, document.last_number) == (OPENED + 7, OPENED + 1000)


def test_everyone_sees_what_is_left_and_what_is_in_baskets() -> None:
    document = progress(facts_of([], OPENED + 7, 0))
    assert (document.seats_left, document.seats_held) == (60, 13)


def test_people_who_left_at_the_head_move_the_serving_number() -> None:
    assert progress(facts_of([OPENED + 30], OPENED + 7, 0)).serving_number == OPENED + 29


def test_the_serving_number_does_not_go_back_for_those_who_return() -> None:
    assert progress(facts_of([OPENED + 3, OPENED + 90], OPENED + 80, 0)).serving_number == (
        OPENED + 80
    )


def test_an_empty_line_has_served_everybody() -> None:
    assert progress(facts_of([], OPENED + 7, 0)).serving_number == OPENED + 1000


def test_before_the_opening_no_number_is_served() -> None:
    document = progress_of(
        SALE, "lobby", Facts(waiting=5), participants=0, admitted_per_second=0.0, now=0.0
    )
    assert (document.serving_number, document.last_number) == (0, 0)


def test_times_are_rfc_3339() -> None:
    assert rfc3339(1_700_000_000.25) == "2023-11-14T22:13:20.250Z"


def test_nobody_enters_outside_the_sale() -> None:
    modes = {
        phase: mode_of(phase)
        for phase in ("scheduled", "lobby", "on_sale", "paused", "sold_out", "ended")
    }
    assert modes == {
        "scheduled": "before", "lobby": "before", "on_sale": "on_sale", "paused": "held",
        "sold_out": "held", "ended": "held",
    }  # fmt: skip


GRANT = AdmissionGrant("a token", rfc3339(9))
# Nothing was measured and nobody gives up, so the waits below can be worked out by hand.
CALM = forecast(Outflow(), pace=50, capacity=1000, active=1000, admission_seconds=300)
FACTS = Facts(opened=OPENED, waiting=503, priority=11, counter=OPENED + 601)


def test_each_word_about_a_place_in_line_is_exact() -> None:
    standing = Standing(Kind.WAITING, "priority", OPENED + 601, 599, "", 0, 0)
    low, high = CALM.wait(599)
    assert (low, high) == (10, 229)
    place = told(outlook(facts=FACTS), standing, ticket="her ticket")
    assert place == Place(
        status="waiting", lane="priority", number=OPENED + 601, position=600, total=600,
        eta_seconds=Range(10, 229), chance=1.0, ticket="her ticket", poll_after_seconds=2,
        admission=None,
    )  # fmt: skip


def test_each_word_to_the_admitted_is_exact() -> None:
    standing = Standing(Kind.ADMITTED, "", 7, 0, AdmissionId("a"), 1, 2)
    place = told(outlook(facts=FACTS), standing, participants=40, admission=GRANT)
    assert place == Place(
        status="admitted", lane="general", number=OPENED - 40, position=None, total=514,
        eta_seconds=Range(0, 0), chance=None, ticket="a ticket", poll_after_seconds=30,
        admission=GRANT,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("phase", "opens_in", "low", "poll"),
    [
        ("lobby", 600.9, 600, 30),
        ("scheduled", 600.9, 600, 30),
        ("lobby", 20.9, 20, 24),
        ("lobby", 0.5, 0, 4),
        ("lobby", -3.0, 0, 4),
    ],
)
def test_each_word_to_the_lobby_is_exact(
    phase: Phase, opens_in: float, low: int, poll: int
) -> None:
    """`ann` calls again four seconds after the opening, as her id has it."""
    at_opening = forecast(
        Outflow(), pace=50, capacity=1000, active=0, admission_seconds=300, starts_in=opens_in
    )
    lobby = outlook(phase, facts=FACTS, forecast=at_opening, opens_in=opens_in)
    standing = Standing(Kind.WAITING, "lobby", 3, 0, "", 0, 0)
    place = told(lobby, standing, opened=0, ticket="her ticket")
    assert place == Place(
        status="lobby", lane="lobby", number=None, position=None, total=514,
        eta_seconds=Range(low, at_opening.wait(514)[1]), chance=None, ticket="her ticket",
        poll_after_seconds=poll, admission=None,
    )  # fmt: skip


def test_the_lobby_promises_no_entry_before_the_opening() -> None:
    hurried = outlook("lobby", opens_in=900.0)
    place = told(hurried, Standing(Kind.WAITING, "lobby", 3, 0, "", 0, 0), opened=0)
    assert place.eta_seconds == Range(900, 900)


def test_somebody_further_back_than_the_line_was_long_makes_it_as_long() -> None:
    assert told(outlook(facts=FACTS), waiting(512)).total == 514
    assert told(outlook(facts=FACTS), waiting(513)).total == 514
    assert told(outlook(facts=FACTS), waiting(514)).total == 515


def test_nobody_who_calls_again_as_told_enters_before() -> None:
    free = forecast(Outflow(), pace=5, capacity=1000, active=0, admission_seconds=300)
    place = told(outlook(forecast=free), waiting(0))
    assert free.wait(0) == (0, 2)
    assert (place.poll_after_seconds, place.eta_seconds) == (2, Range(0, 3))


@pytest.mark.parametrize(
    ("low", "seconds"),
    [(0, 2), (8, 2), (11, 2), (12, 3), (59, 14), (60, 15), (119, 15), (120, 30), (239, 59),
     (240, 60), (10_000, 60)],
)  # fmt: skip
def test_the_nearer_the_turn_the_sooner_the_next_call(low: int, seconds: int) -> None:
    assert poll_after(low) == seconds


@pytest.mark.parametrize(
    ("phase", "kind", "ahead", "status", "has_eta"),
    [
        ("on_sale", Kind.WAITING, 0, "waiting", True),
        ("on_sale", Kind.RETURNED, 0, "passed_over", True),
        ("sold_out", Kind.WAITING, 0, "sold_out", False),
        ("sold_out", Kind.RETURNED, 0, "sold_out", False),
        ("paused", Kind.WAITING, 0, "paused", False),
        ("paused", Kind.RETURNED, 400, "paused", False),
        ("on_sale", Kind.RETURNED, 400, "passed_over", False),
    ],
)
def test_each_status_has_its_reason(
    phase: Phase, kind: Kind, ahead: int, status: str, has_eta: bool
) -> None:
    """With five seats left, whoever has 400 people in front waits for returns."""
    place = told(outlook(phase, stock=Stock(left=5)), waiting(ahead, kind))
    assert (place.status, place.eta_seconds is not None) == (status, has_eta)


def test_buyers_who_are_inside_take_seats_before_those_in_line() -> None:
    chances = [
        told(outlook(stock=Stock(left=30), choosing=inside), waiting(ahead)).chance
        for ahead, inside in [(0, 20), (20, 0), (7, 13), (20, 20)]
    ]
    assert chances[0] == chances[1] == chances[2]
    assert (chances[3] or 0) < (chances[0] or 0) < 1


def test_the_chance_counts_those_in_front_who_will_come_in() -> None:
    """Of 300 in front two in three come when it is their turn, and some give up before: 0.5 % of
    those who wait each second, over half of the wait, which is itself between two bounds."""
    patient = replace(outlook().forecast, admitted_share=1.0, giving_up=0.0)
    restless = replace(patient, admitted_share=2 / 3, giving_up=0.005)
    quick, slow = restless.wait(300)
    come_in = round(300 * 2 / 3 * math.exp(-0.005 * (quick + slow) / 2 / 2))
    assert 130 < come_in < 190  # of 200 who would come, some give up

    def chance(ahead: int, **changes: Any) -> float:
        found = told(outlook(stock=Stock(left=200), **changes), waiting(ahead)).chance
        assert found is not None
        return found

    assert chance(300, forecast=restless) == pytest.approx(
        chance(come_in, forecast=patient), abs=0.02
    )
    for others in (300, 200, come_in + 30, come_in - 30):
        assert abs(chance(300, forecast=restless) - chance(others, forecast=patient)) > 0.05


def test_each_number_of_the_shared_document_is_exact() -> None:
    facts = Facts(
        opened=OPENED, participants=40, waiting=503, priority=11, active=17, served=OPENED + 5,
        head=OPENED + 9, priority_head=7, counter=OPENED + 601, priority_counter=19,
        gap_from=OPENED + 71, gap_to=OPENED + 83,
    )  # fmt: skip
    document = progress_of(
        SALE, "paused", facts, participants=40, admitted_per_second=12.345, now=1_700_000_000.25
    )
    assert document == Progress(
        event_id=EventId("e1"), phase="paused", waiting=514, active=17, capacity=1000,
        serving_number=OPENED + 8, last_number=OPENED + 601, admitted_per_second=12.3,
        seats_left=60, seats_held=13, poll_after_seconds=2, as_of="2023-11-14T22:13:20.250Z",
        priority=PriorityLane(11, 6), gap=Gap(OPENED + 71, OPENED + 83),
        opens_at="2023-11-14T22:13:20.000Z",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("waiting_", "priority", "seconds"), [(0, 0, 5), (1, 0, 2), (0, 1, 2), (3, 3, 2)]
)
def test_the_document_changes_seldom_while_nobody_waits(
    waiting_: int, priority: int, seconds: int
) -> None:
    document = progress(Facts(opened=OPENED, waiting=waiting_, priority=priority, counter=OPENED))
    assert document.poll_after_seconds == seconds
    assert document.gap is None


def test_an_empty_priority_lane_has_served_everybody() -> None:
    assert progress(Facts(opened=OPENED, priority_counter=19)).priority.serving_number == 19
    assert progress(Facts(opened=OPENED)).priority.serving_number == 0


@pytest.mark.parametrize(
    ("served", "head", "serving"),
    [
        (0, 3 << 48, OPENED - 40 + 29),
        (0, 1, OPENED - 41),
        (1 << 49, 3 << 48, OPENED - 40 + 29),
        (1 << 49, 1 << 48, OPENED - 40 + 20),
        (0, 0, OPENED + 601),
        (OPENED + 700, 0, OPENED + 700),
    ],
)
def test_the_serving_number_of_a_drawn_lobby_is_a_public_number(
    served: int, head: int, serving: int
) -> None:
    facts = Facts(opened=OPENED, served=served, head=head, counter=OPENED + 601, waiting=5)
    document = progress_of(
        SALE, "on_sale", facts, participants=40, admitted_per_second=0.0, now=0.0
    )
    assert document.serving_number == serving
    assert document.last_number == max(OPENED + 601, serving)


def test_no_number_is_told_before_the_opening_whoever_is_in_the_lobby() -> None:
    gathered = Facts(waiting=5, head=3 << 48, counter=7)
    document = progress_of(
        SALE, "lobby", gathered, participants=40, admitted_per_second=0.0, now=0.0
    )
    assert (document.serving_number, document.last_number) == (0, 0)


def test_an_opened_line_that_nobody_joined_has_served_nobody() -> None:
    assert progress(Facts(opened=OPENED)).serving_number == 0
