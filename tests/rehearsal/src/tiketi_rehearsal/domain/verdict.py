"""The verdict: what the records say about each promise. Pure; numbers in, numbers out."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from tiketi_rehearsal.domain.idle import hold_seconds, longest_idle, wanted_until
from tiketi_rehearsal.domain.records import (
    Bought,
    Call,
    Ended,
    Entered,
    Held,
    Load,
    Record,
    Seen,
    Stood,
)

EXPECTED_REFUSALS = frozenset({401, 402, 403, 404, 409, 410, 422, 429})
"""Answers that are part of a sale: a seat lost in the race, a declined card, a limit."""

WITHOUT_A_SEAT = ("sold_out", "too_late", "out_of_patience")
"""How people end who wanted seats and got none."""

BURST = 1.5
"""By how much the pace may be exceeded for PACE_SECONDS: what gathers between two rounds."""

LEAST_IDLE_SECONDS = 5.0
"""However short holds are, people take so long to see a seat and to choose it."""

PACE_SECONDS = 5
"""So long the entries are counted: an admission tells its second, not the moment in it."""


class Latency(msgspec.Struct, frozen=True):
    """Seconds."""

    count: int
    p50: float
    p95: float
    p99: float
    worst: float


class Fairness(msgspec.Struct, frozen=True):
    """`overtaken` counts people who were there and still saw a later number enter more than
    `slack` seconds before them; `rank_correlation` is Spearman's."""

    entered: int
    overtaken: int
    slack: float
    rank_correlation: float


class House(msgspec.Struct, frozen=True):
    """The seats on sale, as the service counts them when everybody has gone."""

    total: int
    sold: int

    @property
    def unsold(self) -> int:
        return self.total - self.sold


class LoadShare(msgspec.Struct, frozen=True):
    """What of the figures is the load's own doing. `waited_p95` and `waited_worst` are seconds that
    a request waited in the generator for a connection (`waited`: how many did), `refused` answers
    were refused by limits, `cpu` is the share of a processor that the busiest process took."""

    waited: int = 0
    waited_p95: float = 0.0
    waited_worst: float = 0.0
    refused: int = 0
    cpu: float = 0.0


class Told(msgspec.Struct, frozen=True):
    """The chances told within one tenth (`from_`: its lower end): how many, their mean, and the
    share of these people who could buy in the end."""

    from_: float
    count: int
    said: float
    true: float


class Verdict(msgspec.Struct, frozen=True):
    people: int
    ended: dict[str, int]
    entered_per_second: float
    entered_per_second_worst: float
    """The most in any PACE_SECONDS, to hold against the pace."""
    fairness: Fairness
    passed_over: int
    """People who were told that their turn came while they were away, though they were not cut off:
    their polls came too late."""
    lost_places: int
    """People whose last number is another than their first: whoever came back, refreshed, or used
    another device must be where they were in the end."""
    house: House | None
    sent_away_wrongly: int
    """People who were told "sold out" though somebody bought a seat later."""
    too_late: int
    """People inside who left because others took every seat before them."""
    longest_idle: float
    """Seconds that a seat which came back was free for anybody while people wanted some."""
    hold_seconds: float
    chances: list[Told]
    seats_sold: int
    double_sales: int
    orders: int
    revenue: dict[str, int]
    latency: dict[str, Latency]
    errors: dict[str, int]
    """`step status code` of each answer that no sale should give."""
    refusals: dict[str, int]
    ranges_told: int
    ranges_right: float
    """Share of the waiting ranges that came true, of those who entered."""
    seconds: float
    load: LoadShare = LoadShare()


@dataclass(frozen=True, slots=True)
class Promises:
    """What has to hold; see the numbers that define the product."""

    p95_seconds: float = 0.2
    ranges_right: float = 0.9
    error_share: float = 0.001
    passed_over_share: float = 0.02
    """Of those who entered."""
    unsold_share: float = 0.002
    """With more demand than seats."""
    too_late_share: float = 0.01
    """Of those who entered."""
    pace: float | None = None
    slack: float = 2.0


def judge(records: Sequence[Record], promises: Promises, house: House | None = None) -> Verdict:
    """Without `house`, what the service says it sold is not judged."""
    calls = [record for record in records if isinstance(record, Call)]
    stood = [record for record in records if isinstance(record, Stood)]
    ended = [record for record in records if isinstance(record, Ended)]
    entered = [record for record in records if isinstance(record, Entered)]
    bought = [record for record in records if isinstance(record, Bought)]
    held = [record for record in records if isinstance(record, Held)]
    seen = [record for record in records if isinstance(record, Seen)]
    sold = [seat for order in bought for seat in order.seats]
    told, right = _ranges(stood, entered)
    revenue: Counter[str] = Counter()
    for order in bought:
        revenue[order.currency] += order.total
    return Verdict(
        people=len({record.person for record in records if not isinstance(record, Seen | Load)}),
        ended=dict(Counter(each.reason for each in ended)),
        entered_per_second=_mean_rate(entered),
        entered_per_second_worst=_most_a_second(entered),
        fairness=fairness(entered, slack=promises.slack),
        passed_over=sum(entry.passed_over and not entry.away for entry in entered),
        lost_places=_lost_places(stood),
        house=house,
        sent_away_wrongly=_sent_away_wrongly(ended, bought, promises.slack),
        too_late=sum(each.reason == "too_late" for each in ended),
        longest_idle=longest_idle(seen, wanted_until(held, ended, WITHOUT_A_SEAT)),
        hold_seconds=hold_seconds(held),
        chances=_chances(stood, entered, calls, ended),
        seats_sold=len(sold),
        double_sales=len(sold) - len(set(sold)),
        orders=len({order.order_id for order in bought}),
        revenue=dict(revenue),
        latency=_latency(calls),
        errors=_counted(call for call in calls if _is_error(call)),
        refusals=_counted(call for call in calls if call.status in EXPECTED_REFUSALS),
        ranges_told=told,
        ranges_right=right / told if told else 1.0,
        seconds=records[-1].at - records[0].at if records else 0.0,
        load=_load([record for record in records if isinstance(record, Load)], calls),
    )


def broken(verdict: Verdict, promises: Promises) -> list[str]:
    """Each promise that was not kept, in a sentence; empty when all were."""
    calls = sum(latency.count for latency in verdict.latency.values())
    failed = sum(verdict.errors.values())
    checks = [
        (verdict.double_sales == 0, f"{verdict.double_sales} seats were sold twice"),
        (verdict.lost_places == 0, f"{verdict.lost_places} people lost their place"),
        (
            verdict.fairness.overtaken == 0,
            f"{verdict.fairness.overtaken} people were overtaken in the line",
        ),
        (
            verdict.passed_over <= promises.passed_over_share * verdict.fairness.entered,
            f"{verdict.passed_over} people were passed over though they were there",
        ),
        (
            failed <= promises.error_share * calls,
            f"{failed} of {calls} requests failed",
        ),
        (
            verdict.ranges_told == 0 or verdict.ranges_right >= promises.ranges_right,
            f"only {verdict.ranges_right:.0%} of the waiting ranges came true",
        ),
    ]
    checks += _fill(verdict, promises)
    if promises.pace is not None:
        worst, pace = verdict.entered_per_second_worst, promises.pace
        sentence = f"{worst:.0f} people a second entered for {PACE_SECONDS} s, the pace is {pace:g}"
        checks.append((worst <= pace * BURST + 1, sentence))
    checks += [
        (
            latency.p95 <= promises.p95_seconds,
            f"P95 of {step} is {latency.p95 * 1000:.0f} ms",
        )
        for step, latency in verdict.latency.items()
        if step in {"join", "place", "hold", "availability", "seatmap"}
    ]
    return [sentence for kept, sentence in checks if not kept]


def unfilled(verdict: Verdict, promises: Promises) -> list[str]:
    """Each promise about a full house that was not kept, in a sentence."""
    return [sentence for kept, sentence in _fill(verdict, promises) if not kept]


def _fill(verdict: Verdict, promises: Promises) -> list[tuple[bool, str]]:
    """Every seat is sold where people wanted more of them, and nobody is sent away before."""
    entered = verdict.fairness.entered
    checks = [
        (
            verdict.sent_away_wrongly == 0,
            f"{verdict.sent_away_wrongly} people were told sold out before the last seat was sold",
        ),
        (
            verdict.too_late <= promises.too_late_share * entered,
            f"{verdict.too_late} of {entered} people who entered were always too late",
        ),
        (
            verdict.longest_idle <= max(verdict.hold_seconds, LEAST_IDLE_SECONDS),
            (
                f"a seat that came back was unsold for {verdict.longest_idle:.0f} s while people "
                f"wanted some; a hold lasts {verdict.hold_seconds:.0f} s"
            ),
        ),
    ]
    house = verdict.house
    if house is not None:
        unsold = f"{house.unsold} of {house.total} seats stayed unsold"
        without = sum(verdict.ended.get(reason, 0) for reason in WITHOUT_A_SEAT)
        checks += [
            (
                house.sold == verdict.seats_sold,
                f"people say they bought {verdict.seats_sold} seats, the service sold {house.sold}",
            ),
            (
                not without or house.unsold <= promises.unsold_share * house.total,
                f"{unsold}, and {without} people who wanted some left without",
            ),
        ]
    return checks


def _sent_away_wrongly(ended: Iterable[Ended], bought: Sequence[Bought], slack: float) -> int:
    last = max((order.at for order in bought), default=0.0)
    return sum(each.reason == "sold_out" and each.at < last - slack for each in ended)


def _chances(
    stood: Iterable[Stood], entered: Iterable[Entered], calls: Iterable[Call],
    ended: Iterable[Ended],
) -> list[Told]:  # fmt: skip
    """By tenths. Who gave up the line, or wanted nothing more, proves nothing."""
    inside = {entry.person for entry in entered}
    could = {call.person for call in calls if call.step == "hold" and call.status < 300}
    could_not = {each.person for each in ended if each.reason in ("sold_out", "too_late")} - could
    tenths: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for place in stood:
        known = place.person in could & inside or place.person in could_not
        if place.chance is not None and known:
            told = (place.chance, place.person in could)
            tenths[min(9, int(place.chance * 10))].append(told)
    return [
        Told(
            tenth / 10,
            len(told),
            sum(chance for chance, _ in told) / len(told),
            sum(came_true for _, came_true in told) / len(told),
        )
        for tenth, told in sorted(tenths.items())
    ]


def fairness(entered: Sequence[Entered], *, slack: float) -> Fairness:
    """Order of entry against order of the line.

    Walking the line from its end, the earliest entry of all later numbers is known at each
    person: whoever entered more than `slack` after it was overtaken. Who was passed over is counted
    apart.
    """
    waited = (entry for entry in entered if not (entry.away or entry.passed_over))
    line = sorted(waited, key=lambda entry: entry.number)
    overtaken, earliest_behind = 0, float("inf")
    for group in reversed(_same_number(line)):
        overtaken += sum(entry.until > earliest_behind + slack for entry in group)
        earliest_behind = min(earliest_behind, *(entry.until for entry in group))
    return Fairness(
        entered=len(entered),
        overtaken=overtaken,
        slack=slack,
        rank_correlation=_spearman([e.number for e in line], [e.until for e in line]),
    )


def _same_number(line: Sequence[Entered]) -> list[list[Entered]]:
    groups: dict[int, list[Entered]] = defaultdict(list)
    for entry in line:
        groups[entry.number].append(entry)
    return list(groups.values())


def _spearman(first: Sequence[float], second: Sequence[float]) -> float:
    if len(first) < 2:
        return 1.0
    ranks = [np.argsort(np.argsort(values, kind="stable")) for values in (first, second)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _lost_places(stood: Iterable[Stood]) -> int:
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for place in stood:
        first.setdefault(place.person, place.number)
        last[place.person] = place.number
    return sum(last[person] != number for person, number in first.items())


def _ranges(stood: Iterable[Stood], entered: Iterable[Entered]) -> tuple[int, int]:
    """How many ranges were told to people who entered from the line, and how many were right."""
    entered_at = {entry.person: entry.at for entry in entered if not entry.away}
    told = right = 0
    for place in stood:
        if place.eta is None or place.person not in entered_at:
            continue
        low, high = place.eta
        told += 1
        right += low <= entered_at[place.person] - place.at <= high
    return told, right


def _latency(calls: Iterable[Call]) -> dict[str, Latency]:
    by_step: dict[str, list[float]] = defaultdict(list)
    for call in calls:
        if call.status:
            by_step[call.step].append(call.seconds)
    return {step: _percentiles(seconds) for step, seconds in sorted(by_step.items())}


def _percentiles(seconds: Sequence[float]) -> Latency:
    p50, p95, p99 = (float(value) for value in np.percentile(seconds, (50, 95, 99)))
    return Latency(count=len(seconds), p50=p50, p95=p95, p99=p99, worst=max(seconds))


def _load(loads: Sequence[Load], calls: Iterable[Call]) -> LoadShare:
    waits = [seconds for load in loads for seconds in load.waits]
    return LoadShare(
        waited=len(waits),
        waited_p95=float(np.percentile(waits, 95)) if waits else 0.0,
        waited_worst=max(waits, default=0.0),
        refused=sum(call.status == 429 for call in calls),
        cpu=max((load.cpu_seconds / load.seconds for load in loads if load.seconds), default=0.0),
    )


def _is_error(call: Call) -> bool:
    return call.status == 0 or (call.status >= 400 and call.status not in EXPECTED_REFUSALS)


def _counted(calls: Iterable[Call]) -> dict[str, int]:
    return dict(Counter(f"{call.step} {call.status} {call.code}".strip() for call in calls))


def _mean_rate(entered: Sequence[Entered]) -> float:
    if len(entered) < 2:
        return float(len(entered))
    times = sorted(entry.at for entry in entered)
    return len(times) / max(1.0, times[-1] - times[0])


def _most_a_second(entered: Iterable[Entered]) -> float:
    """The most entries in any window of PACE_SECONDS, by when their admissions began."""
    times = sorted(entry.until for entry in entered)
    worst = start = 0
    for index, until in enumerate(times):
        while until - times[start] >= PACE_SECONDS:
            start += 1
        worst = max(worst, index - start + 1)
    return worst / PACE_SECONDS
