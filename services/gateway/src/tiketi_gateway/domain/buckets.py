"""How several gateways share one token bucket. Pure.

Each process takes from a bucket of its own at once, and settles later: what was taken since the
last time goes to the shared bucket in Redis, whose level then replaces its own. So a client that
goes through ten gateways is seen by all within a settling period, and a request never waits for
Redis. Without Redis each process counts alone.
"""

from tiketi_shared.buckets import Bucket, Limit


class SettledBucket(Bucket):
    """A bucket that counts what was `taken` since it was settled."""

    __slots__ = ("taken",)

    def __init__(self, limit: Limit, now: float) -> None:
        super().__init__(limit, now)
        self.taken = 0.0

    def take(self, limit: Limit, now: float) -> float:
        wait = super().take(limit, now)
        if not wait:
            self.taken += 1.0
        return wait

    def settle(self, shared_level: float, settled: float, now: float) -> None:
        """The shared bucket stood at `shared_level` after `settled` had been taken from it.

        What was taken here since then is not in it yet.
        """
        self.taken -= settled
        self.level = shared_level - self.taken
        self.at = now
