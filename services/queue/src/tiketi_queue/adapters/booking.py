"""The internal HTTP interface of booking."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from tiketi_queue import metrics
from tiketi_queue.domain.line import Ended
from tiketi_queue.ports import BookingUnavailable
from tiketi_shared.ids import EventId
from tiketi_shared.sale import Sales
from tiketi_shared.service_client import CallFailed, Method, NotThere, ServiceClient


class _Participants(msgspec.Struct, frozen=True):
    participants: int


_SALES = msgspec.json.Decoder(Sales)
_PARTICIPANTS = msgspec.json.Decoder(_Participants)

T = TypeVar("T")


class _Missing(BookingUnavailable):
    """Booking answers 404."""


class BookingClient:
    """Implements BookingService."""

    def __init__(self, booking: ServiceClient) -> None:
        self._booking = booking

    async def sales(self) -> Sales:
        return await self._call("GET", "/internal/sales", _SALES.decode)

    async def tell_lines(self, waiting: Mapping[EventId, int]) -> None:
        await self._call("POST", "/internal/lines", bytes, {"waiting": dict(waiting)})

    async def revoke(self, ended: Sequence[Ended]) -> None:
        admissions = [
            {"admission_id": each.admission_id, "exp": each.expires_ms // 1000 + 1}
            for each in ended
        ]
        await self._call("POST", "/internal/admissions/revoke", bytes, {"admissions": admissions})

    async def record_draw(self, event_id: EventId, participants: int) -> int:
        content = {"event_id": event_id, "participants": participants}
        recorded = await self._call("POST", "/internal/draws", _PARTICIPANTS.decode, content)
        return recorded.participants

    async def recorded_draw(self, event_id: EventId) -> int | None:
        try:
            recorded = await self._call("GET", f"/internal/draws/{event_id}", _PARTICIPANTS.decode)
        except _Missing:
            return None
        return recorded.participants

    async def _call(
        self, method: Method, path: str, decode: Callable[[bytes], T], content: Any = None
    ) -> T:
        """Call booking; every call may be repeated. Raises BookingUnavailable."""
        body = None if content is None else msgspec.json.encode(content)
        try:
            return await self._booking.call(method, path, decode, body=body)
        except NotThere as error:
            raise _Missing(str(error)) from error
        except CallFailed as error:
            metrics.BOOKING_FAILURES.inc()
            raise BookingUnavailable(str(error)) from error
