"""Subscriptions, and the delivery of entries to their clients.

All methods except `synchronise` run without waiting, on the one thread of the event loop. A client
is answered and joins the audience in one step. So its answer holds every entry published before,
and the client receives every entry published afterwards, once.

A topic is in step with the store while each received entry follows the one before. A gap, an entry
of another epoch, or the loss of the connection puts it out of step. Then entries are kept until
`synchronise` has read the store. It continues the log, or begins a new one and notifies the
clients.
"""

import asyncio
from datetime import UTC, datetime

import msgspec

from tiketi_notifier import metrics
from tiketi_notifier.domain.channel import (
    ChannelLog,
    Entry,
    Position,
    Recovery,
    Snapshot,
    Subscribed,
    Verdict,
    continuation,
)
from tiketi_notifier.domain.phases import announcement
from tiketi_notifier.errors import LiveUnavailable
from tiketi_notifier.messages import (
    ERROR,
    PHASE_MESSAGES,
    QUEUE_ENTER,
    QUEUE_PROGRESS,
    SEATS_OFFERED,
    Enter,
    Refused,
    SaleMoved,
    SeatsOffered,
)
from tiketi_notifier.outgoing import Outgoing, message
from tiketi_notifier.ports import Client, LiveStore
from tiketi_notifier.usecases.fanout import Fanout
from tiketi_notifier.usecases.people import People
from tiketi_notifier.usecases.topics import Progress, Topic
from tiketi_shared.ids import EventId, UserId
from tiketi_shared.messages import UNCHANGED, Tick
from tiketi_shared.sale import Phase
from tiketi_shared.shapes import AdmissionGrant, encoded
from tiketi_shared.shapes import Progress as LineDocument

_RIDE_ALONG = 0.75
"""Progress goes out with another message when this share of its interval has passed."""


class _Shared(msgspec.Struct, frozen=True):
    """What matters here of the line's shared document."""

    phase: Phase


class Live:
    """`unknown_lines` is set when a topic has no status of its line yet."""

    def __init__(  # noqa: PLR0913  all of it is given once, by name
        self,
        store: LiveStore,
        fanout: Fanout,
        people: People,
        *,
        subscriptions: int,
        history: int,
        progress_seconds: float,
    ) -> None:
        self._store = store
        self._fanout = fanout
        self._subscriptions = subscriptions
        self._history = history
        self._progress_seconds = progress_seconds
        self._topics: dict[EventId, Topic] = {}
        self._out_of_step: asyncio.Queue[EventId] = asyncio.Queue()
        self.people = people
        self.available = False
        """Whether the channels in Redis are subscribed."""
        self.unknown_lines = asyncio.Event()

    # -- who is here ------------------------------------------------------------------------------

    def disconnect(self, client: Client) -> None:
        """Forget `client`; may be called more than once."""
        if self.people.remove(client):
            for event_id in client.events:
                self._forget(client, event_id)

    def present(self) -> dict[EventId, list[UserId]]:
        """The people who follow each event now, each person once."""
        return {
            topic.event_id: list({client.user_id for client in topic.interested})
            for topic in self._topics.values()
            if topic.interested
        }

    # -- what they follow -------------------------------------------------------------------------

    @property
    def followed(self) -> set[EventId]:
        return set(self._topics)

    def watch(self, client: Client, event_id: EventId) -> Topic | None:
        """Count `client` as present at the event. None when it may follow no more events."""
        topic = self._topics.get(event_id)
        if topic is None or client not in topic.interested:
            if len(client.events) >= self._subscriptions:
                return None
            topic = topic or self._new_topic(event_id)
            topic.interested.add(client)
            client.events.add(event_id)
        return topic

    def subscribe(self, client: Client, event_id: EventId, since: Position | None) -> bool:
        """Answer with the channel's position, now or as soon as it is known. False when the client
        may follow no more events."""
        topic = self.watch(client, event_id)
        if topic is None:
            return False
        topic.end_subscription(client)
        if topic.log is None or _is_ahead(since, topic.log.position):
            topic.waiting[client] = since
            if topic.log is not None:
                self._lose_step(topic)
        else:
            self._answer(topic, topic.log, client, since)
        if not self.available:
            client.deliver(_live_unavailable())
        return True

    def unsubscribe(self, client: Client, event_id: EventId) -> None:
        client.events.discard(event_id)
        self._forget(client, event_id)

    def _forget(self, client: Client, event_id: EventId) -> None:
        topic = self._topics.get(event_id)
        if topic is None:
            return
        topic.forget(client)
        if not topic.interested:
            del self._topics[event_id]

    def _new_topic(self, event_id: EventId) -> Topic:
        topic = self._topics[event_id] = Topic(event_id)
        self._lose_step(topic)
        self.unknown_lines.set()
        return topic

    def _answer(
        self, topic: Topic, log: ChannelLog, client: Client, since: Position | None
    ) -> None:
        recovery = log.since(since) if since else Recovery(recovered=False, missed=())
        if since:
            metrics.RESUMED.labels("yes" if recovery.recovered else "no").inc()
        topic.subscribe(client)
        client.subscribed(Subscribed(topic.event_id, log.position, recovery))
        if topic.progress is not None:
            client.deliver(topic.progress.message)

    # -- what arrives -----------------------------------------------------------------------------

    def arrived(self, event_id: EventId, entry: Entry) -> None:
        """Deliver an entry that was received from the event's channel."""
        topic = self._topics.get(event_id)
        if topic is None:
            return
        if topic.log is None or not topic.in_step:
            topic.arrived.append(entry)
            return
        verdict = topic.log.judge(entry)
        if verdict is Verdict.NEXT:
            self._publish(topic, topic.log, entry)
        elif verdict is not Verdict.KNOWN:
            metrics.GAPS.inc()
            self._lose_step(topic)  # the entry itself is in the store by now

    def ticked(self, tick: Tick, now: float) -> None:
        """Deliver the result of a round of the line; `now` is monotonic."""
        for admitted in tick.admitted:
            theirs = self.people.connections_of(admitted.user_id)
            if theirs:
                entered = Enter(tick.event_id, encoded(admitted.admission, AdmissionGrant))
                self._tell_person(theirs, message(QUEUE_ENTER, entered))
        for offer in tick.offered:
            theirs = self.people.connections_of(offer.user_id)
            if theirs:
                until = datetime.fromtimestamp(offer.expires_at, UTC)
                expires_at = until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
                told = SeatsOffered(tick.event_id, offer.hold_id, expires_at)
                self._tell_person(theirs, message(SEATS_OFFERED, told))
        if tick.status != UNCHANGED:
            self.line_changed(tick.event_id, tick.status, now)

    def line_changed(self, event_id: EventId, status: msgspec.Raw, now: float) -> None:
        """Take over the line's shared document, encoded, and announce a change of phase."""
        topic = self._topics.get(event_id)
        if topic is None:
            return
        phase = msgspec.json.decode(status, type=_Shared).phase
        before = topic.progress
        announced = announcement(before.phase if before else None, phase)
        topic.progress = Progress(
            message(QUEUE_PROGRESS, encoded(status, LineDocument)),
            phase,
            fresh=True,
            told_at=before.told_at if before else now - self._progress_seconds,
        )
        if announced is not None:
            told = message(PHASE_MESSAGES[announced], SaleMoved(event_id, phase))
            self._fanout.send((told, *self._progress_due(topic, now, share=0)), topic.audience)

    def tell_progress(self, now: float) -> None:
        """Send the progress of each line whose interval has passed."""
        for topic in self._topics.values():
            due = self._progress_due(topic, now, share=1)
            if due:
                self._fanout.send(due, topic.audience)

    def _progress_due(self, topic: Topic, now: float, share: float) -> tuple[Outgoing, ...]:
        progress = topic.progress
        if progress is None or not progress.fresh:
            return ()
        if now - progress.told_at < share * self._progress_seconds:
            return ()
        progress.fresh, progress.told_at = False, now
        return (progress.message,)

    def _publish(self, topic: Topic, log: ChannelLog, entry: Entry) -> None:
        log.append(entry)
        change = Outgoing(entry.type, entry.message, entry.position)
        now = asyncio.get_running_loop().time()
        self._fanout.send(
            (change, *self._progress_due(topic, now, share=_RIDE_ALONG)), topic.audience
        )

    def _tell_person(self, clients: list[Client], told: Outgoing) -> None:
        for client in clients:
            client.deliver(told)
        metrics.FRAMES.inc(len(clients))

    # -- being in step with the store -------------------------------------------------------------

    def store_lost(self) -> None:
        """The connection to Redis is lost; every client is told once."""
        for topic in self._topics.values():
            topic.in_step = False
        if self.available:
            self.available = False
            told = _live_unavailable()
            for client in self.people.everyone():
                client.deliver(told)

    async def check_available(self) -> None:
        """A readiness probe. Raises LiveUnavailable."""
        if not self.available:
            raise LiveUnavailable("the live channels are not subscribed")

    def store_back(self) -> None:
        self.available = True
        self.unknown_lines.set()

    def channel_subscribed(self, event_id: EventId) -> None:
        """The event's channel is subscribed from now on; read what was published before."""
        topic = self._topics.get(event_id)
        if topic is not None:
            self._lose_step(topic)

    async def next_out_of_step(self) -> EventId:
        return await self._out_of_step.get()

    def again_out_of_step(self, event_id: EventId) -> None:
        self._out_of_step.put_nowait(event_id)

    async def synchronise(self, event_id: EventId) -> None:
        """Bring the topic in step with the store. Raises LiveUnavailable."""
        topic = self._topics.get(event_id)
        if topic is None:
            return
        topic.in_step = False
        snapshot = await self._store.read(event_id, topic.log.position if topic.log else None)
        log = self._continue(topic, snapshot)
        topic.in_step = True
        for client, since in list(topic.waiting.items()):
            self._answer(topic, log, client, since)
        arrived, topic.arrived = topic.arrived, []
        for entry in arrived:
            self.arrived(event_id, entry)

    def _continue(self, topic: Topic, snapshot: Snapshot) -> ChannelLog:
        if topic.log is None:
            topic.log = ChannelLog(snapshot, self._history)
            return topic.log
        following = continuation(topic.log, snapshot)
        if following is not None:
            for entry in following:
                self._publish(topic, topic.log, entry)
            return topic.log
        metrics.RESETS.inc()
        topic.log = ChannelLog(snapshot, self._history)
        lost = Subscribed(topic.event_id, snapshot.position, Recovery(recovered=False, missed=()))
        for subscription in topic.audience:
            subscription.client.subscribed(lost)
        return topic.log

    def _lose_step(self, topic: Topic) -> None:
        topic.in_step = False
        self._out_of_step.put_nowait(topic.event_id)


def _is_ahead(since: Position | None, here: Position) -> bool:
    """Whether the client has seen more than this instance, so that the store must be read."""
    return since is not None and since.epoch == here.epoch and since.version > here.version


def _live_unavailable() -> Outgoing:
    detail = "live updates are interrupted; poll until they resume"
    return message(ERROR, Refused("live_unavailable", detail))
