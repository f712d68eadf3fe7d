"""Compares the model with a small rehearsal: predicted and measured CPU by part."""

import time
from collections import Counter
from datetime import UTC, datetime

import msgspec
from tests.bench.bench_gateway import stack
from tests.capacity.measure import Cpu, cpu, spent
from tests.capacity.model import PARTS, Costs, Part, cores_of

from tiketi_rehearsal.domain.crowd import Habits, Plan
from tiketi_rehearsal.domain.verdict import Promises, Verdict, judge
from tiketi_rehearsal.rehearsal import Bounds, Target, rehearse
from tiketi_rehearsal.terminal import Progress

USERS = 400
SEATS = 400
WITHIN = 20.0
BOUND = 2.0
"""The sums of predicted and measured CPU may differ by this factor."""

BOUND_OF_A_PART = 3.0
"""One part may differ by this factor. Parts below one CPU second are not compared."""

LIVE_MESSAGES = 1.0
"""Messages a second to each live client: the line's progress, or seat changes."""

_COSTS_AS = {
    "join": "join", "second_device": "join", "return": "join", "place": "place", "leave": "place",
    "availability": "availability", "hold": "hold", "checkout": "checkout", "order": "place",
}  # fmt: skip


class Checked(msgspec.Struct, frozen=True):
    """CPU seconds by part."""

    date: str
    users: int
    seats: int
    seconds: float
    predicted: dict[Part, float]
    measured: dict[Part, float]

    def ratio(self, part: Part) -> float:
        return self.measured[part] / self.predicted[part] if self.predicted[part] else 1.0

    @property
    def broken(self) -> list[str]:
        """The differences that exceed their bound."""
        wrong = [
            f"{part}: predicted {self.predicted[part]:.1f} s, measured {self.measured[part]:.1f} s"
            for part in PARTS
            if max(self.measured[part], self.predicted[part]) > 1.0
            and not 1 / BOUND_OF_A_PART <= self.ratio(part) <= BOUND_OF_A_PART
        ]
        whole = sum(self.measured.values()) / sum(self.predicted.values())
        return wrong if 1 / BOUND <= whole <= BOUND else [*wrong, f"in all: {whole:.2f} times"]


def check(costs: Costs) -> Checked:
    """Play a rehearsal on a deployment of its own, which takes about a minute."""
    started: list[tuple[float, Cpu]] = []
    with stack() as running:
        target = Target(
            url=running.deployment.gateway_urls[0],
            admin_email=running.keys.admin_email,
            admin_password=running.keys.admin_password,
        )
        plan = Plan(users=USERS, seats=SEATS, arrive_within=WITHIN, patience=60)
        records, _ = rehearse(
            target, plan, Bounds(processes=1, max_seconds=180), Progress(USERS, SEATS),
            lambda _: started.append((time.monotonic(), cpu(running))),
        )  # fmt: skip
        seconds = time.monotonic() - started[0][0]
        measured = spent(started[0][1], cpu(running))
    predicted = predict(costs, judge(records, Promises()), plan.habits, seconds)
    return Checked(f"{datetime.now(UTC):%Y-%m-%d}", USERS, SEATS, seconds, predicted, measured)


def predict(costs: Costs, verdict: Verdict, habits: Habits, seconds: float) -> Cpu:
    """Predict the CPU from how often each step was taken, and how many clients were live."""
    a_second: Counter[str] = Counter()
    for step, latency in verdict.latency.items():
        if step in _COSTS_AS:
            a_second[_COSTS_AS[step]] += latency.count
    rates = {operation: count / seconds for operation, count in a_second.items()}
    rates["message"] = verdict.people * habits.live * LIVE_MESSAGES
    return {part: cores_of(part, rates, costs) * seconds for part in PARTS}
