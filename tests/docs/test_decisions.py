"""The index of decisions names every record, and says what became of every other number."""

import re

from tests.docs.links import ROOT

FOLDER = ROOT / "docs/decisions"
ROW = re.compile(r"^\| (\d{4}) \| (.*) \|$", re.MULTILINE)
LINK = re.compile(r"\[(.*)\]\((\d{4})-[\w-]+\.md\)")


def records() -> dict[str, str]:
    """The title of each record, by its number."""
    found = {}
    for path in sorted(FOLDER.glob("[0-9]*.md")):
        heading = path.read_text().splitlines()[0]
        number, title = re.fullmatch(r"# (\d+)[.:] (.*)", heading).groups()  # type: ignore[union-attr]  # a heading of another form fails here
        assert int(number) == int(path.name[:4]), path.name
        found[path.name[:4]] = title
    return found


def test_the_index_has_every_number_once_and_in_order() -> None:
    numbers = [int(number) for number, _ in ROW.findall((FOLDER / "README.md").read_text())]
    assert numbers == list(range(1, max(map(int, records())) + 1))


def test_each_row_is_a_record_under_its_title_or_says_that_the_number_is_unused() -> None:
    rows = dict(ROW.findall((FOLDER / "README.md").read_text()))
    for number, title in records().items():
        link = LINK.match(rows[number])
        assert link is not None, number
        assert link.groups() == (title, number)
    unused = rows.keys() - records().keys()
    assert {rows[number] for number in unused} <= {"not used"}
