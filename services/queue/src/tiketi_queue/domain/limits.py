"""How often one account may join: a token bucket for each account, in this process."""

from collections import OrderedDict

from tiketi_shared.buckets import Bucket, Limit


class JoinLimiter:
    """Allows `per_minute` joins for each key, half of them at once. Of more than `most_keys` keys,
    the one that asked least recently is forgotten."""

    def __init__(self, per_minute: int, most_keys: int = 100_000) -> None:
        self._limit = Limit(per_second=per_minute / 60, burst=per_minute / 2)
        self._most_keys = most_keys
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def allow(self, key: str, now: float) -> bool:
        """Take a token of the key's bucket, if it has one. `now` is in seconds."""
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self._most_keys:
                self._buckets.popitem(last=False)
            bucket = self._buckets[key] = Bucket(self._limit, now)
        else:
            self._buckets.move_to_end(key)
        return bucket.take(self._limit, now) == 0.0
