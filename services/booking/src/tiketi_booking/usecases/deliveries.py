"""After a sale: the tickets are mailed, and those who asked by webhook are told.

A message from the broker becomes one delivery for each who is to get it, in one transaction; a
message that comes again finds them made. Then each lane (the mail, each webhook endpoint) works
through its own.
"""

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import random

from tiketi_booking import metrics
from tiketi_booking.domain.deliveries import (
    MAIL,
    Delivery,
    DeliveryRecord,
    EndpointRecord,
    Failed,
    HookEvent,
    NotDelivered,
    Status,
    after_failure,
    hook_body,
)
from tiketi_booking.domain.webhooks import url_errors
from tiketi_booking.ports import DeliveryStore, EndpointStore, Hooks, Mailer
from tiketi_booking.usecases.mail_writer import MailWriter
from tiketi_shared.errors import Invalid, NotFound, Unavailable
from tiketi_shared.ids import UserId
from tiketi_shared.logs import get_logger
from tiketi_shared.tasks import end

AT_ONCE = 4
"""Tries under way in one lane: mails leave the printer room for those who ask."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Courier:
    """Delivers what is due in a lane. Without a mailer mails are kept, unsent."""

    deliveries: DeliveryStore
    writer: MailWriter
    mailer: Mailer | None
    hooks: Hooks

    async def try_once(self, delivery: Delivery, now: datetime, chance: float) -> None:
        """Tries one delivery and records the outcome; `chance` is that of `after_failure`.

        Raises Unavailable when the outcome could not be recorded: the try is repeated later.
        """
        try:
            if delivery.lane == MAIL:
                status, why = await self._mail(delivery)
            else:
                status, why = await self._hook(delivery)
        except NotDelivered as error:
            outcome = after_failure(delivery.attempts, now, chance, final=error.final)
            await self._failed(delivery, outcome, str(error))
        except Exception as error:
            log.warning("delivery could not be built", delivery_id=delivery.id, exc_info=True)
            await self._failed(delivery, after_failure(delivery.attempts, now, chance), repr(error))
        else:
            metrics.DELIVERIES.labels(delivery.kind, status).inc()
            await self.deliveries.done(delivery.id, status, why)

    async def _failed(self, delivery: Delivery, outcome: Failed, why: str) -> None:
        counted = "failed" if outcome.status == "pending" else "parked"
        metrics.DELIVERIES.labels(delivery.kind, counted).inc()
        await self.deliveries.failed(delivery.id, outcome, why)

    async def _mail(self, delivery: Delivery) -> tuple[Status, str | None]:
        if self.mailer is None:
            return "unsent", "no mail server is set (SMTP_URL)"
        mail = await self.writer.write(delivery.message)
        if mail is None:
            return "delivered", "nobody or nothing left to write about"
        await self.mailer.send(mail, delivery.id)
        return "delivered", None

    async def _hook(self, delivery: Delivery) -> tuple[Status, str | None]:
        endpoint = await self.deliveries.endpoint(delivery.lane)
        if endpoint is None:
            return "parked", "the endpoint was removed"
        body = hook_body(delivery)
        await self.hooks.send(endpoint.url, endpoint.secret, delivery.id, body)
        return "delivered", None


@dataclass(slots=True)
class Lanes:
    """Delivers to each recipient ("lane") with due deliveries, each at its own pace."""

    deliveries: DeliveryStore
    courier: Courier
    _busy: dict[str, asyncio.Task[None]] = field(default_factory=dict, init=False)

    async def turn(self) -> None:
        """Starts a task for each lane that is due and has none."""
        self._busy = {lane: task for lane, task in self._busy.items() if not task.done()}
        for lane in await self.deliveries.due():
            if lane not in self._busy:
                self._busy[lane] = asyncio.create_task(self._work(lane))

    async def stop(self) -> None:
        """Stops all lanes. What was interrupted continues when its lease has expired."""
        await end(self._busy.values())

    async def _work(self, lane: str) -> None:
        try:
            while claimed := await self.deliveries.claim(lane, AT_ONCE):
                now, chance = datetime.now(UTC), random()  # noqa: S311  spreads, guards nothing
                await asyncio.gather(
                    *(self.courier.try_once(delivery, now, chance) for delivery in claimed)
                )
        except Unavailable:
            log.debug("deliveries paused, database unavailable", lane=lane)
        except Exception:
            log.exception("delivery round failed", lane=lane)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDesk:
    """Mails and webhooks for admins: list, retry, register, remove.

    `public_only`: endpoints are reached by https, at addresses of the public internet.
    """

    deliveries: DeliveryStore
    endpoints: EndpointStore
    public_only: bool

    async def page(
        self, status: str | None, limit: int, before: str | None
    ) -> tuple[list[DeliveryRecord], str | None]:
        """The newest first, and the cursor of the next page."""
        found = await self.deliveries.page(status, before, limit + 1)
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    async def retry(self, delivery_id: str) -> None:
        """Raises NotFound."""
        if not await self.deliveries.retry(delivery_id):
            raise NotFound("no delivery with this id can be retried")

    def check_url(self, url: str) -> None:
        """Raises Invalid for a URL that must not be called."""
        wrong = url_errors(url, public_only=self.public_only)
        if wrong is not None:
            raise Invalid(errors={"url": wrong})

    async def register(
        self, url: str, events: set[HookEvent], by: UserId
    ) -> tuple[EndpointRecord, str]:
        """The endpoint, and the secret that signs what it is sent: it is told this once."""
        secret = f"whsec_{secrets.token_urlsafe(32)}"
        return await self.endpoints.add_endpoint(url, sorted(events), secret, by), secret

    async def registered(self) -> list[EndpointRecord]:
        return await self.endpoints.endpoints()

    async def remove(self, endpoint_id: str) -> None:
        """Raises NotFound."""
        if not await self.endpoints.remove_endpoint(endpoint_id):
            raise NotFound("no such webhook")

    async def tidy(self) -> None:
        """Forgets old deliveries, and shows how many are still to be delivered."""
        kept = await self.deliveries.tidy()
        for status in ("pending", "parked", "unsent"):
            metrics.DELIVERIES_KEPT.labels(status).set(kept.get(status, 0))
