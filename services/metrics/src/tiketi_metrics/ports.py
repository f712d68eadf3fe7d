"""The ports of the use cases."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from tiketi_metrics.domain.board import Depth, InstanceState, ScalingRecord, Takings
from tiketi_shared.ids import EventId
from tiketi_shared.sale import Sales


class Upstreams(Protocol):
    """The other services. Methods raise SourceLost when no answer comes in time."""

    async def depths(self) -> Mapping[EventId, Depth]: ...

    async def stats(self) -> Mapping[EventId, Takings]: ...

    async def sales(self) -> Sales: ...

    async def instances(self, service: str) -> list[InstanceState]:
        """The state of each instance; one that does not answer is not ready. Never raises."""


class Lead(NamedTuple):
    """Whether this instance decides, and the last decision of any instance."""

    leading: bool
    record: ScalingRecord | None


class ScalingStore(Protocol):
    """Keeps the decision. Every method raises StoreLost."""

    async def lead(self, instance: str) -> Lead:
        """Take or renew the lease, unless another instance has it."""

    async def save(self, instance: str, record: ScalingRecord) -> bool:
        """Keep `record` if the lease is still this instance's; whether it was."""
