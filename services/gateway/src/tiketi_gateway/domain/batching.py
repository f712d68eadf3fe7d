"""When a batch leaves. Pure.

The more callers, the larger the batches, without waiting for it: while one call is under way, what
arrives gathers for the next. A call that takes long must not hold up everyone, so a further one
may leave beside it once the oldest has waited `PATIENCE`.
"""

PATIENCE = 0.01
"""Seconds that a request waits for a call under way before a further one may leave."""

EARLY = 0.001
"""Seconds that a timer for `PATIENCE` may come early: timers and their clock round."""

MAX_CALLS = 8
"""Calls under way at once at the most; what comes then waits in line."""


def may_leave(*, pending: int, largest: int, calls: int, waited: float) -> bool:
    """Whether the pending requests leave now; `waited` is the oldest's, in seconds."""
    if pending == 0 or calls >= MAX_CALLS:
        return False
    return calls == 0 or pending >= largest or waited >= PATIENCE - EARLY
