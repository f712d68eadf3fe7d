"""What is noted down while a rehearsal runs: one record for each thing that happened."""

from typing import Literal

import msgspec

Step = Literal[
    "signup", "join", "place", "enter", "leave", "seatmap", "availability", "hold", "checkout",
    "order", "connect",
]  # fmt: skip
"""A call to the API, named for what the person does; `connect` is the live connection."""


Told = Literal["join", "poll", "return", "second_device"]
"""On which occasion somebody was told their place."""

Reason = Literal[
    "bought", "sold_out", "too_late", "left", "abandoned", "gave_up", "sale_ended",
    "out_of_patience",
]  # fmt: skip
"""Why somebody stopped; `too_late`: inside, they found no seat that others did not take first."""


class Call(msgspec.Struct, frozen=True, tag="call", array_like=True):
    """One request: `status` is 0 where none came back; `code` is the problem's."""

    at: float
    person: int
    step: Step
    status: int
    seconds: float
    code: str = ""


class Stood(msgspec.Struct, frozen=True, tag="stood", array_like=True):
    """A place as it was told: `eta` is (low, high) in seconds, where one was given, and `chance` is
    that of seats."""

    at: float
    person: int
    number: int
    position: int | None
    eta: tuple[float, float] | None
    after: Told
    chance: float | None = None


class Entered(msgspec.Struct, frozen=True, tag="entered", array_like=True):
    """`until` is the admission's expiry, which tells the order of entry better than when each heard
    of it; `away`: they were cut off when their turn came, so being passed over was right;
    `passed_over`: they were told so."""

    at: float
    person: int
    number: int
    until: float
    away: bool
    passed_over: bool = False


class Held(msgspec.Struct, frozen=True, tag="held", array_like=True):
    """Seats were held until `until`."""

    at: float
    person: int
    until: float


class Seen(msgspec.Struct, frozen=True, tag="seen", array_like=True):
    """The seats as an onlooker saw them: one state a seat, as in the public contract."""

    at: float
    states: str


class Load(msgspec.Struct, frozen=True, tag="load", array_like=True):
    """What one process of the crowd cost: `waits` are the seconds that requests waited in it for a
    free connection, `cpu_seconds` of `seconds` its processor was busy."""

    at: float
    waits: list[float]
    cpu_seconds: float
    seconds: float


class Bought(msgspec.Struct, frozen=True, tag="bought", array_like=True):
    at: float
    person: int
    order_id: str
    total: int
    currency: str
    seats: list[str]


class Ended(msgspec.Struct, frozen=True, tag="ended", array_like=True):
    at: float
    person: int
    reason: Reason


Record = Call | Stood | Entered | Held | Seen | Load | Bought | Ended
"""Times are Unix seconds."""
