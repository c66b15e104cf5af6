"""What people read on pages and in answers: plain words, and for every refusal what to do next."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = re.compile(r"\b(error|invalid|please|sorry|oops|illegal|abort(ed)?|fatal)\b", re.IGNORECASE)

TRANSLATES = {"_", "_now", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
TAGS = re.compile(
    r"""{%\s*translate\s+(?P<quote>["'])(?P<one>.*?)(?P=quote)|{%\s*blocktranslate.*?%}(?P<block>.*?){%\s*endblock""",
    re.DOTALL,
)

SAID = re.compile(
    r"""{%\s*blocktranslate.*?endblocktranslate\s*%}|{%\s*comment.*?endcomment\s*%}|{\#.*?\#}|&\w+;"""
    r"""|{%\s*block\s+\w*class\w*\s*%}.*?{%\s*endblock[^%]*%}|<kbd>.*?</kbd>|<code>.*?</code>|{%.*?%}|{{.*?}}""",
    re.DOTALL,
)
"""What of a template is translated, filled in, or no words: the names of keys, addresses and classes."""

TAG = re.compile(r"<[^>]*>")
TOLD = re.compile(r"""\b(?:alt|title|placeholder|aria-label|data-(?:words|sentence)[\w-]*)="([^"]*)\"""")
"""The attributes that are read to people."""

UNTRANSLATED = {"500.html"}
"""Shown where nothing works any more, translations among it."""

REFUSALS = {"RuleBroken", "NotAllowed", "CaseChanged", "NothingToUndo", "DetailsError", "ImageChanged", "PolicyError"}
FILLED = re.compile(r"%\(\w+\)s")


def texts_of(call: ast.Call) -> list[str]:
    return [one.value for one in ast.walk(call) if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def calls_in(path: Path, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node


def modules() -> list[Path]:
    return [path for path in (ROOT / "gallery").rglob("*.py") if "migrations" not in path.parts]


def translated() -> Iterator[tuple[Path, str]]:
    for path in modules():
        for call in calls_in(path, TRANSLATES):
            yield from ((path, text) for text in texts_of(call))
    for path in (ROOT / "templates").rglob("*.html"):
        for found in TAGS.finditer(path.read_text()):
            yield path, found["one"] or found["block"]


def test_no_word_of_machines_is_shown_to_people() -> None:
    shown = list(translated())
    assert len(shown) > 500
    assert [f"{path.name}: {text}" for path, text in shown if FORBIDDEN.search(text)] == []


def test_every_word_of_a_page_can_be_translated() -> None:
    found = []
    for path in (ROOT / "templates").rglob("*.html"):
        text = SAID.sub(" ", path.read_text())
        read = [TAG.sub(" ", text), *TOLD.findall(text)]
        words = [word for part in read for word in re.findall(r"[A-Za-z]{2,}", part)]
        found += [f"{path.name}: {word}" for word in words if path.name not in UNTRANSLATED]
    assert found == []


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_a_refusal_is_made_of_whole_sentences(name: str) -> None:
    """One that is put together elsewhere is looked at where it is written."""
    sentences = [
        FILLED.sub("X", text)
        for path in modules()
        for refusal in calls_in(path, {name})
        for call in ast.walk(refusal)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in TRANSLATES
        for text in texts_of(call)
    ]
    assert sentences
    assert [text for text in sentences if not text.endswith(".") or not (text[0].isupper() or text[0] == "“")] == []
