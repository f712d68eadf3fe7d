"""Token buckets, and how several gateways share one. Pure.

A bucket holds up to `burst` tokens and gains `per_second`. Each process takes from a bucket of its
own at once, and settles later: what was taken since the last time goes to the shared bucket in
Redis, whose level then replaces its own. So a client that goes through ten gateways is seen by all
within a settling period, and a request never waits for Redis. Without Redis each process counts
alone.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `burst` at once and `per_second` in the long run."""

    per_second: float
    burst: float


class Bucket:
    """The level of one bucket at `at` (seconds of any steady clock), and what to settle."""

    __slots__ = ("at", "level", "taken")

    def __init__(self, limit: Limit, now: float) -> None:
        self.level = limit.burst
        self.at = now
        self.taken = 0.0

    def take(self, limit: Limit, now: float) -> float:
        """Take one token: 0.0 when there was one, else the seconds until there is."""
        level = self.level_at(limit, now)
        self.at = now
        if level < 1.0:
            self.level = level
            return (1.0 - level) / limit.per_second
        self.level = level - 1.0
        self.taken += 1.0
        return 0.0

    def level_at(self, limit: Limit, now: float) -> float:
        return min(self.level + (now - self.at) * limit.per_second, limit.burst)

    def settle(self, shared_level: float, settled: float, now: float) -> None:
        """The shared bucket stood at `shared_level` after `settled` had been taken from it.

        What was taken here since then is not in it yet.
        """
        self.taken -= settled
        self.level = shared_level - self.taken
        self.at = now

    def is_full(self, limit: Limit, now: float) -> bool:
        """Whether forgetting this bucket changes nothing."""
        return self.level_at(limit, now) >= limit.burst
