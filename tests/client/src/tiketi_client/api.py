"""The HTTP API, one method a call.

A call is repeated when nothing or "later" was answered and repeating is safe: every GET and
DELETE, joining the line (joining twice keeps the first place), and every POST that carries an
`Idempotency-Key`, which the methods that create something make for themselves. A refusal raises
`Problem`; no answer at all raises `Unreachable`.
"""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import msgspec

from tiketi_client.contract import (
    AdminEventView,
    AdmittedAnswer,
    AdmittedTicket,
    EventList,
    HoldAnswer,
    OrderAnswer,
    WsTicket,
)
from tiketi_client.errors import Problem, Unreachable
from tiketi_client.live import Address, LiveConnection
from tiketi_client.retrying import TRIES, pause, worth_repeating
from tiketi_client.shapes import (
    Account,
    Admission,
    Availability,
    Event,
    EventSummary,
    Hold,
    LineStatus,
    Order,
    Orders,
    Overview,
    Place,
    SalesReport,
    Seatmap,
    User,
)

T = TypeVar("T")

_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5)


@asynccontextmanager
async def open_client(url: str, *, connections: int = 100) -> AsyncIterator["TiketiClient"]:
    """A client with an HTTP session of its own."""
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=_TIMEOUT
    ) as session:
        yield TiketiClient(url, session)


class TiketiClient:
    """One person's view of one Tiketi; many of them may share an HTTP session.

    `token` is the session of `signup` or `login`, sent as `Authorization: Bearer`.
    """

    def __init__(
        self, url: str, session: aiohttp.ClientSession, *, token: str | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self.session = session
        self.token = token

    def another(self) -> "TiketiClient":
        """Someone else, not signed in, over the same HTTP session."""
        return TiketiClient(self.url, self.session)

    # -- account ----------------------------------------------------------------------------------

    async def signup(self, email: str, password: str, name: str) -> Account:
        """Create the account and be signed in."""
        body = {"email": email, "password": password, "name": name}
        return self._signed_in(await self._create("/api/auth/signup", body, Account))

    async def login(self, email: str, password: str) -> Account:
        body = {"email": email, "password": password}
        return self._signed_in(await self._call("POST", "/api/auth/login", Account, body=body))

    async def logout(self) -> None:
        await self.request("POST", "/api/auth/logout")
        self.token = None

    async def me(self) -> User:
        return await self._call("GET", "/api/me", User)

    def _signed_in(self, account: Account) -> Account:
        self.token = account.token
        return account

    # -- events -----------------------------------------------------------------------------------

    async def events(self) -> list[EventSummary]:
        """All of them, however many pages they are."""
        page = await self._call("GET", "/api/events", EventList)
        events = page.events
        while page.next_cursor:
            page = await self._call(
                "GET", "/api/events", EventList, query={"cursor": page.next_cursor}
            )
            events += page.events
        return events

    async def event(self, event_id: str) -> Event:
        return await self._call("GET", f"/api/events/{event_id}", Event)

    async def seatmap(self, event_id: str) -> Seatmap:
        return await self._call("GET", f"/api/events/{event_id}/seatmap", Seatmap)

    async def availability(self, event_id: str) -> Availability:
        return await self._call("GET", f"/api/events/{event_id}/availability", Availability)

    # -- the line ---------------------------------------------------------------------------------

    async def join(self, event_id: str, ticket: str | None = None, **more: Any) -> Place:
        """Join, or see the place one has; `ticket` restores a place the line has lost."""
        body = {**more, **({"ticket": ticket} if ticket else {})}
        path = f"/api/events/{event_id}/queue"
        return await self._call("POST", path, Place, body=body, safe=True)

    async def place(self, event_id: str, ticket: str | None = None) -> Place:
        """One's own place; a `ticket` shown with the question restores what the line has lost."""
        headers = {"Queue-Ticket": ticket} if ticket else None
        return await self._call("GET", f"/api/events/{event_id}/queue", Place, headers=headers)

    async def leave(self, event_id: str) -> None:
        await self.request("DELETE", f"/api/events/{event_id}/queue")

    async def line(self, event_id: str) -> LineStatus:
        return await self._call("GET", f"/api/events/{event_id}/queue/status", LineStatus)

    async def admission(self, event_id: str, timeout: float) -> Admission:
        """Join and wait, by polling as often as the line says, until admitted; the ticket is shown
        each time, which restores a place that the line has lost. Raises TimeoutError;
        raises Problem with the code `sold_out` when there is nothing left to wait for."""
        async with asyncio.timeout(timeout):
            place = await self.join(event_id)
            while place.admission is None:
                if place.status == "sold_out":
                    raise Problem(409, "sold_out", "nothing is left", {})
                await asyncio.sleep(place.poll_after_seconds)
                place = await self.place(event_id, place.ticket)
            return place.admission

    # -- seats and orders -------------------------------------------------------------------------

    async def hold(
        self,
        event_id: str,
        admission: Admission,
        seat_ids: Sequence[str],
        *,
        or_nearest: bool = False,
    ) -> Hold:
        """All of the seats, or none (Problem `seats_unavailable`, which seats in `extra`).

        `or_nearest`: where others were faster, as many seats nearby; where there are none, those
        that come back, as long as this is asked again at least every 30 seconds."""
        body: dict[str, Any] = {"seat_ids": list(seat_ids)}
        if or_nearest:
            body["or_nearest"] = True
        return await self._hold(event_id, admission, body)

    async def hold_general(
        self, event_id: str, admission: Admission, ticket_type_id: str, quantity: int
    ) -> Hold:
        body = {"ticket_type_id": ticket_type_id, "quantity": quantity}
        return await self._hold(event_id, admission, body)

    async def _hold(self, event_id: str, admission: Admission, body: dict[str, Any]) -> Hold:
        headers = {"Queue-Admission": admission.token}
        path = f"/api/events/{event_id}/holds"
        return (await self._create(path, body, HoldAnswer, headers=headers)).hold

    async def held(self, hold_id: str) -> Hold:
        return (await self._call("GET", f"/api/holds/{hold_id}", HoldAnswer)).hold

    async def release(self, hold_id: str) -> None:
        await self.request("DELETE", f"/api/holds/{hold_id}")

    async def checkout(
        self, hold_id: str, *, payment_token: str = "tok_ok", provider: str = "sandbox"
    ) -> Order:
        """Pay. Problem `payment_declined` keeps the hold, `hold_expired` means it is gone."""
        body = {"payment": {"provider": provider, "token": payment_token}}
        return (await self._create(f"/api/holds/{hold_id}/checkout", body, OrderAnswer)).order

    async def orders(self, *, cursor: str | None = None) -> Orders:
        query = {"cursor": cursor} if cursor else None
        return await self._call("GET", "/api/orders", Orders, query=query)

    async def order(self, order_id: str) -> Order:
        return (await self._call("GET", f"/api/orders/{order_id}", OrderAnswer)).order

    async def refund(self, order_id: str) -> Order:
        return (await self._create(f"/api/orders/{order_id}/refund", {}, OrderAnswer)).order

    async def tickets_pdf(self, order_id: str) -> bytes:
        return await self.request("GET", f"/api/orders/{order_id}/tickets.pdf")

    async def ticket_qr(self, ticket_id: str) -> bytes:
        return await self.request("GET", f"/api/tickets/{ticket_id}/qr.svg")

    async def check_in(self, code: str) -> AdmittedTicket:
        """At the door (staff): once; Problem `already_used` afterwards."""
        body = {"code": code}
        return (await self._call("POST", "/api/checkin", AdmittedAnswer, body=body)).ticket

    # -- organisers -------------------------------------------------------------------------------

    async def create_event(self, event: Mapping[str, Any]) -> AdminEventView:
        return await self._create("/api/admin/events", event, AdminEventView)

    async def change_event(self, event_id: str, changes: Mapping[str, Any]) -> None:
        await self.request("PATCH", f"/api/admin/events/{event_id}", body=changes)

    async def change_queue(self, event_id: str, **changes: Any) -> None:
        """`capacity`, `per_second`, `paused` ...: in effect within two seconds."""
        await self.request("PATCH", f"/api/admin/events/{event_id}/queue", body=changes)

    async def overview(self) -> Overview:
        return await self._call("GET", "/api/admin/overview", Overview)

    async def report(self, event_id: str) -> SalesReport:
        return await self._call("GET", f"/api/admin/events/{event_id}/report", SalesReport)

    # -- live -------------------------------------------------------------------------------------

    async def ws_ticket(self) -> str:
        """Single use, valid for 30 s."""
        return (await self._call("POST", "/api/ws-ticket", WsTicket, safe=True)).ticket

    def live(self) -> LiveConnection:
        """A live connection of this person; use it as an async context."""
        return LiveConnection(self.session, self._live_address)

    async def _live_address(self) -> Address:
        parts = urlsplit(self.url)
        scheme = {"http": "ws", "https": "wss"}[parts.scheme]
        query = f"ticket={await self.ws_ticket()}"
        return Address(urlunsplit((scheme, parts.netloc, "/ws", query, "")))

    # -- how a call is made -----------------------------------------------------------------------

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        safe: bool = False,
    ) -> bytes:
        """The body of a 2xx answer; `safe` says that repeating a POST or PATCH is."""
        repeatable = safe or method in ("GET", "DELETE")
        for attempt in range(TRIES):
            last = attempt == TRIES - 1 or not repeatable
            try:
                status, after, answer = await self._once(method, path, body, headers, query)
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                if last:
                    raise Unreachable(f"{method} {path}: {error}") from error
                after = None
            else:
                if status < 400:
                    return answer
                problem = _problem(status, answer)
                if last or not worth_repeating(status, problem.code):
                    raise problem
            await asyncio.sleep(after if after is not None else pause(attempt, random.random()))
        raise AssertionError("the last try returns or raises")

    async def _once(
        self,
        method: str,
        path: str,
        body: object,
        headers: Mapping[str, str] | None,
        query: Mapping[str, str] | None,
    ) -> tuple[int, float | None, bytes]:
        """(status, Retry-After, body)."""
        sent = dict(headers or {})
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        data = None
        if body is not None:
            data, sent["Content-Type"] = msgspec.json.encode(body), "application/json"
        async with self.session.request(
            method, self.url + path, data=data, headers=sent, params=query, allow_redirects=False
        ) as response:
            after = response.headers.get("Retry-After", "")
            return (
                response.status, float(after) if after.isdecimal() else None, await response.read(),
            )  # fmt: skip

    async def _call(
        self,
        method: str,
        path: str,
        shape: type[T],
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        safe: bool = False,
    ) -> T:
        answer = await self.request(
            method, path, body=body, headers=headers, query=query, safe=safe
        )
        return msgspec.json.decode(answer, type=shape)

    async def _create(
        self, path: str, body: object, shape: type[T], headers: Mapping[str, str] | None = None
    ) -> T:
        keyed = {**(headers or {}), "Idempotency-Key": uuid.uuid4().hex}
        return await self._call("POST", path, shape, body=body, headers=keyed, safe=True)


def _problem(status: int, body: bytes) -> Problem:
    try:
        extra = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        return Problem(status, "unknown", body[:200].decode(errors="replace"), {})
    code, detail = str(extra.pop("code", "unknown")), str(extra.pop("detail", ""))
    return Problem(status, code, detail, extra)
