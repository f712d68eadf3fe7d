"""Accounts and sessions, and the first admin."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from aiohttp import web

from tiketi_booking.adapters.passwords import Argon2Passwords
from tiketi_booking.adapters.postgres.accounts import PostgresAccounts
from tiketi_booking.adapters.postgres.deliveries import PostgresDeliveries
from tiketi_booking.adapters.postgres.password_resets import PostgresPasswordResets
from tiketi_booking.adapters.session_cache import RedisSessionCache
from tiketi_booking.usecases.accounts import Accounts, LoginLimits
from tiketi_booking.usecases.recovery import Recovery
from tiketi_booking.web import keys
from tiketi_booking.wiring.stores import Stores
from tiketi_booking.workers import RETRY_SECONDS, until_done
from tiketi_shared.errors import Unavailable
from tiketi_shared.health import READINESS
from tiketi_shared.tasks import end

DEFAULT_ADMIN = "admin@tiketi.local"


@asynccontextmanager
async def open_accounts(app: web.Application, stores: Stores) -> AsyncIterator[None]:
    settings = app[keys.SETTINGS]
    passwords = Argon2Passwords(
        memory_mib=settings.password_memory_mib, threads=settings.password_threads
    )
    store, cache = PostgresAccounts(stores.database), RedisSessionCache(stores.redis)
    with closing(passwords):
        app[keys.RECOVERY] = Recovery(
            accounts=store,
            resets=PostgresPasswordResets(stores.database),
            deliveries=PostgresDeliveries(stores.database),
            cache=cache,
            passwords=passwords,
            mails=bool(settings.smtp_url),
        )
        app[keys.ACCOUNTS] = Accounts(
            store=store,
            cache=cache,
            passwords=passwords,
            session_seconds=settings.session_seconds,
            limits=LoginLimits(
                settings.failed_logins_per_account, settings.failed_logins_per_address
            ),
        )
        yield


@asynccontextmanager
async def make_first_admin(app: web.Application) -> AsyncIterator[None]:
    """Creates the admin once the database is available; until then the service is not ready."""
    settings = app[keys.SETTINGS]
    email = settings.admin_email or DEFAULT_ADMIN

    async def make() -> None:
        made_up = await app[keys.ACCOUNTS].ensure_admin(email, settings.admin_password)
        if made_up is not None:
            print(f"first admin: {email} password: {made_up}", flush=True)  # noqa: T201  told once

    task = asyncio.ensure_future(until_done("first_admin", RETRY_SECONDS, make))

    async def made() -> None:
        if not task.done():
            raise Unavailable("not made yet")

    app[READINESS].add("admin", made)
    try:
        yield
    finally:
        await end([task])
