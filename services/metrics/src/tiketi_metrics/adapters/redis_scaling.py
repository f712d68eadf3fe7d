"""The scaling decision in Redis: one record, and a lease on who may change it.

Both keys share a hash tag, so that the scripts run on a cluster too. The record has no expiry: it
is what a restart begins with, a minute or a month later.
"""

from importlib.resources import files
from typing import Any

import msgspec
from redis.exceptions import RedisError

from tiketi_metrics.domain.board import ScalingRecord
from tiketi_metrics.errors import StoreLost
from tiketi_metrics.ports import Lead

LEASE_SECONDS = 10.0
"""A leader that is gone is followed after this long; looks are every few seconds."""

LEASE_KEY = "{scaling}:leader"
RECORD_KEY = "{scaling}:record"

_LUA = files("tiketi_metrics.adapters").joinpath("lua")


class RedisScaling:
    """Implements `ScalingStore`."""

    def __init__(self, redis: Any, *, lease_seconds: float = LEASE_SECONDS) -> None:
        self._lease_ms = int(lease_seconds * 1000)
        self._lead = redis.register_script(_LUA.joinpath("lead.lua").read_text())
        self._save = redis.register_script(_LUA.joinpath("save.lua").read_text())

    async def lead(self, instance: str) -> Lead:
        try:
            leading, kept = await self._lead(
                keys=[LEASE_KEY, RECORD_KEY], args=[instance, self._lease_ms]
            )
        except (RedisError, OSError) as error:
            raise StoreLost(f"redis: {error}") from error
        return Lead(bool(leading), _decoded(kept))

    async def save(self, instance: str, record: ScalingRecord) -> bool:
        try:
            kept = await self._save(
                keys=[LEASE_KEY, RECORD_KEY], args=[instance, msgspec.json.encode(record)]
            )
        except (RedisError, OSError) as error:
            raise StoreLost(f"redis: {error}") from error
        return bool(kept)


def _decoded(kept: bytes | None) -> ScalingRecord | None:
    """A record of another version of this service is as good as none."""
    try:
        return None if kept is None else msgspec.json.decode(kept, type=ScalingRecord)
    except msgspec.DecodeError:
        return None
