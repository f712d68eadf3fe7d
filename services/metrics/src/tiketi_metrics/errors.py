"""What can fail here and is expected to: it is remembered and shown, and the next look comes.

Lost
├── SourceLost     another service did not answer, or not understandably
└── StoreLost      Redis did not answer
"""


class Lost(Exception):
    """The message says who, and why."""


class SourceLost(Lost):
    pass


class StoreLost(Lost):
    pass
