"""The shapes of the answers that the gateway gives itself."""

import msgspec


class WsTicket(msgspec.Struct, frozen=True):
    """`GET /ws?ticket=` takes it once, within `expires_in` seconds."""

    ticket: str
    expires_in: int
