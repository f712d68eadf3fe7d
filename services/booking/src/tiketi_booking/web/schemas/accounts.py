"""Accounts, sessions and roles."""

from tiketi_booking.domain.accounts import Role
from tiketi_booking.web.schemas.base import Body, View


class SignUp(Body, frozen=True, kw_only=True):
    email: str
    password: str
    name: str


class LogIn(Body, frozen=True, kw_only=True):
    email: str
    password: str


class PasswordResetRequest(Body, frozen=True, kw_only=True):
    email: str


class PasswordReset(Body, frozen=True, kw_only=True):
    """`token` is the part of the mailed link after `#`."""

    token: str
    password: str


class ProfileChange(Body, frozen=True, kw_only=True):
    """What is absent stays. A new address or password needs `current_password`."""

    name: str | None = None
    email: str | None = None
    password: str | None = None
    current_password: str | None = None


class UserView(View, frozen=True, kw_only=True):
    id: str
    email: str
    name: str
    role: Role


class SignedIn(View, frozen=True, kw_only=True):
    user: UserView
    token: str


class StaffChange(Body, frozen=True, kw_only=True):
    email: str
    role: Role


class StaffList(View, frozen=True, kw_only=True):
    staff: list[UserView]
