"""Sign-up, login, logout, profile, erasure, sessions and roles."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from tiketi_booking import metrics
from tiketi_booking.domain.accounts import (
    Account,
    Role,
    email_errors,
    name_errors,
    normal_email,
    password_errors,
    session_hash,
)
from tiketi_booking.errors import EmailTaken, InvalidCredentials
from tiketi_booking.ports import AccountStore, Passwords, SessionCache
from tiketi_shared.errors import Invalid, NotFound, TooManyRequests, Unauthenticated
from tiketi_shared.ids import UserId, new_id
from tiketi_shared.logs import get_logger

FAILURE_WINDOW_SECONDS = 900
MAX_STAFF = 1000

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LoginLimits:
    """Failures within 15 minutes before no more are tried."""

    per_account: int
    per_address: int


@dataclass(frozen=True, slots=True)
class SignedIn:
    account: Account
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    store: AccountStore
    cache: SessionCache
    passwords: Passwords
    session_seconds: int
    limits: LoginLimits

    async def sign_up(
        self, email: str, password: str, name: str, *, replaces: str | None
    ) -> SignedIn:
        """`replaces` is the hash of the session presented; it ends. Raises Invalid, EmailTaken."""
        errors = email_errors(email) | password_errors(password) | name_errors(name)
        if errors:
            raise Invalid(errors=errors)
        account = Account(UserId(new_id()), normal_email(email), name.strip(), "customer")
        with self.passwords.turn():
            await self.store.create(account, await self.passwords.hash(password))
        return await self._open_session(account, replaces)

    async def log_in(
        self, email: str, password: str, address: str, *, replaces: str | None
    ) -> SignedIn:
        """Raises InvalidCredentials, TooManyRequests."""
        with self.passwords.turn():
            account = await self._proven(normal_email(email), password, address)
        return await self._open_session(account, replaces)

    async def log_out(self, hash_: str) -> None:
        await self._end([hash_])

    async def account(self, user_id: UserId) -> Account:
        """Raises Unauthenticated for an account that is erased."""
        account = await self.store.by_id(user_id)
        if account is None:
            raise Unauthenticated("this account has been deleted")
        return account

    async def change(  # noqa: PLR0913  each part of a profile may change
        self, user_id: UserId, *, name: str | None, email: str | None, password: str | None,
        current_password: str | None, session: str | None,
    ) -> Account:  # fmt: skip
        """A new password ends all other sessions.

        Raises Invalid, EmailTaken, InvalidCredentials.
        """
        account = await self.account(user_id)
        errors = name_errors(name) if name is not None else {}
        errors |= email_errors(email) if email is not None else {}
        errors |= password_errors(password) if password is not None else {}
        if errors:
            raise Invalid(errors=errors)
        if email is not None or password is not None:
            with self.passwords.turn():
                await self._check_password(account, current_password)
        after = replace(
            account,
            name=account.name if name is None else name.strip(),
            email=account.email if email is None else normal_email(email),
        )
        await self.store.change(after)
        if password is not None:
            await self.store.rehash(user_id, await self.passwords.hash(password))
        sessions = await self.store.sessions_of(user_id)
        if password is not None:
            await self._end([hash_ for hash_ in sessions if hash_ != session])
        if session in sessions:
            assert session is not None  # noqa: S101  narrows: it is among their sessions
            await self.cache.keep(session, after, self.session_seconds)
        return after

    async def erase(self, user_id: UserId) -> None:
        """Deletes personal data. Orders stay for accounting, without a name. Raises LastAdmin."""
        await self.cache.drop(await self.store.erase(user_id))

    async def resolve(self, hash_: str) -> tuple[Account, datetime]:
        """Returns the session's account and its end, and caches both again. Raises NotFound."""
        found = await self.store.session(hash_)
        if found is None:
            raise NotFound("no such session")
        await self.cache.keep(hash_, found[0], self.session_seconds)
        return found

    async def touch(self, hashes: list[str]) -> None:
        """These sessions are in use: their ends move."""
        extended = await self.store.touch(hashes, self.session_seconds)
        await self.cache.extend(extended, self.session_seconds)

    async def staff(self) -> list[Account]:
        return await self.store.staff(MAX_STAFF)

    async def set_role(self, email: str, role: Role) -> Account:
        """Sets the role and ends the sessions, each of which carries a role.

        Raises NotFound, LastAdmin.
        """
        known = await self.store.by_email(normal_email(email))
        if known is None or not await self.store.change_role(known[0].id, role):
            raise NotFound("no account has this address")
        await self._end(await self.store.sessions_of(known[0].id))
        return replace(known[0], role=role)

    async def ensure_admin(self, email: str, password: str) -> str | None:
        """Creates the first admin if there is none. Returns the password if it was generated."""
        if await self.store.has_admin():
            return None
        made_up = not password
        password = password or secrets.token_urlsafe(12)
        account = Account(UserId(new_id()), normal_email(email), "Admin", "admin")
        try:
            await self.store.create(account, await self.passwords.hash(password))
        except EmailTaken:  # another instance was first
            return None
        return password if made_up else None

    async def _open_session(self, account: Account, replaces: str | None) -> SignedIn:
        token = secrets.token_urlsafe(32)
        hash_ = session_hash(token)
        await self.store.open_session(hash_, account.id, self.session_seconds)
        await self.cache.keep(hash_, account, self.session_seconds)
        if replaces is not None:
            await self._end([replaces])
        return SignedIn(account, token)

    async def _end(self, hashes: list[str]) -> None:
        if hashes:
            await self.store.close_sessions(hashes)
            await self.cache.drop(hashes)

    async def _proven(self, email: str, password: str, address: str) -> Account:
        account_key, address_key = f"account:{email}"[:300], f"address:{address}"
        await self._check_failures(account_key, address_key)
        known = await self.store.by_email(email)
        if not await self._is_right(password, known):
            await self.store.count_failure([account_key, address_key], FAILURE_WINDOW_SECONDS)
            metrics.LOGINS.labels("failed").inc()
            raise InvalidCredentials("the address or the password is wrong")
        assert known is not None  # noqa: S101  narrows: nobody's password is never right
        account, hash_ = known
        await self.store.forget_failures(account_key)
        if self.passwords.outdated(hash_):
            await self.store.rehash(account.id, await self.passwords.hash(password))
        metrics.LOGINS.labels("ok").inc()
        return account

    async def _check_failures(self, account_key: str, address_key: str) -> None:
        failures = await self.store.failures([account_key, address_key])
        if (
            failures.get(account_key, 0) >= self.limits.per_account
            or failures.get(address_key, 0) >= self.limits.per_address
        ):
            metrics.LOGINS.labels("refused").inc()
            raise TooManyRequests("too many failed logins; try again later", retry_after=60)

    async def _is_right(self, password: str, known: tuple[Account, str] | None) -> bool:
        """Takes as long for an unknown address as for a known one, so time reveals nothing."""
        if len(password) > 128:
            return False
        if known is None:
            await self.passwords.hash(password)
            return False
        return await self.passwords.verify(known[1], password)

    async def _check_password(self, account: Account, password: str | None) -> None:
        known = await self.store.by_email(account.email)
        if password is None or not await self._is_right(password, known):
            raise InvalidCredentials("`current_password` is wrong")
