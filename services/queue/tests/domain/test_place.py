from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tiketi_queue.domain.forecast import Demand, Outflow, forecast
from tiketi_queue.domain.line import LOBBY_SCORES, Facts, Kind, Standing
from tiketi_queue.domain.place import (
    AdmissionGrant,
    Outlook,
    Place,
    place_of,
    poll_after,
    progress_of,
    rfc3339,
)
from tiketi_queue.domain.sale_terms import mode_of
from tiketi_shared.ids import AdmissionId, EventId, UserId, new_id
from tiketi_shared.sale import Phase, QueueSettings, Sale

OPENED = 1_700_000_000_000_000
SALE = Sale(
    event_id=EventId("e1"), name="A show", version=1, sale_opens_at=OPENED / 1e6,
    sale_closes_at=OPENED / 1e6 + 3600, queue=QueueSettings(), seats_total=100, seats_left=60,
    open_holds=0,
)  # fmt: skip


def outlook(phase: Phase = "on_sale", **changes: Any) -> Outlook:
    facts = Facts(opened=OPENED, waiting=500, counter=OPENED + 500)
    some: dict[str, Any] = {
        "phase": phase,
        "facts": facts,
        "forecast": forecast(Outflow(), pace=50, capacity=1000, active=1000, admission_seconds=300),
        "demand": Demand(),
        "seats_left": 10_000,
        "buyers_inside": 0,
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


def test_without_a_chance_it_is_sold_out_early() -> None:
    few_left = outlook(seats_left=5)
    assert told(few_left, waiting(400)).status == "sold_out"
    assert told(few_left, waiting(0)).status == "waiting"


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
