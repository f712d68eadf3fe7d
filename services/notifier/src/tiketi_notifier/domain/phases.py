"""Which message tells that a sale went from one phase to another."""

from tiketi_shared.sale import Phase

_ANNOUNCED: dict[Phase, str] = {
    "on_sale": "event-started",
    "paused": "event-paused",
    "ended": "event-ended",
    "sold_out": "event-sold-out",
}


def announcement(before: Phase | None, after: Phase) -> str | None:
    """The type of the message, or None when there is nothing to tell.

    The first phase that is seen announces nothing: nobody watched it change.
    """
    if before is None or before == after:
        return None
    if after == "on_sale" and before in ("paused", "sold_out"):
        return "event-resumed"
    return _ANNOUNCED.get(after)
