"""What the use cases need from outside."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from tiketi_metrics.domain.board import Depth, Look, ScalingRecord, Takings
from tiketi_shared.ids import EventId
from tiketi_shared.sale import Sales


class Upstreams(Protocol):
    """The other services. Everything here raises SourceLost when nobody answers in time."""

    async def depths(self) -> Mapping[EventId, Depth]: ...

    async def stats(self) -> Mapping[EventId, Takings]: ...

    async def sales(self) -> Sales: ...

    async def instances(self, service: str) -> list[Look]:
        """A look at each instance; one that does not answer is not ready. Never raises."""


class Lead(NamedTuple):
    """Whether this instance decides, and what was decided last by whoever did."""

    leading: bool
    record: ScalingRecord | None


class ScalingStore(Protocol):
    """Where the decision is kept. Raises StoreLost."""

    async def lead(self, instance: str) -> Lead:
        """Take or renew the lease, if nobody else has it."""

    async def save(self, instance: str, record: ScalingRecord) -> bool:
        """Keep `record` if the lease is still this instance's; whether it was."""
