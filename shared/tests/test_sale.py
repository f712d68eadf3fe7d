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


@pytest.mark.parametrize("policy", ["lobby", "first_come", "open", "invite"])
@pytest.mark.parametrize("paused", [False, True])
@pytest.mark.parametrize(
    ("left", "holds", "is_sold_out"),
    [(3, 2, False), (3, 0, False), (0, 2, False), (0, 0, True), (-4, 2, False), (-4, 0, True)],
)
def test_sold_out_is_what_cannot_come_back_paused_or_not(
    policy: Policy, paused: bool, left: int, holds: int, is_sold_out: bool
) -> None:
    """Fewer than none are left where an organiser lowered the capacity below what is sold."""
    sale = a_sale(policy=policy, paused=paused, left=left, holds=holds)
    open_ = "paused" if paused else "on_sale"
    assert phase_of(sale, OPENS) == ("sold_out" if is_sold_out else open_)
    assert phase_of(sale, CLOSES) == "ended"
    assert phase_of(sale, OPENS - 901) == "scheduled"


def test_a_cancelled_event_has_ended() -> None:
    assert phase_of(a_sale(cancelled=True), OPENS - 5000) == "ended"


@pytest.mark.parametrize(
    ("left", "holds", "paused", "phase"),
    [
        (1, 0, False, "on_sale"),
        (0, 0, False, "sold_out"),
        (0, 1, False, "on_sale"),
        (-1, 0, False, "sold_out"),
        (1, 0, True, "paused"),
        (0, 0, True, "sold_out"),
        (0, 1, True, "paused"),
    ],
)
def test_an_open_sale_is_sold_out_before_it_is_paused(
    left: int, holds: int, paused: bool, phase: str
) -> None:
    assert phase_of(a_sale(left=left, holds=holds, paused=paused), OPENS + 1) == phase


@pytest.mark.parametrize("policy", ["first_come", "open", "invite"])
def test_without_a_lobby_a_sale_is_scheduled_until_it_opens(policy: Policy) -> None:
    assert phase_of(a_sale(policy=policy), OPENS - 0.1) == "scheduled"
    assert phase_of(a_sale(policy=policy), OPENS) == "on_sale"
