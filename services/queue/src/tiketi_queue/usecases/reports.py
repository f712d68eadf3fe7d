"""What booking and the notifier report about people of a line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tiketi_queue import metrics
from tiketi_queue.domain.line import Report, Visit, Want
from tiketi_queue.domain.sale_terms import Patience
from tiketi_queue.errors import UnknownEvent
from tiketi_queue.ports import LineStore
from tiketi_queue.usecases.lines import Lines
from tiketi_shared.ids import EventId, UserId
from tiketi_shared.messages import HoldsCreated, OrderPaid

CONNECTED_MS = 15_000
"""The notifier reports every 5 s who is connected. Two of its calls may be lost."""


@dataclass(slots=True)
class Reports:
    lines: Lines
    store: LineStore
    patience: Patience
    clock: Callable[[], float]

    async def connected(self, users: Mapping[EventId, Sequence[UserId]]) -> None:
        """Record that these people are present. Raises StoreUnavailable."""
        for event_id, user_ids in users.items():
            try:
                line = self.lines.require(event_id)
            except UnknownEvent:
                continue
            if not line.exists() or line.phase(self.clock()) == "ended":
                continue
            visits = [Visit(user_id, Want.BE_SEEN) for user_id in dict.fromkeys(user_ids)]
            terms = line.terms(self.patience, self.clock())
            if visits:
                await self.store.visit(event_id, terms, visits, CONNECTED_MS)

    async def settle(self, message: HoldsCreated | OrderPaid) -> None:
        """Renew the admission of a hold, or end the admission of a purchase. Safe to repeat.
        Raises StoreUnavailable: the message has to be sent again."""
        metrics.REPORTS.labels(str(type(message).__struct_config__.tag)).inc()
        reports = _reports_of(message)
        try:
            line = self.lines.require(message.event_id)
        except UnknownEvent:
            return
        if reports:
            terms = line.terms(self.patience, self.clock())
            await self.store.settle(message.event_id, terms, reports)


def _reports_of(message: HoldsCreated | OrderPaid) -> list[Report]:
    """A purchase without an admission was made at the door: it does not concern the line."""
    if isinstance(message, OrderPaid):
        id_ = message.admission_id
        return [] if id_ is None else [Report(message.user_id, id_, paid=True)]
    return [Report(user, id_, paid=False) for user, _, id_ in message.holds]
