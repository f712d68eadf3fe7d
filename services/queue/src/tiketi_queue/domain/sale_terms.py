"""The terms of one step of a line, from its sale and from what the instance knows."""

from dataclasses import dataclass

from tiketi_queue.domain.line import Mode, Terms
from tiketi_shared.sale import Phase, Sale, phase_of

FORGET_SECONDS = 86_400
"""How long after the sale Redis keeps the line."""

LONGEST_TURN = 4
"""How many times `admission_seconds` a turn lasts at the most."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the line waits for people, from the settings of the service."""

    present_ms: int
    pickup_ms: int
    recovery_ms: int
    round_ms: int


@dataclass(frozen=True, slots=True)
class Known:
    """What this instance remembers about the line, in case the store has lost it."""

    participants: int = -1
    last: int = 0
    taken: int = 0


def mode_of(phase: Phase) -> Mode:
    if phase in ("scheduled", "lobby"):
        return "before"
    return "on_sale" if phase == "on_sale" else "held"


def terms_of(  # noqa: PLR0913  each argument has another source
    sale: Sale, *, pace: float, most_inside: int, horizon: int, known: Known, patience: Patience,
    now: float,
) -> Terms:  # fmt: skip
    queue = sale.queue
    return Terms(
        now=int(now * 1000),
        mode=mode_of(phase_of(sale, now)),
        opening_us=int(sale.sale_opens_at * 1_000_000),
        participants=known.participants,
        capacity=most_inside,
        pace=pace,
        unpaced=queue.policy == "open",
        makes_up=queue.adaptive,
        admission_ms=queue.admission_seconds * 1000,
        longest_ms=LONGEST_TURN * queue.admission_seconds * 1000,
        pickup_ms=min(patience.pickup_ms, queue.admission_seconds * 1000),
        grace_ms=queue.grace_seconds * 1000,
        recovery_ms=patience.recovery_ms,
        round_ms=patience.round_ms,
        horizon=horizon,
        forget_at=int(sale.sale_closes_at) + FORGET_SECONDS,
        known_last=known.last,
        known_taken=known.taken,
    )
