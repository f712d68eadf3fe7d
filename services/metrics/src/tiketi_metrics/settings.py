"""Settings of the metrics service."""

from dataclasses import dataclass

from tiketi_shared.env import setting
from tiketi_shared.settings import ServiceSettings

URLS = "base URLs, comma-separated; a name stands for every address it resolves to"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ServiceSettings):
    port: int = setting(8084, "Port to listen on; 0 takes a free one.", low=0, high=65535)
    redis_url: str = setting(
        "redis://127.0.0.1:6379/0", "Keeps the scaling decision, and who decides."
    )
    gateway_urls: tuple[str, ...] = setting(
        ("http://127.0.0.1:8080",), f"The gateways' operations ports: {URLS}."
    )
    queue_urls: tuple[str, ...] = setting(("http://127.0.0.1:8081",), f"The queues: {URLS}.")
    booking_urls: tuple[str, ...] = setting(("http://127.0.0.1:8082",), f"The bookings: {URLS}.")
    notifier_urls: tuple[str, ...] = setting(("http://127.0.0.1:8083",), f"The notifiers: {URLS}.")
    poll_seconds: float = setting(
        3.0, "How often the others are asked.", unit="s", low=0.1, high=60
    )
    scaling_policy: str = setting("", "A policy file in TOML; empty: the shipped one.")
