"""What every shape builds on."""

import msgspec


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request's body. Unknown fields are refused."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """An answer's body."""
