"""The notifier's settings."""

from dataclasses import dataclass

from tiketi_shared.env import setting
from tiketi_shared.settings import ServiceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ServiceSettings):
    port: int = setting(8083, "Port to listen on; 0 takes a free one.", low=0, high=65535)
    drain_seconds: float = setting(
        300, "Over this long after SIGTERM the clients are asked to go elsewhere.",
        unit="s", low=0, high=3600,
    )  # fmt: skip
    redis_url: str = setting("redis://127.0.0.1:6379/0", "Redis: one, Sentinel or a cluster.")
    amqp_url: str = setting("amqp://guest:guest@127.0.0.1:5672/", "RabbitMQ.")
    queue_urls: tuple[str, ...] = setting(
        ("http://127.0.0.1:8081",), "The queue service's instances."
    )
    booking_urls: tuple[str, ...] = setting(
        ("http://127.0.0.1:8082",), "The booking service's instances."
    )
    tick_ms: int = setting(
        260,
        "Changes of an event within this time share a message: 4 a second at the most.",
        unit="ms",
        low=20,
        high=1000,
    )
    progress_seconds: float = setting(
        1, "The line's progress is told at most this often.", unit="s", low=0.1, high=60
    )
    history_entries: int = setting(
        1000, "Messages of an event kept for clients that resume.", low=1, high=10_000
    )
    history_seconds: int = setting(
        300, "How long they are kept after the last one.", unit="s", low=1, high=86_400
    )
    presence_seconds: float = setting(
        5, "How often the line is told who is connected.", unit="s", low=0.5, high=60
    )
    ping_seconds: float = setting(
        25, "A client that is silent this long is asked; twice this long, it is gone.",
        unit="s", low=1, high=300,
    )  # fmt: skip
    head_seconds: float = setting(
        10, "A request's head must be complete within this time.", unit="s", low=0.1, high=120
    )
    close_seconds: float = setting(
        5, "How long a client may take to answer a close before its connection is cut.",
        unit="s", low=0.1, high=60,
    )  # fmt: skip
    max_connections: int = setting(
        15_000,
        "Live connections of one process; more are told to try later.",
        low=1,
        high=1_000_000,
    )
    max_connections_per_person: int = setting(
        10, "Live connections of one person to one process.", low=1, high=100_000
    )
    max_connections_per_address: int = setting(
        2_000,
        "Live connections from one address to one process; not counted with LIMITS=off.",
        low=1,
        high=1_000_000,
    )
    limits: str = setting(
        "on", "Limits per address; off for rehearsals and load tests, never in production.",
        choices=("on", "off"), unsafe="off",
    )  # fmt: skip
    max_subscriptions: int = setting(16, "Events one connection may follow.", low=1, high=1000)
    max_message_bytes: int = setting(
        4096, "Longest message a client may send.", unit="bytes", low=128, high=1_048_576
    )
    messages_per_second: float = setting(
        10, "Messages a connection may send on average.", unit="1/s", low=0.1, high=10_000
    )
    message_burst: int = setting(30, "Messages it may send at once.", low=1, high=10_000)
    max_queued_bytes: int = setting(
        262_144, "A client that leaves more than this unread is cut.",
        unit="bytes", low=1024, high=67_108_864,
    )  # fmt: skip
