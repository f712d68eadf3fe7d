"""Receives webhooks of payment providers about pending payments."""

from collections.abc import Mapping
from dataclasses import dataclass

from tiketi_booking.ports import NewsSource, SettlePayment
from tiketi_shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class ReceiveNews:
    """Verifies a webhook with its provider, then settles the payment. Safe to repeat."""

    sources: Mapping[str, NewsSource]
    settle: SettlePayment

    async def __call__(self, provider: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raises NotFound for a provider that is not set up, BadSignature for a forged webhook."""
        if provider not in self.sources:
            raise NotFound(f"payment provider {provider!r} is not configured")
        news = await self.sources[provider].news(headers, body)
        if news is not None:
            await self.settle(news.payment_id, news.outcome)
