"""What a sale of a given size needs, computed from the measured cost of each operation. Pure.

Each of our processes uses one core, so the cores of a service are counted in instances. A store's
are cores of its machine. Everything is sized for the busiest second of the sale.

An operation that arrives alone costs many times what one of many costs: processes wake up for it,
and it has a script, a commit and a message of its own. So the model adds two costs: what each
operation adds under load, and what it costs to keep a part awake. The second grows with the rate
until the rate at which operations were measured alone. A part is kept awake once, whatever kinds of
operations do it.
"""

from collections.abc import Mapping
from math import ceil
from typing import Literal

import msgspec

Part = Literal["gateway", "queue", "booking", "notifier", "redis", "postgres", "rabbitmq"]
SERVICES: tuple[Part, ...] = ("gateway", "queue", "booking", "notifier")
STORES: tuple[Part, ...] = ("redis", "postgres", "rabbitmq")
PARTS: tuple[Part, ...] = SERVICES + STORES


class Costs(msgspec.Struct, frozen=True):
    """The measured costs: see `measure`. `us` is CPU microseconds by operation and part."""

    date: str
    machine: str
    us: dict[str, dict[Part, float]]
    """Under load: 64 connections, so requests that arrive together share a batch."""
    alone_us: dict[str, dict[Part, float]]
    """The same operations, sign-up and availability at the rate `alone_a_second`."""
    alone_a_second: float
    idle: dict[Part, float]
    """Cores that a part uses without requests."""
    redis_bytes: float
    """For one waiting person."""
    connection_bytes: dict[Part, float]
    """For one live connection."""
    wire_bytes: dict[str, float]
    """The size of an answer or a message on the wire, with headers."""
    order_bytes: float
    """What an order with its tickets and messages adds to the database."""


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """A sale. The defaults are the product's own where it has any."""

    people: int
    seats: int
    arrive_seconds: float = 600.0
    """How long people keep arriving, at an even rate."""
    pace: float = 50.0
    """People let in a second."""
    live: float = 0.8
    """The share of waiting people who have a live connection. The others poll."""
    poll_seconds: float = 10.0
    """Between two polls of the shared document."""
    place_seconds: float = 60.0
    """Between two polls of a person's own place, without a live connection."""
    progress_seconds: float = 1.0
    """Between two messages about the line on a live connection."""
    holds: float = 1.3
    """Holds for each person let in. Some people choose again, or lose seats to others."""
    buys: float = 0.7
    """The share of people let in who buy."""
    seats_an_order: float = 2.0
    inside: float = 1000.0
    """Buyers who see the seat map at the same time: each gets up to 4 messages a second."""

    @property
    def let_in(self) -> float:
        """How many people are let in until the seats are sold or everyone was let in."""
        return min(self.people, self.seats / (self.buys * self.seats_an_order))

    @property
    def seconds(self) -> float:
        """How long that takes from the opening."""
        return self.let_in / self.pace


class Prices(msgspec.Struct, frozen=True):
    """US dollars for an hour, and for a gigabyte of outgoing traffic."""

    instance: float
    """Two cores."""
    redis: float
    database: float
    """Two cores."""
    broker: float
    fixed: float
    """NAT gateways and load balancer."""
    gigabyte: float


class Needs(msgspec.Struct, frozen=True):
    """What the busiest second needs, except where a field says otherwise."""

    joins: float
    waiting: int
    connections: int
    requests: float
    messages: float
    cores: dict[Part, float]
    """Busy cores, without headroom."""
    instances: dict[Part, int]
    redis_mib: float
    redis_shards: int
    one_line: float
    """How full the shard with the event's line is. At 1 the headroom ends."""
    database_cores: int
    database_mib: float
    """Added by the whole sale."""
    megabits: float
    dollars_an_hour: float
    dollars_of_sale: float
    """From the first arrival until the seats are gone, traffic included."""


BUSY = 0.6
"""The share of a core that may be busy in the busiest second."""

CONNECTIONS_OF_A_PROCESS = 9_000
SHARD_BYTES = 10 * 2**30
"""How much of a cache.r7g.large's 13 GiB may be filled."""

TWO_CORES = 2
REPLICAS = 2
"""Each store has a primary and one replica."""

SEAT_MESSAGES = 4.0
"""Messages a second to each buyer who sees the map while seats keep changing."""


def rates(sale: Sale) -> dict[str, float]:
    """Operations a second in the busiest second: the last of the arrivals, with the sale open."""
    waiting = max(0.0, sale.people - sale.pace * sale.arrive_seconds)
    polling = waiting * (1 - sale.live)
    inside = min(sale.inside, sale.people)
    return {
        "join": sale.people / sale.arrive_seconds,
        "poll": polling / sale.poll_seconds,
        "place": polling / sale.place_seconds,
        "hold": sale.pace * sale.holds,
        "checkout": sale.pace * sale.buys,
        "message": waiting * sale.live / sale.progress_seconds + inside * SEAT_MESSAGES,
    }


def cores_of(part: Part, a_second: Mapping[str, float], costs: Costs) -> float:
    """How many cores of a part are busy at these rates."""
    busy, awake = costs.idle[part], 0.0
    for operation, rate in a_second.items():
        alone = costs.alone_us.get(operation, {}).get(part, 0.0)
        each = costs.us[operation].get(part, 0.0) if operation in costs.us else alone
        busy += rate * each / 1e6
        awake = max(awake, min(rate, costs.alone_a_second) * (alone - each) / 1e6)
    return busy + awake


def needs(sale: Sale, costs: Costs, prices: Prices) -> Needs:
    a_second = rates(sale)
    cores = {part: cores_of(part, a_second, costs) for part in PARTS}
    waiting = round(max(0.0, sale.people - sale.pace * sale.arrive_seconds))
    connections = round(waiting * sale.live + min(sale.inside, sale.people))
    by_connections = ceil(connections / CONNECTIONS_OF_A_PROCESS)
    instances = {part: max(2, ceil(cores[part] / BUSY)) for part in SERVICES}
    for part in ("gateway", "notifier"):
        instances[part] = max(instances[part], by_connections)
    redis_bytes = sale.people * costs.redis_bytes
    shards = max(1, ceil(redis_bytes / SHARD_BYTES))
    database_cores = max(TWO_CORES, ceil(cores["postgres"] / BUSY))
    sent = sum(rate * costs.wire_bytes[operation] for operation, rate in a_second.items())
    machines = ceil(sum(instances.values()) / TWO_CORES)
    an_hour = (
        machines * prices.instance
        + shards * REPLICAS * prices.redis
        + ceil(database_cores / TWO_CORES) * REPLICAS * prices.database
        + prices.broker
        + prices.fixed
    )
    lasting = sale.arrive_seconds + sale.seconds
    return Needs(
        joins=a_second["join"],
        waiting=waiting,
        connections=connections,
        requests=sum(rate for operation, rate in a_second.items() if operation != "message"),
        messages=a_second["message"],
        cores=cores,
        instances=instances,
        redis_mib=redis_bytes / 2**20,
        redis_shards=shards,
        one_line=cores["redis"] / BUSY,
        database_cores=database_cores,
        database_mib=sale.let_in * sale.buys * costs.order_bytes / 2**20,
        megabits=sent * 8 / 1e6,
        dollars_an_hour=an_hour,
        dollars_of_sale=an_hour * lasting / 3600 + sent * lasting / 1e9 * prices.gigabyte,
    )
