"""How Hypothesis looks for counter-examples, the same in every suite.

| profile | when | examples |
| --- | --- | --- |
| `ci` | `CI` is set | the same each time: whether a change passes does not depend on chance |
| `here` | otherwise | random, and those that failed here before come first |
| `fresh` | `make test-fresh` | random, and five times as many |

`here` alone makes a failing example smaller, which repeats it hundreds of times. No profile has a
deadline for one example: a busy machine would fail it.
"""

import os

from hypothesis import HealthCheck, Phase, settings

WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate, Phase.target)
"""For tests on real stores too, whatever the profile: one example takes them seconds."""


def choose_profile() -> None:
    """Registers the profiles and takes `ci` or `here`; `--hypothesis-profile` may take another."""
    settings.register_profile(
        "ci",
        derandomize=True,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.target),
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.register_profile(
        "here",
        deadline=None,
        phases=(*WITHOUT_SHRINKING, Phase.shrink),
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.register_profile(
        "fresh",
        settings.get_profile("here"),
        derandomize=False,
        max_examples=500,
        phases=WITHOUT_SHRINKING,
    )
    settings.load_profile("ci" if os.environ.get("CI") else "here")
