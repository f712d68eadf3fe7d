"""The settings that every service has."""

from dataclasses import dataclass

from tiketi_shared.env import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """Extended by each service's own `Settings`."""

    environment: str = setting(
        "development", "Production refuses default secrets.",
        choices=("development", "test", "production"),
    )  # fmt: skip
    host: str = setting("127.0.0.1", "Address to listen on.")
    port: int = setting(0, "Port to listen on; 0 takes a free one.", low=0, high=65535)
    workers: int = setting(1, "Processes that share the port.", low=1, high=64)
    metrics_port: int = setting(
        0, "Serves /metrics, /healthz and /readyz apart, worker n on this port + n; 0: not apart.",
        low=0, high=65535,
    )  # fmt: skip
    log_level: str = setting(
        "info", "Least severe level that is logged.",
        choices=("debug", "info", "warning", "error"),
    )  # fmt: skip
    log_format: str = setting("json", "Shape of a log line.", choices=("json", "console"))
    drain_seconds: float = setting(
        30, "How long work in hand may take after SIGTERM.", unit="s", low=0, high=3600
    )
    leave_seconds: float = setting(
        0, "Not ready but still serving this long after SIGTERM, so that balancers look away.",
        unit="s", low=0, high=600,
    )  # fmt: skip
    identity_keys: str = setting(
        "dev:tiketi-development-identity-key-0",
        "Signs who is asking, `id:secret,...`; the first signs, all verify.",
        secret=True,
    )
