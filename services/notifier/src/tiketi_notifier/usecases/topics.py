"""One event as this instance knows it: its channel's log, its line's status, who follows it."""

from dataclasses import dataclass, field

from tiketi_notifier.domain.channel import ChannelLog, Entry, Position
from tiketi_notifier.outgoing import Outgoing
from tiketi_notifier.ports import Client
from tiketi_notifier.usecases.fanout import Audience, Subscription
from tiketi_shared.ids import EventId
from tiketi_shared.sale import Phase


@dataclass(slots=True)
class Progress:
    """The newest shared document; `fresh` until it is sent, `told_at` is when one last was."""

    message: Outgoing
    phase: Phase
    fresh: bool
    told_at: float


@dataclass(slots=True)
class Topic:
    """`log` is None until the store was asked once. While not `in_step` with the store (a gap, or
    the store was lost) what arrives is kept in `arrived` until the store has been asked again."""

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
        """Everyone subscribed now; the same object until someone comes or goes."""
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
