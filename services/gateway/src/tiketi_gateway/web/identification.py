"""Whose request it is: the session presented, by cookie or Bearer token."""

from collections.abc import Callable

from tiketi_gateway.domain.headers import cookie_of
from tiketi_gateway.domain.sessions import Session, session_hash
from tiketi_gateway.http1.exchange import Work
from tiketi_gateway.http1.requests import Request
from tiketi_gateway.ports import SessionStore
from tiketi_gateway.web.checks import OriginCheck, RateLimits
from tiketi_gateway.web.routes import Routed
from tiketi_shared.errors import TiketiError


class Identification:
    def __init__(
        self, sessions: SessionStore, origins: OriginCheck, limits: RateLimits, *, https: bool
    ) -> None:
        self._sessions, self._origins, self._limits = sessions, origins, limits
        self._cookie = b"__Host-tiketi_session" if https else b"tiketi_session"

    def credentials(self, request: Request) -> tuple[str | None, bool]:
        """The hash of the session presented, if any, and whether it came as a Bearer token."""
        authorization = request.fields.get(b"authorization")
        if authorization is not None and authorization[:7].lower() == b"bearer ":
            return session_hash(authorization[7:].strip()), True
        cookie = cookie_of(request.headers, self._cookie)
        return (session_hash(cookie) if cookie is not None else None), False

    def identified(self, handle: Callable[[Routed], Work]) -> Callable[[Routed], Work]:
        """A handler that finds the session first, without a task where it is known, and then calls
        `handle`."""

        def identify(routed: Routed) -> Work:
            request = routed.exchange.request
            fields = request.fields
            if b"cookie" not in fields and b"authorization" not in fields:
                self._origins.check_change(request, by_cookie=False)
                return handle(routed)
            hash_, by_bearer = self.credentials(request)
            if not by_bearer:
                self._origins.check_change(request, by_cookie=hash_ is not None)
            if hash_ is None:
                return handle(routed)
            session = self._sessions.known(hash_)
            if session is not None:
                return resume(routed, session)
            self._sessions.look_up(
                hash_, lambda found: routed.exchange.resume(lambda _: resume(routed, found))
            )
            return None

        def resume(routed: Routed, session: Session | TiketiError | None) -> Work:
            if isinstance(session, TiketiError):
                raise session
            if session is not None:
                self._limits.check_account(routed.rule.rate, session.user_id)
                routed.session = session
            return handle(routed)

        return identify
