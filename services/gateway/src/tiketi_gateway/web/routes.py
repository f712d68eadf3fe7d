"""The gateway on one screen: how each path is served, by which service, within which limits.

A rule's `how`:

    catalogue    the same for everyone: from memory, fetched once for all readers   cached.py
    status       the shared document of a line: from memory, as the queue sends it  cached.py
    join, place, leave, hold    reach their service in batches                      batched.py
    pass         passed to the service as it is                                     proxied.py
    stream       the same, for an endless response (Server-Sent Events)             proxied.py
    tunnel       WebSocket, tunnelled to a notifier                                 live.py
    ws-ticket    answered here                                                      live.py
    openapi, asyncapi           answered here                                       cached.py
    refuse       the path exists, the method does not                               dispatcher.py

`catalogue` and `status` need no session. For the rest the service decides: it gets an identity
when there is a session. /internal/ has no rule, so it cannot be reached from outside.
"""

from dataclasses import dataclass
from typing import Literal

from tiketi_gateway.domain.sessions import Session
from tiketi_gateway.http1.exchange import Exchange
from tiketi_shared.buckets import Limit

How = Literal[
    "catalogue", "status", "join", "place", "leave", "hold", "pass", "stream", "tunnel",
    "ws-ticket", "openapi", "asyncapi", "refuse",
]  # fmt: skip
ServiceName = Literal["queue", "booking", "notifier", "metrics"]


@dataclass(frozen=True, slots=True)
class RateClass:
    """Routes that share buckets: one bucket for each address, one for each account."""

    name: str
    address: Limit
    account: Limit | None = None

    @property
    def address_bucket(self) -> str:
        return f"{self.name}:address"

    @property
    def account_bucket(self) -> str:
        return f"{self.name}:account"


READ = RateClass("read", Limit(100, 400))
CALL = RateClass("call", Limit(50, 200), Limit(10, 60))
JOIN = RateClass("join", Limit(50, 200), Limit(2, 10))
PLACE = RateClass("place", Limit(100, 400), Limit(2, 20))
HOLD = RateClass("hold", Limit(50, 200), Limit(5, 20))
AUTH = RateClass("auth", Limit(2, 30))
CONNECT = RateClass("connect", Limit(20, 100), Limit(2, 20))


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `tells_session` sends the session's hash too, for calls that change sessions;
    `slow` allows CHECKOUT_SECONDS instead of UPSTREAM_SECONDS. `query` names the parameters that
    make another response of a catalogue's path; the others are not passed on."""

    method: str
    pattern: str
    how: How
    service: ServiceName
    rate: RateClass = CALL
    tells_session: bool = False
    slow: bool = False
    query: tuple[bytes, ...] = ()


@dataclass(slots=True)
class Routed:
    """A request with its rule; `names` are the values of the pattern's `{name}`s, in order."""

    exchange: Exchange
    rule: Rule
    names: tuple[str, ...]
    session: Session | None = None


RULES = (
    Rule("GET", "/api/events", "catalogue", "booking", READ, query=(b"limit", b"cursor")),
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
    Rule("POST", "/api/ws-ticket", "ws-ticket", "notifier", CONNECT),
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
