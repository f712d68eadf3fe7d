"""What leaves the house after a sale (mails, webhooks): when it is tried again, and when given up.

A delivery is `pending` until it is `delivered`; after the last try it is `parked` until someone
retries it by hand. `unsent` is a mail made while no mail server is set.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Status = Literal["pending", "delivered", "parked", "unsent"]

PAUSES = (5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200)
"""Seconds after each failed try; a day and half an hour in all, and nine tries."""

_SPREAD = 0.2


class NotDelivered(Exception):
    """A try failed; the text says why. `final`: trying again cannot help."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


@dataclass(frozen=True, slots=True)
class Failed:
    """The outcome of a failed try: when the next one is due, None when there is none."""

    next_attempt_at: datetime | None

    @property
    def status(self) -> Status:
        return "parked" if self.next_attempt_at is None else "pending"


def after_failure(attempts: int, now: datetime, chance: float, *, final: bool = False) -> Failed:
    """What follows when try number `attempts` (from 1) has failed.

    `chance` (0 to 1) spreads the pause by a fifth either way, so that what failed together is not
    tried together. `final` says that trying again cannot help.
    """
    if final or attempts > len(PAUSES):
        return Failed(None)
    pause = PAUSES[attempts - 1] * (1 + _SPREAD * (2 * chance - 1))
    return Failed(now + timedelta(seconds=pause))
