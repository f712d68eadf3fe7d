"""The edge on one screen: which path is served how, by which service, within which limit.

A rule's `how`:

    catalogue   the same for everyone: from memory, fetched once for all who ask
    status      the shared document of a line: from memory, as the queue publishes it
    join, place, leave, hold    travel together to their service (adapters/batcher.py)
    pass        streamed to the service as it is
    stream      the same, for an answer that does not end (Server-Sent Events)
    tunnel      WebSocket, spliced to a notifier
    ticket, openapi, asyncapi   answered here
    refuse      the path is there, the method is not

What needs no session is `catalogue` or `status`, or is left to the service: it gets an identity
when there is one. /internal/ has no rule, so that it cannot be reached from outside.
"""

from dataclasses import dataclass
from typing import Literal

from tiketi_gateway.domain.paths import Table
from tiketi_shared.buckets import Limit

How = Literal[
    "catalogue", "status", "join", "place", "leave", "hold", "pass", "stream", "tunnel", "ticket",
    "openapi", "asyncapi", "refuse",
]  # fmt: skip
ServiceName = Literal["queue", "booking", "notifier", "metrics"]


@dataclass(frozen=True, slots=True)
class Class:
    """A class of routes that share buckets: one per address, one per account."""

    name: str
    address: Limit
    account: Limit | None = None


READ = Class("read", Limit(100, 400))
CALL = Class("call", Limit(50, 200), Limit(10, 60))
JOIN = Class("join", Limit(50, 200), Limit(2, 10))
PLACE = Class("place", Limit(100, 400), Limit(2, 20))
HOLD = Class("hold", Limit(50, 200), Limit(5, 20))
AUTH = Class("auth", Limit(2, 30))
CONNECT = Class("connect", Limit(20, 100), Limit(2, 20))


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `tells_session` sends the session's hash too, for what changes sessions;
    `slow` allows CHECKOUT_SECONDS instead of UPSTREAM_SECONDS."""

    method: str
    pattern: str
    how: How
    service: ServiceName
    limit: Class = CALL
    tells_session: bool = False
    slow: bool = False


RULES = (
    Rule("GET", "/api/events", "catalogue", "booking", READ),
    Rule("GET", "/api/events/{id}", "catalogue", "booking", READ),
    Rule("GET", "/api/events/{id}/seatmap", "catalogue", "booking", READ),
    Rule("GET", "/api/events/{id}/availability", "catalogue", "booking", READ),
    Rule("GET", "/api/events/{id}/queue/status", "status", "queue", READ),
    Rule("GET", "/api/events/{id}/queue/draw", "catalogue", "queue", READ),
    Rule("POST", "/api/events/{id}/queue", "join", "queue", JOIN),
    Rule("GET", "/api/events/{id}/queue", "place", "queue", PLACE),
    Rule("DELETE", "/api/events/{id}/queue", "leave", "queue", JOIN),
    Rule("*", "/api/events/{id}/queue", "pass", "queue"),
    Rule("*", "/api/events/{id}/queue/**", "pass", "queue"),
    Rule("POST", "/api/events/{id}/holds", "hold", "booking", HOLD),
    Rule("POST", "/api/holds/{id}/checkout", "pass", "booking", HOLD, slow=True),
    Rule("POST", "/api/orders/{id}/refund", "pass", "booking", slow=True),
    Rule("GET", "/api/orders/{id}/tickets.pdf", "pass", "booking", slow=True),
    Rule("GET", "/api/orders/{id}/receipt.pdf", "pass", "booking", slow=True),
    Rule("GET", "/api/events/{id}/stream", "stream", "notifier", CONNECT),
    Rule("*", "/api/events/{id}/stream", "pass", "notifier"),
    Rule("GET", "/ws", "tunnel", "notifier", CONNECT),
    Rule("*", "/ws", "refuse", "notifier"),
    Rule("POST", "/api/ws-ticket", "ticket", "notifier", CONNECT),
    Rule("*", "/api/ws-ticket", "refuse", "notifier"),
    Rule("POST", "/api/auth/**", "pass", "booking", AUTH, tells_session=True),
    Rule("PATCH", "/api/me", "pass", "booking", AUTH, tells_session=True),
    Rule("DELETE", "/api/me", "pass", "booking", AUTH, tells_session=True),
    Rule("*", "/api/admin/overview", "pass", "metrics"),
    Rule("GET", "/api/openapi.json", "openapi", "booking", READ),
    Rule("*", "/api/openapi.json", "refuse", "booking"),
    Rule("GET", "/api/asyncapi.json", "asyncapi", "booking", READ),
    Rule("*", "/api/asyncapi.json", "refuse", "booking"),
    Rule("*", "/api/**", "pass", "booking"),
)

TABLE = Table(RULES)
