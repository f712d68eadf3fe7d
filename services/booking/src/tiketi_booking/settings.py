"""Booking's settings, from the environment."""

from dataclasses import dataclass

from tiketi_shared.env import setting
from tiketi_shared.settings import ServiceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ServiceSettings):
    port: int = setting(8082, "Port to listen on; 0 takes a free one.", low=0, high=65535)
    postgres_dsn: str = setting(
        "postgresql://tiketi@127.0.0.1:5432/tiketi",
        "The truth; several hosts and `target_session_attrs=read-write` follow a fail-over.",
    )
    postgres_connections: int = setting(
        16, "Connections to Postgres at the most.", low=4, high=1000
    )
    redis_url: str = setting("redis://127.0.0.1:6379/0", "Caches sessions; may be gone.")
    amqp_url: str = setting(
        "amqp://guest:guest@127.0.0.1:5672/", "Where the outbox is relayed to; may be gone."
    )
    admission_keys: str = setting(
        "dev:tiketi-development-admission-key",
        "Verifies admissions, `id:secret,...`, as the queue signs them.", secret=True,
    )  # fmt: skip
    ticket_key: str = setting(
        "tiketi-development-ticket-key-0000",
        "Secrets of ticket codes, separated by commas; the first signs, all verify.", secret=True,
    )  # fmt: skip
    public_url: str = setting(
        "http://127.0.0.1:8080", "Where people reach Tiketi; https makes cookies `__Host-`."
    )
    admin_email: str = setting("", "The admin made at the first start; empty: admin@tiketi.local.")
    admin_password: str = setting("", "Their password; empty: one is made and printed once.")
    hold_seconds: float = setting(300, "How long seats are held.", unit="s", low=1, high=3600)
    payment_seconds: float = setting(
        600, "How long a payment under way keeps its hold, from the hold's beginning.",
        unit="s", low=1, high=7200,
    )  # fmt: skip
    session_seconds: int = setting(
        1800, "A session ends this long after it was last used.", unit="s", low=60, high=2_592_000
    )
    catalogue_seconds: float = setting(
        60, "How long the catalogue is served from memory.", unit="s", low=0, high=3600
    )
    password_memory_mib: int = setting(
        19, "Memory of one argon2id computation.", unit="MiB", low=8, high=1024
    )
    password_threads: int = setting(
        1, "Passwords that are checked at once; more wait, and too many are refused.",
        low=1, high=16,
    )  # fmt: skip
    failed_logins_per_account: int = setting(
        10, "Failed logins of an account in 15 minutes before it answers 429.", low=1, high=1000
    )
    failed_logins_per_address: int = setting(100, "The same of an address.", low=1, high=100_000)
    sandbox_payments: str = setting(
        "auto", "The provider that moves no money; `auto`: not in production.",
        choices=("auto", "on", "off"),
    )  # fmt: skip
    sandbox_seconds: float = setting(
        3, "How late the sandbox answers to `tok_timeout`.", unit="s", low=0, high=3600
    )
    stripe_secret_key: str = setting("", "Takes payments through Stripe; empty: it does not.")
    stripe_webhook_secret: str = setting("", "Verifies Stripe's webhooks; needed with the key.")
    event_timezone: str = setting(
        "Asia/Seoul", "Where the events are: dates on tickets and in mails are told in its time."
    )
    ticket_fallback_font: str = setting(
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        "A font for characters that printed tickets' own lacks (Chinese); may be absent.",
    )
    smtp_url: str = setting(
        "", "`smtp://user:password@host:587` or `smtps://`; empty: mails are kept, unsent."
    )
    mail_from: str = setting("Tiketi <tickets@tiketi.local>", "Who mails are from.")
    waiting_offer_seconds: float = setting(
        1800, "How long seats are held for someone on the waiting list.",
        unit="s", low=1, high=86_400,
    )  # fmt: skip
