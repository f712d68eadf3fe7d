"""Accounts and sessions: what is acceptable, and what stands for an id in the stores."""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from tiketi_shared.ids import UserId

Role = Literal["customer", "staff", "admin"]

_EMAIL = re.compile(r"[^@\s]{1,64}@(?=.{4,190}$)[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class Account:
    id: UserId
    email: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class UsedReset:
    """Whose password was set; `sessions` are the hashes of those that ended."""

    user_id: UserId
    email: str
    sessions: list[str]


def normal_email(email: str) -> str:
    return email.strip().lower()


def email_errors(email: str) -> dict[str, str]:
    if _EMAIL.fullmatch(normal_email(email)):
        return {}
    return {"email": "is an address such as name@example.org"}


def password_errors(password: str) -> dict[str, str]:
    if 8 <= len(password) <= 128:
        return {}
    return {"password": "has 8 to 128 characters"}  # told to people  # nosec B105


def name_errors(name: str) -> dict[str, str]:
    visible = any(c.isprintable() and not c.isspace() for c in name)
    return {} if visible and len(name.strip()) <= 100 else {"name": "has 1 to 100 characters"}


def secret_hash(secret: str) -> str:
    """What the stores know of a secret that was mailed: they could not present it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def session_hash(token: str) -> str:
    """The form in which stores keep a session. Nobody can sign in with it."""
    return hashlib.sha256(token.encode()).hexdigest()
