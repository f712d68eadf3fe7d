"""How many messages a connection may send."""


class MessageRate:
    """A token bucket: `burst` at once, `per_second` on average. Times are seconds."""

    __slots__ = ("_at", "_burst", "_per_second", "_tokens")

    def __init__(self, per_second: float, burst: float, now: float) -> None:
        self._per_second = per_second
        self._burst = burst
        self._tokens = burst
        self._at = now

    def allows(self, now: float) -> bool:
        """Whether one more is within the rate; if so it is counted."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
