"""Routes whose requests reach their service in batches: joins, places, leaving, holds."""

from collections.abc import Callable

import msgspec

from tiketi_gateway.http1.exchange import Exchange, Work
from tiketi_gateway.http1.replies import JSON, NO_STORE, PROBLEM, empty_reply, reply
from tiketi_gateway.http1.requests import Request
from tiketi_gateway.ports import AnswerCallback, Batcher
from tiketi_gateway.web.routes import Routed
from tiketi_shared.batches import Answer, HoldRequest, LineRequest
from tiketi_shared.errors import TiketiError, Unauthenticated
from tiketi_shared.ids import EventId

MAX_BATCHED_BODY = 4096


class Batched:
    def __init__(self, lines: Batcher[LineRequest], holds: Batcher[HoldRequest]) -> None:
        self._lines, self._holds = lines, holds

    def line(self, routed: Routed) -> Work:
        """Joining, leaving, or reading one's own place."""
        session, exchange = routed.session, routed.exchange
        if session is None:
            raise Unauthenticated("sign in first")
        if exchange.stream is not None:
            return _read_body_first(routed, self.line)
        request, how = exchange.request, routed.rule.how
        body = _presented(request) if how == "place" else request.body
        line_request = LineRequest(
            how, EventId(routed.names[0]), session.user_id, exchange.request_id, body  # type: ignore[arg-type]  # such a rule's `how` is the operation
        )  # fmt: skip
        self._lines.add(line_request, _answering(exchange), exchange.trace)
        return None

    def hold(self, routed: Routed) -> Work:
        session, exchange = routed.session, routed.exchange
        if session is None:
            raise Unauthenticated("sign in first")
        if exchange.stream is not None:
            return _read_body_first(routed, self.hold)
        request = exchange.request
        hold_request = HoldRequest(
            EventId(routed.names[0]), session.user_id, exchange.request_id,
            request.field(b"queue-admission") or "", request.field(b"idempotency-key"),
            request.body,
        )  # fmt: skip
        self._holds.add(hold_request, _answering(exchange), exchange.trace)
        return None


async def _read_body_first(routed: Routed, handle: Callable[[Routed], Work]) -> None:
    """For a body in chunks: a batch carries whole bodies only."""
    exchange = routed.exchange
    exchange.request.body = await exchange.read()
    exchange.stream = None
    handle(routed)


def _presented(request: Request) -> bytes:
    """What the headers of a GET present after the line was lost, as a body (docs/internal.md)."""
    shown = {
        "ticket": request.field(b"queue-ticket"),
        "admission": request.field(b"queue-admission"),
    }
    present = {name: value for name, value in shown.items() if value is not None}
    return msgspec.json.encode(present) if present else b""


def _answering(exchange: Exchange) -> AnswerCallback:
    def answer(result: Answer | TiketiError) -> None:
        if isinstance(result, TiketiError):
            exchange.fail(result)
            return
        headers = NO_STORE
        if result.retry_after is not None:
            headers += b"Retry-After: %d\r\n" % result.retry_after
        if result.status == 204:
            exchange.answer(empty_reply(204, headers))
        else:
            media_type = PROBLEM if result.status >= 400 else JSON
            exchange.answer(reply(result.status, result.body, media_type, headers))

    return answer
