"""A page of rehearsals: one row of figures for each that was recorded."""

from datetime import UTC, datetime
from pathlib import Path

from tiketi_rehearsal.report import Report

HEADER = """# Rehearsals

Each row was written by `make rehearsal ARGS="--record docs/rehearsals.md --label ..."`. "Sent away" are people
who were told "sold out" before the last seat was sold; "too late" are people inside whom others were always
faster than. Latencies are P95 in milliseconds, with the load on the same machine.

| when (UTC) | what | people | seats | sold | unsold | sent away | too late | overtaken | passed over | ranges true | join | place | hold | verdict |
| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --- |
"""  # noqa: E501  a table's row is one line


def add_row(page: Path, report: Report, label: str) -> None:
    """Append a row for this rehearsal; the page is made when it is not there."""
    if not page.exists():
        page.write_text(HEADER, "utf-8")
    with page.open("a", encoding="utf-8") as file:
        file.write(row(report, label) + "\n")


def row(report: Report, label: str) -> str:
    verdict, house = report.verdict, report.verdict.house
    when = datetime.fromtimestamp(report.started_at, UTC)

    def p95(step: str) -> str:
        latency = verdict.latency.get(step)
        return "-" if latency is None else f"{latency.p95 * 1000:.0f}"

    cells = [
        f"{when:%Y-%m-%d %H:%M}",
        label,
        f"{verdict.people:,}",
        "-" if house is None else f"{house.total:,}",
        f"{verdict.seats_sold:,}",
        "-" if house is None else f"{house.unsold:,}",
        f"{verdict.sent_away_wrongly:,}",
        f"{verdict.too_late:,}",
        f"{verdict.fairness.overtaken:,}",
        f"{verdict.passed_over:,}",
        f"{verdict.ranges_right:.1%}",
        p95("join"),
        p95("place"),
        p95("hold"),
        "; ".join(report.broken) or "every promise kept",
    ]
    return "| " + " | ".join(cells) + " |"
