"""The expected failures of this service.

Exception
└── LiveUnavailable    Redis, the store of the live channels, does not answer
"""


class LiveUnavailable(Exception):
    """Redis is unavailable: connections stay open, live updates pause, and clients can poll."""
