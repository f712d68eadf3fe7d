"""The report: one HTML file that needs nothing else, and JSON for machines."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import msgspec

from tiketi_rehearsal.domain.other_paces import OtherPace
from tiketi_rehearsal.domain.records import Bought, Call, Ended, Entered, Record, Stood
from tiketi_rehearsal.domain.verdict import PACE_SECONDS, Told, Verdict

Series = Mapping[str, Sequence[tuple[float, float]]]
"""Named lines; a point is (seconds after the start, value)."""

_WIDTH, _HEIGHT, _MARGIN = 760, 220, 44
_COLOURS = ("#2563eb", "#d97706", "#059669", "#dc2626")
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 820px; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
td { font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; }
.kept { color: #059669; } .broken { color: #dc2626; }
figure { margin: 1.5rem 0; } figcaption { font-weight: 600; } svg { width: 100%; height: auto; }
"""


class Report(msgspec.Struct, frozen=True):
    """What the JSON file holds."""

    url: str
    started_at: float
    verdict: Verdict
    broken: list[str]
    other_paces: list[OtherPace]
    plan: dict[str, object]


def to_json(report: Report) -> bytes:
    return msgspec.json.format(msgspec.json.encode(report), indent=2)


def to_html(report: Report, records: Sequence[Record]) -> str:
    verdict = report.verdict
    start = records[0].at if records else report.started_at
    sections = [
        _verdict(report),
        _plot("In the line and inside", _crowd_over_time(records, start), "people", "s"),
        _plot("Entered and bought", _totals_over_time(records, start), "in all", "s"),
        _plot("Requests a second", _requests_over_time(records, start), "1/s", "s"),
        _table(
            "Latency",
            ("step", "requests", "P50 ms", "P95 ms", "P99 ms", "worst ms"),
            [
                (
                    step,
                    latency.count,
                    *(
                        f"{seconds * 1000:.0f}"
                        for seconds in (latency.p50, latency.p95, latency.p99, latency.worst)
                    ),
                )
                for step, latency in verdict.latency.items()
            ],
        ),
        _plot("Chances that came true", _calibration(verdict.chances), "% of the told", "% told"),
        _table(
            "Chances told",
            ("told", "times", "on average", "came true"),
            [
                (f"{each.from_:.0%} and more", each.count, f"{each.said:.1%}", f"{each.true:.1%}")
                for each in verdict.chances
            ],
        ),
        _table("How people ended", ("reason", "people"), verdict.ended.items()),
        _table("Answers that no sale should give", ("answer", "times"), verdict.errors.items()),
        _table("Refusals that belong to a sale", ("answer", "times"), verdict.refusals.items()),
        _table(
            "At other paces",
            ("people a second", "sold out after s", "last entered after s", "most inside"),
            [
                (
                    f"{pace.per_second:g}",
                    "-" if pace.sold_out_after is None else f"{pace.sold_out_after:.0f}",
                    f"{pace.last_entered_after:.0f}",
                    pace.most_active,
                )
                for pace in report.other_paces
            ],
        ),
    ]
    body = "\n".join(sections)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f"<title>Rehearsal of {escape(report.url)}</title><style>{_STYLE}</style>"
        f"<h1>Rehearsal of {escape(report.url)}</h1>{body}</html>"
    )


def _verdict(report: Report) -> str:
    verdict = report.verdict
    if report.broken:
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in report.broken)
        outcome = f'<h2 class="broken">Promises were broken</h2><ul>{items}</ul>'
    else:
        outcome = '<h2 class="kept">Every promise was kept</h2>'
    revenue = ", ".join(f"{total:,} {currency}" for currency, total in verdict.revenue.items())
    facts = [
        ("people", f"{verdict.people:,}"),
        ("orders", f"{verdict.orders:,}"),
        ("seats sold", f"{verdict.seats_sold:,}"),
        ("seats sold twice", verdict.double_sales),
        ("seats unsold", "-" if verdict.house is None else verdict.house.unsold),
        ("told sold out too early", verdict.sent_away_wrongly),
        ("inside, and always too late", verdict.too_late),
        ("a returned seat was unsold, at the longest", f"{verdict.longest_idle:.0f} s"),
        ("revenue", revenue or "none"),
        ("places lost", verdict.lost_places),
        ("overtaken in the line", verdict.fairness.overtaken),
        ("passed over though they were there", verdict.passed_over),
        ("order of entry against order of the line", f"{verdict.fairness.rank_correlation:.4f}"),
        ("entered a second, mean", f"{verdict.entered_per_second:.1f}"),
        (f"entered a second, most in {PACE_SECONDS} s", f"{verdict.entered_per_second_worst:.0f}"),
        ("waiting ranges that came true", f"{verdict.ranges_right:.1%} of {verdict.ranges_told:,}"),
        ("took", f"{verdict.seconds:.0f} s"),
        (
            "requests that waited in the generator for a connection",
            (
                f"{verdict.load.waited:,}, P95 {verdict.load.waited_p95 * 1000:.0f} ms, "
                f"worst {verdict.load.waited_worst * 1000:.0f} ms"
            ),
        ),
        ("answers that limits refused", f"{verdict.load.refused:,}"),
        ("processor of the busiest process of the generator", f"{verdict.load.cpu:.0%}"),
    ]
    return outcome + _table("In short", ("", ""), facts)


def _table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    if not body:
        return f"<h2>{escape(title)}</h2><p>None.</p>"
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    return f"<h2>{escape(title)}</h2><table><tr>{head}</tr>{body}</table>"


def _crowd_over_time(records: Sequence[Record], start: float) -> Series:
    waiting, inside = Counter[int](), Counter[int]()
    seen: set[int] = set()
    within: set[int] = set()
    for record in records:
        second = int(record.at - start)
        if isinstance(record, Stood) and record.person not in seen:
            seen.add(record.person)
            waiting[second] += 1
        elif isinstance(record, Entered) and record.person not in within:
            within.add(record.person)
            waiting[second] -= record.person in seen
            inside[second] += 1
        elif isinstance(record, Ended):
            (inside if record.person in within else waiting)[second] -= (
                record.person in seen | within
            )
    return {"waiting": _running(waiting), "inside": _running(inside)}


def _totals_over_time(records: Sequence[Record], start: float) -> Series:
    entered, bought = Counter[int](), Counter[int]()
    for record in records:
        if isinstance(record, Entered):
            entered[int(record.at - start)] += 1
        elif isinstance(record, Bought):
            bought[int(record.at - start)] += len(record.seats)
    return {"entered": _running(entered), "seats sold": _running(bought)}


def _requests_over_time(records: Sequence[Record], start: float) -> Series:
    calls = Counter[int]()
    for record in records:
        if isinstance(record, Call):
            calls[int(record.at - start)] += 1
    return {"requests": [(float(second), float(calls[second])) for second in _seconds(calls)]}


def _calibration(chances: Sequence[Told]) -> Series:
    """Told (across) against true (up), in per cent, beside the diagonal of a perfect forecast."""
    if not chances:
        return {}
    return {
        "perfect": [(0.0, 0.0), (100.0, 100.0)],
        "came true": [(each.said * 100, each.true * 100) for each in chances],
    }


def _seconds(counts: Mapping[int, int]) -> range:
    return range(max(counts, default=0) + 1)


def _running(changes: Counter[int]) -> list[tuple[float, float]]:
    total, points = 0, []
    for second in _seconds(changes):
        total += changes[second]
        points.append((float(second), float(total)))
    return points


def _plot(title: str, series: Series, unit: str, across_unit: str) -> str:
    points = [point for line in series.values() for point in line]
    right = max((x for x, _ in points), default=1.0) or 1.0
    top = max((y for _, y in points), default=1.0) or 1.0

    def place(x: float, y: float) -> str:
        across = _MARGIN + x / right * (_WIDTH - 2 * _MARGIN)
        return f"{across:.1f},{_HEIGHT - _MARGIN - y / top * (_HEIGHT - 2 * _MARGIN):.1f}"

    lines = "".join(
        f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="'
        f'{" ".join(place(x, y) for x, y in line)}"/>'
        f'<text x="{_MARGIN + 110 * index}" y="16" fill="{colour}">{escape(name)}</text>'
        for index, (colour, (name, line)) in enumerate(zip(_COLOURS, series.items(), strict=False))
    )
    axis = (
        f'<text x="2" y="{_MARGIN}" fill="currentColor">{top:,.0f}</text>'
        f'<text x="2" y="{_HEIGHT - _MARGIN}" fill="currentColor">0</text>'
        f'<text x="{_WIDTH - _MARGIN}" y="{_HEIGHT - 16}" fill="currentColor">'
        f"{right:.0f} {across_unit}</text>"
        f'<path d="M{_MARGIN} {_MARGIN}V{_HEIGHT - _MARGIN}H{_WIDTH - _MARGIN}" fill="none" '
        'stroke="#8888"/>'
    )
    return (
        f"<figure><figcaption>{escape(title)} ({escape(unit)})</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" font-size="12" role="img" '
        f'aria-label="{escape(title)}">{axis}{lines}</svg></figure>'
    )
