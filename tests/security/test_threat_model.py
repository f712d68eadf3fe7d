"""The threat model names its tests: each of them is there, in the suite that is named."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUITES = {
    **{service.name: service / "tests" for service in (ROOT / "services").iterdir()},
    "shared": ROOT / "shared/tests",
    "`tests/security`:": ROOT / "tests/security",
    "`tests/contract`:": ROOT / "tests/contract",
}
WORDS = re.compile("|".join([*map(re.escape, SUITES), r"`(test_\w+)`"]))


def test_every_test_that_the_threat_model_names_is_there() -> None:
    page = (ROOT / "docs/threat-model.md").read_text()
    rows = [line.rsplit("|", 2)[1] for line in page.splitlines() if line.startswith("|")]
    named = 0
    for row in rows:
        folder = ROOT / "tests"
        for found in WORDS.finditer(row):
            if (test := found[1]) is None:
                folder = SUITES[found[0]]
            else:
                named += 1
                assert is_in(folder, test), f"{test} is not in {folder.relative_to(ROOT)}"
    assert named > 30


def is_in(folder: Path, test: str) -> bool:
    definition = re.compile(rf"def {test}\(")
    return any(definition.search(file.read_text()) for file in folder.rglob("test_*.py"))
