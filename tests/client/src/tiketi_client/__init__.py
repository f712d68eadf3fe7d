"""Tiketi from Python."""

from tiketi_client.api import TiketiClient, open_client
from tiketi_client.errors import LiveLost, Problem, TiketiError, Unreachable
from tiketi_client.following import Message
from tiketi_client.live import Address, LiveConnection

__all__ = [
    "Address",
    "LiveConnection",
    "LiveLost",
    "Message",
    "Problem",
    "TiketiClient",
    "TiketiError",
    "Unreachable",
    "open_client",
]
