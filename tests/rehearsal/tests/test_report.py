import json
from html.parser import HTMLParser
from pathlib import Path

from tiketi_rehearsal.domain.other_paces import OtherPace
from tiketi_rehearsal.domain.records import Bought, Call, Ended, Entered, Record, Stood
from tiketi_rehearsal.domain.verdict import Promises, broken, judge
from tiketi_rehearsal.record import add_row
from tiketi_rehearsal.report import Report, to_html, to_json

RECORDS: list[Record] = [
    Call(100.0, 1, "join", 202, 0.01),
    Stood(100.0, 1, 1, 1, (0.0, 9.0), "join"),
    Entered(102.0, 1, 1, 402.0, away=False),
    Bought(104.0, 1, "o1", 5000, "KRW", ["s1"]),
    Ended(104.0, 1, "bought"),
    Call(104.0, 2, "join", 500, 0.01, "<script>"),
]


def report() -> Report:
    verdict = judge(RECORDS, Promises())
    paces = [OtherPace(50.0, None, 1.0, 1.0, 1)]
    return Report("http://127.0.0.1:1", 100.0, verdict, broken(verdict, Promises()), paces, {})


def test_the_json_holds_the_verdict_and_what_was_broken() -> None:
    document = json.loads(to_json(report()))
    assert document["verdict"]["revenue"] == {"KRW": 5000}
    assert document["broken"] == ["1 of 2 requests failed"]


def test_the_page_is_well_formed_and_shows_what_was_broken() -> None:
    page = to_html(report(), RECORDS)
    HTMLParser().feed(page)
    assert "1 of 2 requests failed" in page
    assert page.count("<svg") == page.count("</svg>") == 4


def test_what_servers_say_is_escaped() -> None:
    assert "<script>" not in to_html(report(), RECORDS)
    assert "join 500 &lt;script&gt;" in to_html(report(), RECORDS)


def test_a_rehearsal_in_which_nothing_happened_still_has_a_page() -> None:
    empty = judge([], Promises())
    nothing = Report("http://127.0.0.1:1", 0.0, empty, [], [], {})
    assert "Every promise was kept" in to_html(nothing, [])


def test_each_rehearsal_is_a_row_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "rehearsals.md"
    for label in ("before", "now"):
        add_row(page, report(), label)
    header, *_, before, now = page.read_text().splitlines()
    assert header == "# Rehearsals"
    assert "| before | 2 | - | 1 | - | 0 | 0 | 0 | 0 | 100.0% | 10 | - | - | 1 of 2 " in before
    assert "| now |" in now
