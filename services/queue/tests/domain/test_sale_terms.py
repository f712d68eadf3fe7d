"""What the line is told of the sale."""

import pytest

from tiketi_queue.domain.line import Terms
from tiketi_queue.domain.sale_terms import Known, Patience, terms_of
from tiketi_shared.ids import EventId
from tiketi_shared.sale import Policy, QueueSettings, Sale

OPENS, CLOSES = 1_700_000_000.25, 1_700_007_200.75
PATIENCE = Patience(present_ms=20_003, pickup_ms=45_007, recovery_ms=10_009, round_ms=211)


def sale(policy: Policy = "lobby", *, adaptive: bool = True, admission_seconds: int = 307) -> Sale:
    queue = QueueSettings(
        policy=policy, capacity=1009, per_second=53.0, admission_seconds=admission_seconds,
        grace_seconds=311, lobby_seconds=907, adaptive=adaptive,
    )  # fmt: skip
    return Sale(
        event_id=EventId("e1"), name="A show", version=3, sale_opens_at=OPENS,
        sale_closes_at=CLOSES, queue=queue, seats_total=101, seats_left=61, open_holds=7,
    )  # fmt: skip


def terms(sale: Sale, now: float = OPENS + 1.5) -> Terms:
    known = Known(participants=503, last=509, taken=521)
    return terms_of(
        sale, pace=41.5, most_inside=997, horizon=6007, known=known, patience=PATIENCE, now=now
    )


def test_each_term_comes_from_its_own_setting() -> None:
    assert terms(sale()) == Terms(
        now=1_700_000_001_750, mode="on_sale", opening_us=1_700_000_000_250_000, participants=503,
        capacity=997, pace=41.5, unpaced=False, makes_up=True, admission_ms=307_000,
        longest_ms=1_228_000, pickup_ms=45_007, grace_ms=311_000, recovery_ms=10_009, round_ms=211,
        horizon=6007,
        forget_at=1_700_007_200 + 86_400, known_last=509, known_taken=521,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "unpaced"),
    [("open", True), ("lobby", False), ("first_come", False), ("invite", False)],
)
def test_only_an_open_sale_is_unpaced(policy: Policy, unpaced: bool) -> None:
    assert terms(sale(policy)).unpaced is unpaced


@pytest.mark.parametrize("adaptive", [True, False])
def test_only_an_adaptive_line_makes_up_for_those_who_did_not_come(adaptive: bool) -> None:
    assert terms(sale(adaptive=adaptive)).makes_up is adaptive


def test_an_admission_is_picked_up_within_its_own_time() -> None:
    assert terms(sale(admission_seconds=30)).pickup_ms == 30_000


@pytest.mark.parametrize(
    ("now", "mode"),
    [(OPENS - 0.001, "before"), (OPENS, "on_sale"), (CLOSES - 0.001, "on_sale"), (CLOSES, "held")],
)
def test_people_enter_from_the_opening_until_the_end(now: float, mode: str) -> None:
    assert terms(sale(), now).mode == mode
