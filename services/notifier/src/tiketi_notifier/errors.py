"""What this service expects to go wrong.

Exception
└── LiveUnavailable    the store of the live channels does not answer
"""


class LiveUnavailable(Exception):
    """Redis is gone: connections stay, live updates pause, polling gives the same content."""
