"""What a sale of a given size needs, from what each operation was measured to cost. Pure.

Every process of ours works on one core, so its cores are counted in instances; a store's are cores
of its machine. Everything is sized for the worst second of the sale.

An operation that comes alone costs many times what one of many costs: processes wake for it, and a
script, a commit and a message are for it alone. So operations cost what they add under load, and a
part that is kept awake by them costs something besides, which grows until as many come a second as
were measured alone. What keeps a part awake for one kind does for the others too.
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
    """What was measured: see `measure`. `us` is microseconds of CPU by operation and part."""

    date: str
    machine: str
    us: dict[str, dict[Part, float]]
    """Under load: 64 connections, requests that come together travel together."""
    alone_us: dict[str, dict[Part, float]]
    """The same, and signing up and availability, each on its own, `alone_a_second`."""
    alone_a_second: float
    idle: dict[Part, float]
    """Cores that a part takes while nobody asks for anything."""
    redis_bytes: float
    """Of one person who waits."""
    connection_bytes: dict[Part, float]
    """Of one live connection."""
    wire_bytes: dict[str, float]
    """Of an answer or a message on the wire, headers included."""
    order_bytes: float
    """What an order, with all that belongs to it, adds to the database."""


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """What is sold to whom. The defaults are those of the product where it has any."""

    people: int
    seats: int
    arrive_seconds: float = 600.0
    """Over this long they come, evenly."""
    pace: float = 50.0
    """Let in a second."""
    live: float = 0.8
    """Share of those who wait that have a live connection; the others poll."""
    poll_seconds: float = 10.0
    """Between two looks at the shared document."""
    place_seconds: float = 60.0
    """Between two questions for one's own exact place, by those who poll."""
    progress_seconds: float = 1.0
    """Between two messages about the line, to those who are live."""
    holds: float = 1.3
    """Holds for each person let in: some are lost to others, or let go and chosen again."""
    buys: float = 0.7
    """Share of those let in that buy."""
    seats_an_order: float = 2.0
    inside: float = 1000.0
    """Active buyers at once, each with the map before them: up to 4 messages a second."""

    @property
    def let_in(self) -> float:
        """People, until the seats are gone or everyone was inside."""
        return min(self.people, self.seats / (self.buys * self.seats_an_order))

    @property
    def seconds(self) -> float:
        """From the opening until then."""
        return self.let_in / self.pace


class Prices(msgspec.Struct, frozen=True):
    """US dollars an hour, and a gigabyte sent out."""

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
    """Of the worst second, but for what says otherwise."""

    joins: float
    waiting: int
    connections: int
    requests: float
    messages: float
    cores: dict[Part, float]
    """Busy, without headroom."""
    instances: dict[Part, int]
    redis_mib: float
    redis_shards: int
    one_line: float
    """How full the one shard is that has the event's line, 1 being the headroom's bound."""
    database_cores: int
    database_mib: float
    """Added by the whole sale."""
    megabits: float
    dollars_an_hour: float
    dollars_of_sale: float
    """From the first arrival until the seats are gone, traffic included."""


BUSY = 0.6
"""Share of a core that may be busy in the worst second."""

CONNECTIONS_OF_A_PROCESS = 9_000
SHARD_BYTES = 10 * 2**30
"""Of the 13 GiB of a cache.r7g.large, what may be filled."""

TWO_CORES = 2
REPLICAS = 2
"""Of each store: a primary and one that follows."""

SEAT_MESSAGES = 4.0
"""A second, to each who has the map before them, while seats change all the time."""


def rates(sale: Sale) -> dict[str, float]:
    """Operations a second in the worst second: the last of the arrivals, the sale being open."""
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
    """Busy, while operations come at these rates."""
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
