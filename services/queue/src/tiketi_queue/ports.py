"""What the use cases need from the outside."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from tiketi_queue.domain.line import Ended, Report, Round, Standings, Terms, Visit
from tiketi_shared.ids import EventId, UserId
from tiketi_shared.messages import Tick
from tiketi_shared.sale import Sales


class StoreDown(Exception):
    """The store of the line does not answer; whether the step was taken is not known."""


class TillDown(Exception):
    """Booking does not answer."""


class LineStore(Protocol):
    """The lines, each step atomic and safe to repeat. Every method raises StoreDown."""

    async def visit(
        self, event_id: EventId, terms: Terms, visits: Sequence[Visit], present_ms: int
    ) -> Standings:
        """People come by, no user twice; they count as present for `present_ms`."""

    async def round(self, event_id: EventId, terms: Terms, told: Sequence[UserId]) -> Round:
        """One admission round, if it is due; `told` are those of earlier rounds who were told."""

    async def leave(self, event_id: EventId, terms: Terms, users: Sequence[UserId]) -> list[Ended]:
        """People give up their place or their admission: the admissions that ended thereby."""

    async def settle(self, event_id: EventId, terms: Terms, reports: Sequence[Report]) -> None:
        """What the till reports renews or ends admissions."""


class TickChannel(Protocol):
    async def publish(self, tick: Tick) -> None:
        """Tells whoever listens now. Raises StoreDown."""


class Till(Protocol):
    """Booking. Every method raises TillDown."""

    async def sales(self) -> Sales: ...

    async def tell_lines(self, waiting: Mapping[EventId, int]) -> None:
        """So many people wait: booking's waiting lists come after them."""

    async def revoke(self, ended: Sequence[Ended]) -> None:
        """Holds with these admissions are refused from now on."""

    async def record_draw(self, event_id: EventId, participants: int) -> int:
        """What was recorded first, which may be another's number."""

    async def recorded_draw(self, event_id: EventId) -> int | None: ...
