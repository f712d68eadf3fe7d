"""The link check: what it finds, what it leaves alone, and that this repository passes it."""

import pytest
from tests.docs.links import ROOT, Tree, anchors, broken

PAGES: dict[str, str | None] = {
    "README.md": "# Top\n\n## Try it now!\n",
    "docs/guide.md": "# Guide\n\n## `make run`, and more\n\n## Again\n\n## Again\n",
    "docs/decisions/0003-tokens.md": "# 3. Tokens\n",
    "services/queue/README.md": "# queue\n",
    "services/queue/src/tiketi_queue/domain/draw.py": "",
    "deploy/compose/stack": "",
    "logo.png": None,
}


def found(file: str, text: str) -> list[tuple[int, str]]:
    tree = Tree({**PAGES, file: text}, ignored=[".run", "dist"])
    return [(each.line, each.target) for each in broken(tree) if each.file == file]


def test_every_reference_in_this_repository_leads_somewhere() -> None:
    assert [str(each) for each in broken(Tree.of(ROOT))] == []


@pytest.mark.parametrize(
    "link",
    [
        "guide.md",
        "../README.md",
        "../README.md#try-it-now",
        "guide.md#make-run-and-more",
        "guide.md#again",
        "guide.md#again-1",
        "../services/queue",
        "../logo.png",
        "#top",
        "https://example.com/nowhere.md#part",
        "mailto:someone@example.com",
    ],
)
def test_a_link_that_leads_somewhere_is_left_alone(link: str) -> None:
    assert found("docs/page.md", f"# Top\n\n[text]({link})\n") == []


@pytest.mark.parametrize(
    "link",
    [
        "missing.md",
        "README.md",  # it is one folder up
        "../README.md#try-it-now-",
        "guide.md#again-2",
        "../services/queues",
        "../../outside.md",
        "#bottom",
    ],
)
def test_a_link_that_leads_nowhere_is_found_with_its_line(link: str) -> None:
    assert found("docs/page.md", f"# Top\n\n[text]({link})\n") == [(3, link)]


@pytest.mark.parametrize(
    "path",
    [
        "services/queue/README.md",
        "docs/decisions/",
        "domain/draw.py",  # short for a file of some service
        "draw.py",
        "deploy/compose/stack",
        ".run/sbom/python.json",  # git ignores it
        "application/json",  # no folder of ours begins so
        "make run",
        "GET /api/events/{id}",
        "domain/",
        ".py",
    ],
)
def test_a_path_that_is_there_or_is_none_of_ours_is_left_alone(path: str) -> None:
    assert found("docs/page.md", f"see `{path}`\n") == []


@pytest.mark.parametrize(
    "path", ["services/till/README.md", "docs/missing/", "domain/lottery.py", "lottery.py"]
)
def test_a_path_of_ours_that_is_not_there_is_found(path: str) -> None:
    assert found("docs/page.md", f"see `{path}`\n") == [(1, path)]


def test_fenced_code_is_not_prose() -> None:
    assert found("docs/page.md", "```\n[text](missing.md) `lottery.py`\n```\n") == []


@pytest.mark.parametrize("file", ["deploy/start.sh", "services/queue/src/tiketi_queue/app.py"])
def test_a_page_that_code_names_is_looked_for_in_every_folder_above(file: str) -> None:
    assert found(file, "# see docs/guide.md#again and docs/decisions/0003\n") == []
    assert found(file, "\n# docs/missing.md, docs/guide.md#part, docs/decisions/0004\n") == [
        (2, "docs/missing.md"),
        (2, "docs/guide.md#part"),
        (2, "docs/decisions/0004"),
    ]


def test_a_page_without_a_folder_is_beside_the_script_that_names_it() -> None:
    assert found("docs/build.sh", "# guide.md\n") == []
    assert found("deploy/start.sh", "# guide.md\n") == [(1, "guide.md")]


def test_a_page_that_a_program_writes_is_left_alone() -> None:
    assert found("docs/build.py", 'write("report.md", ".run/report/page.md")\n') == []


def test_anchors_are_those_that_github_makes() -> None:
    page = "# A, b & c!\n\n## [Link](x.md) and `code`\n\n```\n# not one\n```\n\n## 100 % `a_b`\n"
    assert anchors(page) == {"a-b--c", "link-and-code", "100--a_b"}
