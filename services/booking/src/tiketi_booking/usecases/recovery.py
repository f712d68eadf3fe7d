"""The way back into an account whose password is forgotten."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tiketi_booking import metrics
from tiketi_booking.domain.accounts import normal_email, password_errors, secret_hash
from tiketi_booking.domain.deliveries import PasswordResetRequested
from tiketi_booking.errors import MailUnavailable, ResetExpired
from tiketi_booking.ports import AccountStore, DeliveryStore, Passwords, ResetStore, SessionCache
from tiketi_shared.errors import Invalid, TooManyRequests
from tiketi_shared.ids import UserId, new_id
from tiketi_shared.logs import get_logger

RESET_SECONDS = 1800
"""How long a mailed link works."""

WINDOW_SECONDS = 900
MAILS_PER_ACCOUNT = 3
REQUESTS_PER_ADDRESS = 30

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """`mails`: whether a mail server is set."""

    accounts: AccountStore
    resets: ResetStore
    deliveries: DeliveryStore
    cache: SessionCache
    passwords: Passwords
    mails: bool

    async def request(self, email: str, address: str) -> None:
        """Mail a link to the account with this e-mail, if there is one: the caller cannot tell.

        At most three mails in 15 minutes go to one account. Raises MailUnavailable, and
        TooManyRequests for an address (of the network) that asks for too many.
        """
        if not self.mails:
            raise MailUnavailable("this installation sends no mail; ask the organiser for help")
        email = normal_email(email)
        of_account, of_address = f"reset:{email}"[:300], f"reset-address:{address}"
        counted = await self.accounts.failures([of_account, of_address])
        if counted.get(of_address, 0) >= REQUESTS_PER_ADDRESS:
            raise TooManyRequests("too many password resets, wait a while", retry_after=60)
        await self.accounts.count_failure([of_account, of_address], WINDOW_SECONDS)
        if counted.get(of_account, 0) >= MAILS_PER_ACCOUNT:
            metrics.PASSWORD_RESETS.labels("limited").inc()
            return
        known = await self.accounts.by_email(email)
        if known is None:
            metrics.PASSWORD_RESETS.labels("unknown").inc()
            return
        expires = datetime.now(UTC) + timedelta(seconds=RESET_SECONDS)
        message = PasswordResetRequested(known[0].id, expires.timestamp())
        await self.deliveries.take_in(new_id(), message)
        metrics.PASSWORD_RESETS.labels("requested").inc()

    async def new_secret(self, user_id: UserId, expires_at: datetime) -> str | None:
        """What a mailed link proves itself by; None when the link would have ended already."""
        if expires_at <= datetime.now(UTC):
            return None
        secret = secrets.token_urlsafe(32)
        await self.resets.add(secret_hash(secret), user_id, expires_at)
        return secret

    async def reset(self, secret: str, password: str) -> None:
        """Set the password and end all sessions and links of the account.

        Raises Invalid, and ResetExpired for a link that was used, has ended or never was.
        """
        if errors := password_errors(password):
            raise Invalid(errors=errors)
        with self.passwords.turn():
            # A guess costs no hash: the link is looked at first, and used up after.
            if await self.resets.owner(secret_hash(secret)) is None:
                raise ResetExpired("this link was used or has ended; ask for a new one")
            password_hash = await self.passwords.hash(password)
        used = await self.resets.use(secret_hash(secret), password_hash)
        if used is None:
            raise ResetExpired("this link was used or has ended; ask for a new one")
        await self.cache.drop(used.sessions)
        await self.accounts.forget_failures(f"account:{used.email}"[:300])
        metrics.PASSWORD_RESETS.labels("done").inc()
        log.info("password reset", user_id=used.user_id, sessions_ended=len(used.sessions))
