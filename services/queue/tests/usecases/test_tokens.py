"""What a ticket and an admission prove: whose they are, for which event, and until when."""

from base64 import urlsafe_b64decode

import msgspec
import pytest

from tiketi_queue.domain.line import LOBBY_SCORES, Kind, Lane, Standing
from tiketi_queue.errors import InvalidTicket
from tiketi_queue.usecases.tokens import LineTokens
from tiketi_shared.ids import AdmissionId, EventId, UserId
from tiketi_shared.tokens import KeyRing

EVENT, OTHER_EVENT = EventId("an-event"), EventId("another-event")
ANN, BOB = UserId("ann"), UserId("bob")
ADMITTED_MS, EXPIRES_MS = 1_700_000_000_250, 1_700_000_037_250
NUMBER = LOBBY_SCORES + 4_711

TOKENS = LineTokens(KeyRing("test:a-key-for-places-only"), KeyRing("test:a-key-for-admissions"))

ELSEWHERE = [(EVENT, BOB), (OTHER_EVENT, ANN), (OTHER_EVENT, BOB)]


def admission_of_ann() -> str:
    return TOKENS.admission(EVENT, ANN, "an-admission", ADMITTED_MS, EXPIRES_MS).token


def ticket_of_ann(lane: Lane, score: int) -> str:
    standing = Standing(Kind.WAITING, lane, score, 0, "", 0, 0)
    return TOKENS.restore_ticket(EVENT, ANN, standing)


def fields_of(token: str) -> list[object]:
    payload = token.split(".")[1]
    fields: list[object] = msgspec.json.decode(
        urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    return fields


@pytest.mark.parametrize(
    ("now", "good"),
    [
        (1_700_000_036.0, True),
        (1_700_000_036.999, True),
        (1_700_000_037.0, False),
        (1_700_000_037.001, False),
        (1_700_000_600.0, False),
    ],
)
def test_an_admission_is_good_until_its_end_and_no_longer(now: float, good: bool) -> None:
    admission = TOKENS.read_admission(admission_of_ann(), EVENT, ANN, now)
    assert (admission is not None) == good
    if admission is not None:
        assert admission.admission_id == AdmissionId("an-admission")


@pytest.mark.parametrize("expires_ms", [37_000, 37_001, 37_999, 38_000])
def test_a_token_never_outlives_the_slot_that_it_is_for(expires_ms: int) -> None:
    grant = TOKENS.admission(EVENT, ANN, "an-admission", 1_000, expires_ms)
    *_, exp = fields_of(grant.token)
    assert isinstance(exp, int)
    assert expires_ms - 1000 < exp * 1000 <= expires_ms


@pytest.mark.parametrize(("event", "user"), ELSEWHERE)
def test_an_admission_is_good_for_its_own_event_and_person_only(
    event: EventId, user: UserId
) -> None:
    with pytest.raises(InvalidTicket):
        TOKENS.read_admission(admission_of_ann(), event, user, 1_700_000_001)


@pytest.mark.parametrize("lane", ["lobby", "general", "priority"])
@pytest.mark.parametrize(("event", "user"), ELSEWHERE)
def test_a_ticket_is_good_for_its_own_event_and_person_only(
    event: EventId, user: UserId, lane: Lane
) -> None:
    ticket = ticket_of_ann(lane, NUMBER)
    assert TOKENS.read_restore_ticket(ticket, EVENT, ANN) == (lane, NUMBER)
    with pytest.raises(InvalidTicket):
        TOKENS.read_restore_ticket(ticket, event, user)


def test_a_ticket_from_the_lobby_does_not_tell_where_the_draw_puts_its_holder() -> None:
    first, last = (ticket_of_ann("lobby", score) for score in (12, LOBBY_SCORES - 12))
    assert first == last
    assert fields_of(first) == ["place", EVENT, ANN, 0, "lobby"]
