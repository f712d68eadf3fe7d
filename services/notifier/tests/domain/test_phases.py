"""What clients are told when a sale goes from one phase to another."""

import pytest

from tiketi_notifier.domain.phases import announcement
from tiketi_shared.sale import Phase


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("scheduled", "lobby", None),
        ("lobby", "on_sale", "event-started"),
        ("scheduled", "on_sale", "event-started"),
        ("on_sale", "paused", "event-paused"),
        ("paused", "on_sale", "event-resumed"),
        ("on_sale", "sold_out", "event-sold-out"),
        ("sold_out", "on_sale", "event-resumed"),
        ("sold_out", "ended", "event-ended"),
        ("on_sale", "on_sale", None),
        (None, "on_sale", None),
    ],
)
def test_a_change_of_phase_is_told(before: Phase | None, after: Phase, told: str | None) -> None:
    assert announcement(before, after) == told
