"""Reads the documents: what they name, and the tables in them."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
TEXTS = {name: (ROOT / name).read_text() for name in NAMES}


def read(name: str) -> str:
    return TEXTS[name]


def quoted(text: str) -> Iterator[str]:
    """What stands in backticks within a line."""
    return (found.group(1) for found in re.finditer(r"(?<!`)`([^`\n]+)`(?!`)", without_blocks(text)))


def without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def section(name: str, heading: str) -> str:
    """The text below a heading, up to the next of the same or a higher level."""
    marks = heading.split(" ")[0]
    _before, found, after = read(name).partition(f"\n{heading}\n")
    assert found, f"{name} has no section “{heading}”"
    return re.split(rf"^#{{1,{len(marks)}}} ", after, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of every row of every table, without heads and rules."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rules = [place for place, row in enumerate(cells) if set("".join(row)) <= set("-: ")]
    heads = {place - 1 for place in rules} | set(rules)
    return [row for place, row in enumerate(cells) if place not in heads]


def anchors(text: str) -> set[str]:
    """The fragments that a heading can be reached by, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def shell_lines(name: str) -> list[str]:
    """Every block of shell commands."""
    found: list[str] = re.findall(r"^```sh\n(.*?)^```", read(name), flags=re.DOTALL | re.MULTILINE)
    return found
