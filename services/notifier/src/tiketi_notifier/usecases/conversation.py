"""What clients say, and what they are answered."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from tiketi_notifier import metrics
from tiketi_notifier.domain.channel import Position
from tiketi_notifier.messages import (
    CHECK_QUEUE_STATUS,
    ERROR,
    PING,
    PONG,
    QUEUE_RESTORED,
    RESTORE_SESSION,
    SESSION_RESTORED,
    SUBSCRIBE,
    UNSUBSCRIBE,
    UNSUBSCRIBED,
    Empty,
    Envelope,
    OfEvent,
    PlaceOf,
    Refused,
    Restored,
)
from tiketi_notifier.outgoing import message
from tiketi_notifier.ports import Client, Holds, Line
from tiketi_notifier.usecases.live import Live
from tiketi_shared import ids
from tiketi_shared.batches import Answer
from tiketi_shared.errors import TiketiError
from tiketi_shared.ids import EventId
from tiketi_shared.shapes import HoldView, encoded

_QUESTIONS_AT_ONCE = 4
"""Questions to other services that one connection may have open."""


class _Problem(msgspec.Struct, frozen=True):
    code: str = "internal"
    detail: str = ""


class Conversation:
    """Answers each message; the questions that need other services are tasks of their own."""

    def __init__(self, live: Live, line: Line, holds: Holds) -> None:
        self._live = live
        self._line = line
        self._holds = holds
        self._open: dict[Client, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._envelopes = msgspec.json.Decoder(Envelope)
        self._answers: dict[str, Callable[[Client, msgspec.Raw], None]] = {
            PING.name: self._ping,
            SUBSCRIBE.name: self._subscribe,
            UNSUBSCRIBE.name: self._unsubscribe,
            CHECK_QUEUE_STATUS.name: self._check_queue_status,
            RESTORE_SESSION.name: self._restore_session,
        }

    def receive(self, client: Client, payload: bytes) -> None:
        try:
            said = self._envelopes.decode(payload)
            answer = self._answers.get(said.type)
            metrics.RECEIVED.labels(said.type if answer else "unknown").inc()
            if answer is None:
                _refuse(client, "unknown_type", f"there is no message {said.type[:64]!r}")
            else:
                answer(client, said.data)
        except msgspec.DecodeError as error:
            metrics.RECEIVED.labels("malformed").inc()
            _refuse(client, "bad_message", str(error))

    def _ping(self, client: Client, _: msgspec.Raw) -> None:
        client.deliver(message(PONG, Empty()))

    def _subscribe(self, client: Client, data: msgspec.Raw) -> None:
        wish = SUBSCRIBE.decode(data)
        since = Position(wish.since.epoch, wish.since.version) if wish.since else None
        if not _known_form(client, wish.event_id):
            return
        if not self._live.subscribe(client, wish.event_id, since):
            _refuse_more(client, wish.event_id)

    def _unsubscribe(self, client: Client, data: msgspec.Raw) -> None:
        wish = UNSUBSCRIBE.decode(data)
        self._live.unsubscribe(client, wish.event_id)
        client.deliver(message(UNSUBSCRIBED, OfEvent(wish.event_id)))

    def _check_queue_status(self, client: Client, data: msgspec.Raw) -> None:
        self._ask(client, data, self._tell_place)

    def _restore_session(self, client: Client, data: msgspec.Raw) -> None:
        self._ask(client, data, self._tell_session)

    def _ask(
        self,
        client: Client,
        data: msgspec.Raw,
        answer: Callable[[Client, EventId], Awaitable[None]],
    ) -> None:
        event_id = msgspec.json.decode(data, type=OfEvent).event_id
        if not _known_form(client, event_id):
            return
        if self._live.watch(client, event_id) is None:
            _refuse_more(client, event_id)
        elif self._open.get(client, 0) >= _QUESTIONS_AT_ONCE:
            _refuse(client, "too_many_requests", "wait for the answers", event_id)
        else:
            self._open[client] = self._open.get(client, 0) + 1
            task = asyncio.create_task(self._answered(client, event_id, answer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answered(
        self,
        client: Client,
        event_id: EventId,
        answer: Callable[[Client, EventId], Awaitable[None]],
    ) -> None:
        try:
            await answer(client, event_id)
        except TiketiError as error:
            _refuse(client, error.code, error.detail, event_id)
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]

    async def _tell_place(self, client: Client, event_id: EventId) -> None:
        answer = await self._line.place(event_id, client.user_id)
        if answer.status >= 400:
            _pass_on(client, answer, event_id)
        else:
            client.deliver(message(QUEUE_RESTORED, _with_event(event_id, answer.body)))

    async def _tell_session(self, client: Client, event_id: EventId) -> None:
        answer, hold = await asyncio.gather(
            self._line.place(event_id, client.user_id),
            self._holds.live(event_id, client.user_id),
        )
        if answer.status >= 400 and answer.status != 404:
            _pass_on(client, answer, event_id)
            return
        place = None if answer.status == 404 else _with_event(event_id, answer.body)
        client.deliver(
            message(SESSION_RESTORED, Restored(event_id, place, encoded(hold, HoldView)))
        )


def _with_event(event_id: EventId, place: bytes) -> PlaceOf:
    return encoded(b'{"event_id":"' + event_id.encode() + b'",' + place.lstrip()[1:], PlaceOf)


def _known_form(client: Client, event_id: EventId) -> bool:
    if ids.is_id(event_id):
        return True
    _refuse(client, "unknown_event", "there is no such event", event_id[:64])
    return False


def _refuse_more(client: Client, event_id: EventId) -> None:
    _refuse(client, "too_many_subscriptions", "unsubscribe from another event first", event_id)


def _pass_on(client: Client, answer: Answer, event_id: EventId) -> None:
    problem = msgspec.json.decode(answer.body, type=_Problem)
    _refuse(client, problem.code, problem.detail, event_id)


def _refuse(client: Client, code: str, detail: str, event_id: str | None = None) -> None:
    client.deliver(message(ERROR, Refused(code, detail, event_id)))
