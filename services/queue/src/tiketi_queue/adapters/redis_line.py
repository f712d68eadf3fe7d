"""The lines in Redis, Redis with Sentinel, or Redis Cluster: one script for each atomic step.

The rules of a line are written in `lua/`, and nowhere else. A call and its reply are one
MessagePack map each, with the field names of `domain/line.py`: one argument is cheaper on both
sides than hundreds of them. This module keeps nothing but the digests of the scripts.
"""

import hashlib
import secrets
import time
from collections.abc import Sequence
from enum import IntEnum
from importlib.resources import files
from typing import Any

import msgspec
from redis.exceptions import NoScriptError, RedisError

from tiketi_queue import metrics
from tiketi_queue.adapters.keys import line_keys
from tiketi_queue.domain.line import (
    BURST_SECONDS,
    LOBBY_SCORES,
    Ended,
    Kind,
    Report,
    Round,
    Standings,
    Terms,
    Visit,
    Want,
)
from tiketi_queue.ports import StoreUnavailable
from tiketi_shared.ids import EventId, UserId
from tiketi_shared.messages import Tick, tick_channel

AT_ONCE = 256
"""Visits in one script, so that no script blocks Redis for 10 ms."""

STORE_FAILURES = (RedisError, OSError, AttributeError)
"""redis-py's cluster client raises AttributeError when it writes to a connection that another task
has just dropped. Such a step is safe to repeat, like every other."""


def _lua_table(enum: type[IntEnum]) -> str:
    members = ", ".join(f"{member.name} = {member.value}" for member in enum)
    return f"local {enum.__name__} = {{ {members} }}"


_CONSTANTS = "\n".join(
    [
        _lua_table(Kind),
        _lua_table(Want),
        f"local LOBBY_SCORES = {LOBBY_SCORES}",
        f"local BURST_SECONDS = {BURST_SECONDS}",
        "",
    ]
)


class _Left(msgspec.Struct, frozen=True):
    ended: list[Ended]


class _Nothing(msgspec.Struct, frozen=True):
    pass


class _Script:
    """One script after the constants and the prelude. Redis knows it by its digest."""

    def __init__(self, name: str, reply: type[Any]) -> None:
        folder = files("tiketi_queue.adapters") / "lua"
        prelude = (folder / "prelude.lua").read_text()
        self.name = name
        self.text = _CONSTANTS + prelude + (folder / f"{name}.lua").read_text()
        self.digest = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()
        self.decode = msgspec.msgpack.Decoder(reply, strict=False).decode


class RedisLine:
    """Implements LineStore and TickChannel."""

    def __init__(self, client: Any) -> None:
        self._redis = client
        self._visit = _Script("visit", Standings)
        self._round = _Script("round", Round)
        self._leave = _Script("leave", _Left)
        self._settle = _Script("settle", _Nothing)
        self._encode = msgspec.msgpack.Encoder().encode

    async def visit(
        self, event_id: EventId, terms: Terms, visits: Sequence[Visit], present_ms: int
    ) -> Standings:
        parts: list[Standings] = []
        for start in range(0, len(visits), AT_ONCE):
            call = {
                "terms": terms,
                "visits": visits[start : start + AT_ONCE],
                "present_ms": present_ms,
                "nonce": secrets.token_hex(8),
            }
            parts.append(await self._run(self._visit, event_id, call))
        if len(parts) == 1:
            return parts[0]
        standings = [standing for part in parts for standing in part.standings]
        return msgspec.structs.replace(parts[-1], standings=standings)

    async def round(self, event_id: EventId, terms: Terms, announced: Sequence[UserId]) -> Round:
        call = {"terms": terms, "announced": announced, "nonce": secrets.token_hex(8)}
        round_: Round = await self._run(self._round, event_id, call)
        return round_

    async def leave(self, event_id: EventId, terms: Terms, users: Sequence[UserId]) -> list[Ended]:
        left: _Left = await self._run(self._leave, event_id, {"terms": terms, "users": users})
        return left.ended

    async def settle(self, event_id: EventId, terms: Terms, reports: Sequence[Report]) -> None:
        await self._run(self._settle, event_id, {"terms": terms, "reports": reports})

    async def publish(self, tick: Tick) -> None:
        try:
            await self._redis.publish(tick_channel(tick.event_id), msgspec.json.encode(tick))
        except STORE_FAILURES as error:
            raise StoreUnavailable(str(error)) from error
        metrics.TICKS.inc()

    async def ping(self) -> None:
        await self._redis.ping()

    async def _run(self, script: _Script, event_id: EventId, call: dict[str, Any]) -> Any:
        keys = line_keys(event_id)
        arguments = (len(keys), *keys, self._encode(call))
        started = time.perf_counter()
        try:
            try:
                reply = await self._redis.evalsha(script.digest, *arguments)
            except NoScriptError:
                reply = await self._redis.eval(script.text, *arguments)
        except STORE_FAILURES as error:
            metrics.STEP_FAILURES.labels(script.name).inc()
            raise StoreUnavailable(f"{type(error).__name__}: {error}") from error
        metrics.STEP_SECONDS.labels(script.name).observe(time.perf_counter() - started)
        return script.decode(reply)
