"""Secrets of one local deployment: made at its first start, kept in its folder."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Each field a secret of its own; the names are those of the services' settings."""

    identity_keys: str
    admission_keys: str
    place_keys: str
    draw_key: str
    ticket_key: str
    store_password: str
    admin_email: str
    admin_password: str

    def environ(self) -> dict[str, str]:
        """As the services' settings have them."""
        return {
            name.upper(): value for name, value in asdict(self).items() if name != "store_password"
        }


def load_or_make(path: Path, *, admin_email: str = "", admin_password: str = "") -> Keys:
    """The keys kept at `path`, or new ones that are kept from now on.

    The admin's address and password are those of the first start; an empty one is made up.
    """
    if path.exists():
        return Keys(**json.loads(path.read_text()))
    keys = Keys(
        identity_keys=_ring(),
        admission_keys=_ring(),
        place_keys=_ring(),
        draw_key=secrets.token_hex(32),
        ticket_key=secrets.token_hex(32),
        store_password=secrets.token_hex(16),
        admin_email=admin_email or "admin@tiketi.local",
        admin_password=admin_password or secrets.token_urlsafe(12),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_suffix(".making")
    making.unlink(missing_ok=True)
    descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(keys), file, indent=2)
    making.rename(path)
    return keys


def _ring() -> str:
    return f"local:{secrets.token_hex(32)}"
