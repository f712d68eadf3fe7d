"""The payment providers that are set up, and the news they send."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from tiketi_booking.adapters.payments.sandbox import Sandbox
from tiketi_booking.adapters.payments.stripe import open_stripe
from tiketi_booking.ports import NewsSource
from tiketi_booking.settings import Settings
from tiketi_booking.usecases.payment_news import ReceiveNews
from tiketi_booking.web import keys
from tiketi_booking.wiring.stores import Stores
from tiketi_booking.workers import every
from tiketi_shared.loops import running

ANSWER_SECONDS = 0.2
"""How often the sandbox looks for payments that it answers late."""


@asynccontextmanager
async def open_payments(app: web.Application, stores: Stores) -> AsyncIterator[None]:
    settings, providers = app[keys.SETTINGS], app[keys.PROVIDERS]
    sources: dict[str, NewsSource] = {}
    receive = app[keys.RECEIVE_NEWS] = ReceiveNews(sources, app[keys.TILL].settle)
    async with AsyncExitStack() as stack:
        if _has_sandbox(settings):
            sandbox = Sandbox(
                stores.database, settings.ticket_key, answer_seconds=settings.sandbox_seconds
            )
            providers[sandbox.name] = sources[sandbox.name] = sandbox
            await stack.enter_async_context(_answering(sandbox, receive))
        if settings.stripe_secret_key:
            stripe = await stack.enter_async_context(
                open_stripe(settings.stripe_secret_key, settings.stripe_webhook_secret)
            )
            providers[stripe.name] = sources[stripe.name] = stripe
        yield


def _has_sandbox(settings: Settings) -> bool:
    if settings.sandbox_payments == "auto":
        return settings.environment != "production"
    return settings.sandbox_payments == "on"


@asynccontextmanager
async def _answering(sandbox: Sandbox, receive: ReceiveNews) -> AsyncIterator[None]:
    """Sends the sandbox's webhooks to the same use case as those of other providers."""

    async def answer() -> None:
        await sandbox.answer_late_ones(lambda headers, body: receive(sandbox.name, headers, body))

    async with running(every("sandbox", ANSWER_SECONDS, answer)):
        yield
