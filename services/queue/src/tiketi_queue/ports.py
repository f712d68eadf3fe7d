"""What the use cases need from the outside."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from tiketi_queue.domain.line import Ended, Report, Round, Standings, Terms, Visit
from tiketi_shared.ids import EventId, UserId
from tiketi_shared.messages import Tick
from tiketi_shared.sale import Sales


class StoreUnavailable(Exception):
    """Redis does not answer. The step may have been taken or not."""


class BookingUnavailable(Exception):
    """Booking does not answer, or its answer cannot be used."""


class LineStore(Protocol):
    """The lines. Each step is atomic and safe to repeat. Every method raises StoreUnavailable."""

    async def visit(
        self, event_id: EventId, terms: Terms, visits: Sequence[Visit], present_ms: int
    ) -> Standings:
        """Serve people who come by, each user once. They count as present for `present_ms`."""

    async def round(self, event_id: EventId, terms: Terms, announced: Sequence[UserId]) -> Round:
        """Run an admission round if it is due. `announced` are the people whose admission has been
        published since the last call."""

    async def leave(self, event_id: EventId, terms: Terms, users: Sequence[UserId]) -> list[Ended]:
        """Give up the places and admissions of these people. Return the admissions that ended."""

    async def settle(self, event_id: EventId, terms: Terms, reports: Sequence[Report]) -> None:
        """Renew or end admissions, as booking reports."""


class TickChannel(Protocol):
    async def publish(self, tick: Tick) -> None:
        """Send a tick to the current subscribers. Raises StoreUnavailable."""


class BookingService(Protocol):
    """The service that sells. Every method raises BookingUnavailable."""

    async def sales(self) -> Sales: ...

    async def tell_lines(self, waiting: Mapping[EventId, int]) -> None:
        """So many people wait: booking's waiting lists come after them."""

    async def revoke(self, ended: Sequence[Ended]) -> None:
        """Make booking refuse holds with these admissions from now on."""

    async def record_draw(self, event_id: EventId, participants: int) -> int:
        """Record the size of the lobby, unless one is recorded. Return the recorded one."""

    async def recorded_draw(self, event_id: EventId) -> int | None: ...
