"""When a batch is sent. Pure.

Requests that arrive while a call is in progress form the next batch, so batches grow with the load
and no request waits for a timer. A slow call must not hold up everyone, so another call may be sent
beside it once the oldest request has waited `PATIENCE`.
"""

PATIENCE = 0.01
"""Seconds that a request waits for the call in progress before another may be sent."""

EARLY = 0.001
"""Seconds by which a timer for `PATIENCE` may be early: timers and their clock round."""

MAX_CALLS = 8
"""Calls in progress at once; further requests wait."""


def may_send(*, pending: int, largest: int, calls: int, waited: float) -> bool:
    """Whether the pending requests are sent now; `waited` is the oldest's wait in seconds."""
    if pending == 0 or calls >= MAX_CALLS:
        return False
    return calls == 0 or pending >= largest or waited >= PATIENCE - EARLY
