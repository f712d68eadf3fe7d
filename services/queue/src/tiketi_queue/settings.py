"""The queue's settings; see the table in the README."""

from dataclasses import dataclass

from tiketi_shared.env import setting
from tiketi_shared.settings import ServiceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ServiceSettings):
    port: int = setting(8081, "Port to listen on; 0 takes a free one.", low=0, high=65535)
    redis_url: str = setting(
        "redis://127.0.0.1:6379/0",
        "Redis: redis://, redis+sentinel://h1:26379,h2:26379/name or redis+cluster://h1,h2.",
    )
    redis_timeout: float = setting(1.0, "Timeout of one command.", unit="s", low=0.05, high=30)
    amqp_url: str = setting("amqp://guest:guest@127.0.0.1:5672/", "RabbitMQ.")
    booking_urls: tuple[str, ...] = setting(
        ("http://127.0.0.1:8082",), "Instances of booking, comma-separated."
    )
    admission_keys: str = setting(
        "dev:tiketi-development-admission-key",
        "Signs admissions, `id:secret,...`; booking verifies with the same.",
        secret=True,
    )
    place_keys: str = setting(
        "dev:tiketi-development-place-key-00", "Signs restore tickets.", secret=True
    )
    draw_key: str = setting(
        "tiketi-development-draw-key",
        "Derives the secret of every draw; a change breaks the commitments already published.",
        secret=True,
    )
    sales_seconds: float = setting(
        0.5,
        "How often the sales and their settings are read from booking.",
        unit="s",
        low=0.05,
        high=5,
    )
    round_seconds: float = setting(
        0.25, "Time between admission rounds of an event.", unit="s", low=0.05, high=5
    )
    batch_seconds: float = setting(
        0.002, "How long a single request may wait to be served in a batch.", unit="s",
        low=0, high=0.1,
    )  # fmt: skip
    presence_seconds: int = setting(
        45, "How long a poll or a join counts as presence.", unit="s", low=1, high=600
    )
    pickup_seconds: int = setting(
        45, "How long an admission waits until its person shows up.", unit="s", low=1, high=600
    )
    recovery_seconds: float = setting(
        10, "How long people may come back after a loss of the line before anybody is let in.",
        unit="s", low=0, high=300,
    )  # fmt: skip
    joins_per_minute: int = setting(
        60, "Joins of one account per minute and event; half of them at once.", low=2
    )
