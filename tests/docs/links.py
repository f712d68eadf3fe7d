"""`make links`: every link, anchor and path that the project's text names is there.

In Markdown it checks inline links and paths in backticks. In every other text file it checks
mentions of Markdown pages (`docs/internal.md`) and of decisions (`docs/decisions/0003`). It does
not follow links to other sites.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]

LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?\)")
CODE = re.compile(r"`([^`]+)`")
FENCE = re.compile(r"^\s*(```|~~~)")
HEADING = re.compile(r"^#{1,6} +(.*?) *#*$")
PAGE_NAME = re.compile(r"(?<![\w:/.-])((?:[\w.-]+/)*[\w.-]+\.md)(#[\w-]+)?(?![\w/])")
DECISION = re.compile(r"docs/decisions/(\d{4})(?![\w-])")
PATH = re.compile(r"[\w.@-]+(?:/[\w.@-]+)*/?")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)

SOURCES = {".py", ".lua", ".sql", ".ts", ".tsx", ".md", ".yml", ".mjs"}
"""A name that ends so is of a file of this repository, wherever it is."""

PROGRAMS = {".py", ".ts", ".tsx", ".mjs"}
"""Their strings name pages that they write, so a name without a folder is not checked in them."""

UNREAD = {"package-lock.json", "requirements.txt", "test_links.py"}
"""Locks, which name no page, and this check's own tests, which name pages that are not there."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A reference in `file`, at `line` (from 1), that leads nowhere."""

    file: str
    line: int
    target: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.target}: {self.reason}"


def main() -> None:
    """Exit 1 when a reference is broken, each on a line of its own."""
    tree = Tree.of(ROOT)
    found = sorted(broken(tree), key=lambda each: (each.file, each.line))
    for each in found:
        print(each)
    sys.exit(f"{len(found)} broken references" if found else 0)


class Tree:
    """The repository's files, by path from its root, and their text."""

    def __init__(self, texts: Mapping[str, str | None], ignored: Iterable[str] = ()) -> None:
        """`texts` holds None for a file that is not text; `ignored` are names git ignores."""
        self.texts = texts
        self.ignored = frozenset(ignored)
        self.folders = {
            str(folder)
            for path in texts
            for folder in PurePosixPath(path).parents
            if str(folder) != "."
        }
        self.tops = {path.split("/")[0] for path in self.folders}

    @classmethod
    def of(cls, root: Path) -> "Tree":
        """The files of the checkout at `root` that git knows or would add."""
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
        paths = [path for path in names.stdout.split("\0") if path and (root / path).is_file()]
        ignored = (root / ".gitignore").read_text(encoding="utf-8").split()
        return cls(
            {path: _text(root / path) for path in paths}, [line.strip("/") for line in ignored]
        )

    def has(self, path: str) -> bool:
        return path in self.texts or path in self.folders or path in {"", "."}

    def ends_with(self, path: str) -> bool:
        """Whether some file or folder's path ends with the names of `path`."""
        return self.has(path) or any(
            each.endswith("/" + path) for each in (*self.texts, *self.folders)
        )

    def is_ignored(self, path: str) -> bool:
        return any(part in self.ignored for part in (path, *PurePosixPath(path).parts))


def broken(tree: Tree) -> Iterator[Broken]:
    """Every reference of the tree's files that leads nowhere."""
    for file, text in tree.texts.items():
        if text is None or PurePosixPath(file).name in UNREAD:
            continue
        check = _broken_in_page if file.endswith(".md") else _broken_in_code
        yield from check(tree, file, text)


def anchors(page: str) -> set[str]:
    """The anchors of a Markdown page's headings, as GitHub makes them."""
    found: set[str] = set()
    for _, line in _prose(page):
        if heading := HEADING.match(line):
            title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
            slug = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
            count = 0
            while (anchor := f"{slug}-{count}" if count else slug) in found:
                count += 1
            found.add(anchor)
    return found


def _broken_in_page(tree: Tree, file: str, text: str) -> Iterator[Broken]:
    for number, line in _prose(text):
        for link in LINK.findall(CODE.sub("", line)):
            if not ELSEWHERE.match(link) and (reason := _wrong_link(tree, file, link)):
                yield Broken(file, number, link, reason)
        for code in CODE.findall(line):
            if PATH.fullmatch(code) and not _known(tree, file, code.rstrip("/")):
                yield Broken(file, number, code, "no such file or folder")
        yield from _broken_decisions(tree, file, number, line)


def _broken_in_code(tree: Tree, file: str, text: str) -> Iterator[Broken]:
    program = PurePosixPath(file).suffix in PROGRAMS
    for number, line in enumerate(text.splitlines(), 1):
        for page, anchor in PAGE_NAME.findall(line):
            if tree.is_ignored(page) or (program and "/" not in page):
                continue
            target = _page_named(tree, file, page)
            if target is None:
                yield Broken(file, number, page, "no such page")
            elif anchor and anchor[1:] not in anchors(tree.texts[target] or ""):
                yield Broken(file, number, page + anchor, "no such heading")
        yield from _broken_decisions(tree, file, number, line)


def _broken_decisions(tree: Tree, file: str, number: int, line: str) -> Iterator[Broken]:
    for decision in DECISION.findall(line):
        if not any(path.startswith(f"docs/decisions/{decision}-") for path in tree.texts):
            yield Broken(file, number, f"docs/decisions/{decision}", "no such decision")


def _wrong_link(tree: Tree, file: str, link: str) -> str | None:
    path, _, anchor = link.partition("#")
    target = _joined(file, path) if path else file
    if target is None or not tree.has(target):
        return "no such file or folder"
    if anchor and anchor not in anchors(tree.texts.get(target) or ""):
        return "no such heading"
    return None


def _known(tree: Tree, file: str, path: str) -> bool:
    """Whether the path in backticks is there, or does not look like one of this repository."""
    beside = _joined(file, path)
    if tree.is_ignored(path) or tree.has(path) or (beside is not None and tree.has(beside)):
        return True
    if "/" in path and path.split("/", maxsplit=1)[0] in tree.tops:
        return tree.ends_with(path)
    if PurePosixPath(path).suffix in SOURCES and PurePosixPath(path).stem:
        return tree.ends_with(path)
    return True


def _page_named(tree: Tree, file: str, page: str) -> str | None:
    """The page that code means: beside it; with folders, also from any folder above it."""
    if "/" not in page:
        beside = _joined(file, page)
        return beside if beside in tree.texts else None
    for folder in PurePosixPath(file).parents:
        path = _joined(f"{folder}/x", page)
        if path in tree.texts:
            return path
    return None


def _joined(file: str, path: str) -> str | None:
    """`path` as seen from `file`, from the root; None when it leads out of the repository."""
    parts: list[str] = list(PurePosixPath(file).parent.parts)
    for part in PurePosixPath(path).parts:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            return None
    return "/".join(parts)


def _prose(page: str) -> Iterator[tuple[int, str]]:
    """The page's numbered lines outside fenced code."""
    fenced = False
    for number, line in enumerate(page.splitlines(), 1):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


if __name__ == "__main__":
    main()
