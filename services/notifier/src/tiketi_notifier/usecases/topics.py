"""The state of one event on this instance: its channel's log, its line's status, its clients."""

from dataclasses import dataclass, field

from tiketi_notifier.domain.channel import ChannelLog, Entry, Position
from tiketi_notifier.outgoing import Outgoing
from tiketi_notifier.ports import Client
from tiketi_notifier.usecases.fanout import Audience, Subscription
from tiketi_shared.ids import EventId
from tiketi_shared.sale import Phase


@dataclass(slots=True)
class Progress:
    """The newest shared document. `fresh` until it is sent; `told_at` is when one was last sent."""

    message: Outgoing
    phase: Phase
    fresh: bool
    told_at: float


@dataclass(slots=True)
class Topic:
    """`log` is None until the store was read once. While the topic is not `in_step` with the store
    (after a gap or a lost connection), `arrived` keeps entries until the store is read again."""

    event_id: EventId
    log: ChannelLog | None = None
    in_step: bool = False
    arrived: list[Entry] = field(default_factory=list)
    progress: Progress | None = None
    interested: set[Client] = field(default_factory=set)
    waiting: dict[Client, Position | None] = field(default_factory=dict)
    _subscriptions: dict[Client, Subscription] = field(default_factory=dict)
    _audience: Audience | None = None

    @property
    def audience(self) -> Audience:
        """All subscriptions; the same object until one begins or ends."""
        if self._audience is None:
            self._audience = tuple(self._subscriptions.values())
        return self._audience

    def subscribe(self, client: Client) -> None:
        self.end_subscription(client)
        self._subscriptions[client] = Subscription(client)
        self._audience = None

    def end_subscription(self, client: Client) -> None:
        self.waiting.pop(client, None)
        subscription = self._subscriptions.pop(client, None)
        if subscription is not None:
            subscription.live = False
            self._audience = None

    def forget(self, client: Client) -> None:
        self.end_subscription(client)
        self.interested.discard(client)
