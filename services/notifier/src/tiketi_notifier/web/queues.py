"""How much may wait for a client that does not read."""

import asyncio
import socket

_KERNEL_QUEUE_BYTES = 65_536


def bound_queue(transport: asyncio.Transport, queued_bytes: int) -> None:
    """Bound what a client leaves unread, here and in the kernel, which by itself would take
    megabytes before anything is noticed."""
    transport.set_write_buffer_limits(high=queued_bytes)
    raw = transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, min(queued_bytes, _KERNEL_QUEUE_BYTES))
