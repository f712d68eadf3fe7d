"""Deliveries and webhooks."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from tiketi_booking.domain.deliveries import HookEvent
from tiketi_booking.domain.deliveries import Kind as DeliveryKind
from tiketi_booking.domain.deliveries import Status as DeliveryStatus
from tiketi_booking.web.schemas.base import Body, View


class DeliveryView(View, frozen=True):
    """`url` is the webhook's; `message` is the domain event that is delivered."""

    id: str
    kind: DeliveryKind
    url: str | None
    message_id: str
    message: dict[str, Any]
    status: DeliveryStatus
    attempts: int
    next_attempt_at: datetime | None
    last_error: str | None
    created_at: datetime
    delivered_at: datetime | None


class DeliveryList(View, frozen=True):
    deliveries: list[DeliveryView]
    next_cursor: str | None


class NewWebhook(Body, frozen=True):
    url: Annotated[str, Meta(min_length=8, max_length=2000, pattern="^[!-~]+$")]
    events: Annotated[tuple[HookEvent, ...], Meta(min_length=1, max_length=2)]


class WebhookView(View, frozen=True):
    id: str
    url: str
    events: list[HookEvent]
    created_at: datetime


class WebhookCreated(WebhookView, frozen=True):
    """The `secret` signs every delivery and is told this once."""

    secret: str


class WebhookList(View, frozen=True):
    webhooks: list[WebhookView]
