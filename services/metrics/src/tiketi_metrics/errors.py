"""The expected failures: they are kept and shown, and the next round of polling tries again.

Lost
├── SourceLost     another service did not answer, or its answer was unreadable
└── StoreLost      Redis did not answer
"""


class Lost(Exception):
    """The message names the dependency and the reason."""


class SourceLost(Lost):
    pass


class StoreLost(Lost):
    pass
