"""A provider tells, by webhook, what became of a payment that was pending."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from tiketi_booking.ports import ChargeOutcome, PaymentId, SettlePayment
from tiketi_shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class PaymentNews:
    payment_id: PaymentId
    outcome: ChargeOutcome


class TellsNews(Protocol):
    """A provider that sends webhooks."""

    @property
    def name(self) -> str: ...

    async def news(self, headers: Mapping[str, str], body: bytes) -> PaymentNews | None:
        """What a webhook says; None when it is about nothing of ours. Raises BadSignature."""
        ...


class ReceiveNews:
    """One webhook: verified by the provider it claims to be of, then settled. Safe to repeat."""

    def __init__(self, providers: Mapping[str, TellsNews], settle: SettlePayment) -> None:
        self._providers, self._settle = providers, settle

    async def __call__(self, provider: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raises NotFound for a provider that is not set up, BadSignature for a forged webhook."""
        if provider not in self._providers:
            raise NotFound(f"no payment provider {provider!r} is set up")
        news = await self._providers[provider].news(headers, body)
        if news is not None:
            await self._settle(news.payment_id, news.outcome)
