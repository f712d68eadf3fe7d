"""The gateway's settings."""

from dataclasses import dataclass

from tiketi_shared.env import setting
from tiketi_shared.settings import ServiceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ServiceSettings):
    port: int = setting(8080, "Port to listen on; 0 takes a free one.", low=0, high=65535)
    metrics_port: int = setting(
        9080,
        "Serves /metrics, /healthz and /readyz apart, worker n on this port + n; 0: not at all.",
        low=0, high=65535,
    )  # fmt: skip
    redis_url: str = setting(
        "redis://127.0.0.1:6379/0", "Sessions, limits, WebSocket tickets, ticks."
    )
    queue_urls: tuple[str, ...] = setting(
        ("http://127.0.0.1:8081",), "Instances of the queue; a name may resolve to several."
    )
    booking_urls: tuple[str, ...] = setting(
        ("http://127.0.0.1:8082",), "Instances of booking; a name may resolve to several."
    )
    notifier_urls: tuple[str, ...] = setting(
        ("http://127.0.0.1:8083",), "Instances of the notifier; a name may resolve to several."
    )
    metrics_urls: tuple[str, ...] = setting(
        ("http://127.0.0.1:8084",), "Instances of metrics; a name may resolve to several."
    )
    public_url: str = setting(
        "http://127.0.0.1:8080",
        "Address of the site for browsers; its scheme decides on cookies and HSTS.",
    )
    allowed_origins: tuple[str, ...] = setting(
        (), "Other origins whose pages may call the API with the session (CORS)."
    )
    allowed_hosts: tuple[str, ...] = setting(
        (), "Hosts accepted besides the public one; loopback, too, except in production."
    )
    trusted_proxies: tuple[str, ...] = setting(
        (), "Addresses or CIDR ranges whose X-Forwarded-For is trusted."
    )
    web_root: str = setting("", "Folder of the built web app; empty: no web app.")
    limits: str = setting(
        "on", "Limits per address; off for rehearsals and load tests, never in production.",
        choices=("on", "off"), unsafe="off",
    )  # fmt: skip
    max_connections: int = setting(
        9000,
        "Open connections, tunnels included (a tunnel takes two files).",
        low=16,
        high=1_000_000,
    )
    max_connections_per_address: int = setting(
        512,
        "Of these, from one address (IPv6: one /64), except trusted proxies; not with LIMITS=off.",
        low=1,
        high=1_000_000,
    )
    max_header_bytes: int = setting(
        16384, "Request line and headers together.", low=1024, high=1_048_576
    )
    max_body_bytes: int = setting(
        65536, "A request's body, except under /api/admin.", low=1024, high=104_857_600
    )
    max_admin_body_bytes: int = setting(
        8_388_608, "A body under /api/admin, such as a seat layout.", low=1024, high=1_073_741_824
    )
    header_seconds: float = setting(
        10, "For a client to send the head of a request.", unit="s", low=0.1, high=600
    )
    body_seconds: float = setting(
        30, "For a client to send the body of a request.", unit="s", low=0.1, high=3600
    )
    idle_seconds: float = setting(
        75, "A connection may stay open without a request.", unit="s", low=1, high=3600
    )
    upstream_seconds: float = setting(10, "For a service to respond.", unit="s", low=0.1, high=600)
    checkout_seconds: float = setting(
        40, "For checkout and printing to respond.", unit="s", low=1, high=600
    )
    session_cache_seconds: float = setting(
        5, "A session is accepted without another lookup.", unit="s", low=0, high=60
    )
