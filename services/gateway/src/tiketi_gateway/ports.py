"""What the web layer needs of the adapters."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from tiketi_gateway.domain.sessions import Session
from tiketi_gateway.http1.client_connection import Incoming
from tiketi_gateway.http1.documents import Document
from tiketi_gateway.http1.exchange import Exchange
from tiketi_gateway.http1.outgoing import Outgoing
from tiketi_gateway.http1.replies import Reply
from tiketi_shared.batches import Answer
from tiketi_shared.buckets import Limit
from tiketi_shared.errors import TiketiError

R_contra = TypeVar("R_contra", contravariant=True)

SessionCallback = Callable[[Session | TiketiError | None], None]
"""Gets the session, None when there is none, or Unavailable when no store can tell."""

AnswerCallback = Callable[[Answer | TiketiError], None]


class Service(Protocol):
    async def send(self, request: Outgoing) -> Incoming:
        """The service's response, whatever its status.

        Raises ServiceUnavailable, OutcomeUnknown or UpstreamTimeout.
        """


class SessionStore(Protocol):
    def known(self, hash_: str) -> Session | None:
        """The session, if it was seen lately; else look it up."""

    def look_up(self, hash_: str, callback: SessionCallback) -> None:
        """A callback and not a future: when a sale opens, most requests bring a session that was
        not seen lately."""

    async def find(self, hash_: str) -> Session | None:
        """As `look_up`. Raises Unavailable."""

    def identity_header(self, session: Session) -> bytes:
        """The encoded header that tells services whose request it is."""

    def forget(self, hash_: str) -> None:
        """The session has ended."""


class RateLimiter(Protocol):
    def take(self, name: str, whom: str, limit: Limit, now: float) -> float:
        """Take one token: 0.0, or the seconds to wait for one. `now` is any steady clock."""


class Statuses(Protocol):
    def document(self, event_id: str) -> Document | None:
        """The event's shared document, if it was received lately."""


class ResponseCache(Protocol):
    def kept(self, target: bytes, label: str) -> Document | None:
        """The response for `target`, if it may be given out now without waiting; it may be
        stale. `label` is the route, for metrics."""

    def needs_refresh(self, target: bytes) -> bool:
        """Whether the response that is kept is stale, and is not being fetched again."""

    def refresh(self, service: Service, target: bytes, headers: bytes) -> None:
        """Begin to fetch the response again."""

    async def fetched(self, service: Service, target: bytes, headers: bytes) -> Document | Reply:
        """The response for `target`, fetched once for all who wait for it; a Reply when it must
        not be kept. Raises what `Service.send` raises when there is not even an old response."""


class Batcher(Protocol[R_contra]):
    def add(self, request: R_contra, callback: AnswerCallback, trace: str = "") -> None:
        """`trace` is the traceparent of the request. Raises ServiceUnavailable when too many
        requests wait already."""


class WebSocketTickets(Protocol):
    async def issue(self, session_hash: str) -> str:
        """Raises ServiceUnavailable without Redis."""

    async def take(self, ticket: str) -> str | None:
        """The session's hash, once. Raises ServiceUnavailable without Redis."""


class Tunnels(Protocol):
    def join(self, exchange: Exchange, key: bytes, incoming: Incoming) -> None:
        """Complete the client's WebSocket handshake, and connect it to the notifier."""

    def refuse(self, exchange: Exchange, key: bytes, code: int, reason: str) -> None:
        """Complete the handshake only to close with a code that a browser's script can see."""

    def streaming(self, incoming: Incoming) -> AbstractContextManager[None]:
        """While inside, the endless response is ended when the gateway shuts down."""


class WebApp(Protocol):
    def at(self, path: str) -> Document | None:
        """The file at `path`; the app's index for a path that looks like a page."""
