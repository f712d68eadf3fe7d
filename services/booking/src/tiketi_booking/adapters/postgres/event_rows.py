"""What the rows of `events` have in common wherever they are read.

A row may hold what nobody can use: a time before 1970 or after 9998, settings that do not decode.
It is read as far as that goes, and harms no other event.
"""

from typing import TypeVar

import asyncpg
import msgspec

from tiketi_shared.sale import QueueSettings

TIMES = ("starts_at", "sale_opens_at", "sale_closes_at")


def usable(column: str) -> str:
    """SQL: whether a time is one that `tiketi_shared.decoding` accepts."""
    return f"({column} >= '1970-01-01Z' AND {column} < '9999-01-01Z')"


READ_TIMES = ", ".join(
    f"CASE WHEN {usable(f'e.{name}')} THEN e.{name} END AS {name}" for name in TIMES
)
"""SQL: the times of an event `e`; null stands for one that cannot be used, which Python could not
even hold."""

ALL_USABLE = " AND ".join(usable(f"e.{name}") for name in TIMES)
"""SQL: whether all times of an event `e` can be used."""

T = TypeVar("T")

_QUEUE = msgspec.json.Decoder(QueueSettings)


def queue_of(row: asyncpg.Record) -> QueueSettings | None:
    """None where it cannot be read."""
    return decoded(_QUEUE, row["queue"])


def unreadable_times(row: asyncpg.Record) -> list[str]:
    return [name for name in TIMES if row[name] is None]


def decoded(decoder: msgspec.json.Decoder[T], text: str) -> T | None:
    """None for what does not decode."""
    try:
        return decoder.decode(text)
    except msgspec.MsgspecError:
        return None
