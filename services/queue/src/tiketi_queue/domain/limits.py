"""How often one account may join: a token bucket for each account, in this process."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class JoinLimiter:
    """Allows `per_minute` joins for each key, half of them at once. When there are many buckets,
    the full ones are dropped: memory grows only with the accounts that join often."""

    per_minute: int
    most_keys: int = 100_000
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def allow(self, key: str, now: float) -> bool:
        burst = self.per_minute / 2
        left, at = self._buckets.get(key, (burst, now))
        left = min(burst, left + (now - at) * self.per_minute / 60)
        if left < 1:
            self._buckets[key] = (left, now)
            return False
        if len(self._buckets) >= self.most_keys:
            self._forget(now)
        self._buckets[key] = (left - 1, now)
        return True

    def _forget(self, now: float) -> None:
        """After half a minute without a join a bucket is full, as a new one is."""
        recent = {key: bucket for key, bucket in self._buckets.items() if now - bucket[1] < 30}
        self._buckets = recent if len(recent) < self.most_keys else {}
