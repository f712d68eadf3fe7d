"""Booking, over HTTP: the first of its instances that answers."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import aiohttp
import msgspec

from tiketi_queue.domain.line import Ended
from tiketi_queue.ports import TillDown
from tiketi_shared.ids import EventId
from tiketi_shared.sale import Sales
from tiketi_shared.tokens import Identity, KeyRing
from tiketi_shared.tracing import trace_headers
from tiketi_shared.web import IDENTITY_HEADER


class _Participants(msgspec.Struct, frozen=True):
    participants: int


_PARTICIPANTS = msgspec.json.Decoder(_Participants)

T = TypeVar("T")


def _decoded(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise TillDown(f"an answer that makes no sense: {error}") from error


class _Missing(TillDown):
    """Booking answers, and has no such thing."""


class BookingTill:
    """Implements Till."""

    def __init__(
        self, session: aiohttp.ClientSession, urls: Sequence[str], identity_keys: KeyRing
    ) -> None:
        self._session = session
        self._urls = list(urls)
        self._keys = identity_keys
        self._sales = msgspec.json.Decoder(Sales)

    async def sales(self) -> Sales:
        return _decoded(await self._call("GET", "/internal/sales"), self._sales)

    async def tell_lines(self, waiting: Mapping[EventId, int]) -> None:
        await self._call("POST", "/internal/lines", {"waiting": dict(waiting)})

    async def revoke(self, ended: Sequence[Ended]) -> None:
        admissions = [
            {"admission_id": each.admission_id, "exp": each.expires_ms // 1000 + 1}
            for each in ended
        ]
        await self._call("POST", "/internal/admissions/revoke", {"admissions": admissions})

    async def record_draw(self, event_id: EventId, participants: int) -> int:
        content = {"event_id": event_id, "participants": participants}
        return _decoded(
            await self._call("POST", "/internal/draws", content), _PARTICIPANTS
        ).participants

    async def recorded_draw(self, event_id: EventId) -> int | None:
        try:
            body = await self._call("GET", f"/internal/draws/{event_id}")
        except _Missing:
            return None
        return _decoded(body, _PARTICIPANTS).participants

    async def _call(self, method: str, path: str, content: Any = None) -> bytes:
        """The body of a good answer. Every call may be repeated, so the next instance is asked
        when one does not answer; the one that did is asked first from then on. Raises TillDown,
        `_Missing` when booking says 404."""
        headers = {
            IDENTITY_HEADER: self._keys.sign(Identity.of_service("queue", time.time())),
            "Content-Type": "application/json",
            **trace_headers(),
        }
        data = None if content is None else msgspec.json.encode(content)
        why = "no instance is configured"
        for url in list(self._urls):
            try:
                async with self._session.request(
                    method, url + path, data=data, headers=headers, allow_redirects=False
                ) as response:
                    body = await response.read()
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                why = f"{url}: {type(error).__name__} {error}"
            else:
                if response.status < 300:
                    return body
                if response.status == 404:
                    raise _Missing(f"{url}{path}: not found")
                why = f"{url}: status {response.status}"
            self._urls.append(self._urls.pop(self._urls.index(url)))
        raise TillDown(why)
