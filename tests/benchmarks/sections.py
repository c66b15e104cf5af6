"""Sections of docs/benchmarks.md. Each measurement writes its own and leaves the others as they are."""

import re
import sys
from pathlib import Path


def put(name: str, text: str, page: Path | None) -> None:
    """Write ``text`` as the section ``name`` of ``page``, at its end if it has none yet; without a page, print it."""
    section = f"<!-- {name} -->\n{text.strip()}\n<!-- end of {name} -->"
    if page is None:
        sys.stdout.write(text)
        return
    written = page.read_text(encoding="utf-8") if page.exists() else "# Benchmarks\n"
    there = re.compile(rf"<!-- {name} -->.*?<!-- end of {name} -->", re.DOTALL)
    changed, count = there.subn(lambda _found: section, written)
    page.write_text(changed if count else f"{written.rstrip()}\n\n{section}\n", encoding="utf-8")
