"""Token buckets. Pure: the time is an argument (seconds of any steady clock)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `burst` at once and `per_second` in the long run."""

    per_second: float
    burst: float


class Bucket:
    """The level of one bucket at the time `at`. It holds up to `burst` tokens, gains `per_second`,
    and begins full. The limit is an argument, so that a million buckets can share one."""

    __slots__ = ("at", "level")

    def __init__(self, limit: Limit, now: float) -> None:
        self.level = limit.burst
        self.at = now

    def take(self, limit: Limit, now: float) -> float:
        """Take one token: 0.0 when there was one, else the seconds until there is."""
        level = self.level_at(limit, now)
        self.at = now
        if level < 1.0:
            self.level = level
            return (1.0 - level) / limit.per_second
        self.level = level - 1.0
        return 0.0

    def level_at(self, limit: Limit, now: float) -> float:
        return min(self.level + (now - self.at) * limit.per_second, limit.burst)

    def is_full(self, limit: Limit, now: float) -> bool:
        """Whether forgetting this bucket changes nothing."""
        return self.level_at(limit, now) >= limit.burst
