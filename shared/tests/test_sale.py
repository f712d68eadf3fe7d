import pytest

from tiketi_shared.ids import EventId
from tiketi_shared.sale import Policy, QueueSettings, Sale, phase_of

OPENS, CLOSES = 10_000.0, 20_000.0


def a_sale(
    *,
    policy: Policy = "lobby",
    paused: bool = False,
    left: int = 10,
    holds: int = 0,
    cancelled: bool = False,
) -> Sale:
    return Sale(
        event_id=EventId("e"),
        name="A show",
        version=1,
        sale_opens_at=OPENS,
        sale_closes_at=CLOSES,
        queue=QueueSettings(policy=policy, lobby_seconds=900, paused=paused),
        seats_total=10,
        seats_left=left,
        open_holds=holds,
        cancelled=cancelled,
    )


@pytest.mark.parametrize(
    ("now", "phase"),
    [
        (OPENS - 901, "scheduled"),
        (OPENS - 900, "lobby"),
        (OPENS - 0.1, "lobby"),
        (OPENS, "on_sale"),
        (CLOSES - 0.1, "on_sale"),
        (CLOSES, "ended"),
    ],
)
def test_the_phase_follows_the_clock(now: float, phase: str) -> None:
    assert phase_of(a_sale(), now) == phase


def test_only_the_lobby_policy_has_a_lobby() -> None:
    assert phase_of(a_sale(policy="first_come"), OPENS - 1) == "scheduled"


def test_a_pause_holds_the_line_but_not_the_lobby() -> None:
    assert phase_of(a_sale(paused=True), OPENS) == "paused"
    assert phase_of(a_sale(paused=True), OPENS - 1) == "lobby"


def test_sold_out_waits_for_holds_that_could_come_back() -> None:
    assert phase_of(a_sale(left=0, holds=1), OPENS) == "on_sale"
    assert phase_of(a_sale(left=0, holds=0), OPENS) == "sold_out"


def test_a_cancelled_event_has_ended() -> None:
    assert phase_of(a_sale(cancelled=True), OPENS - 5000) == "ended"
