"""Each of the twelve promises of docs/moderation.md is held to by a test that names it."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from gallery.views.keys import usual

TESTS = Path(__file__).resolve().parent.parent
DESK = TESTS / "e2e" / "test_desk.py"


def promises() -> dict[int, set[str]]:
    """The tests that carry the mark of each promise; a module's mark counts for all of its tests."""
    found: dict[int, set[str]] = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.FunctionDef(name=name, decorator_list=marks):
                    pass
                case ast.Assign(targets=[ast.Name(id="pytestmark")], value=ast.List(elts=marks)):
                    name = path.name
                case _:
                    continue
            for number in map(_promised, marks):
                if number is not None:
                    found[number].add(name)
    return found


def _promised(mark: ast.expr) -> int | None:
    match mark:
        case ast.Call(
            func=ast.Attribute(attr="invariant", value=ast.Attribute(attr="mark")), args=[ast.Constant(int(n))]
        ):
            return n
    return None


@pytest.mark.parametrize("number", range(1, 13))
def test_a_promise_has_a_test(number: int) -> None:
    assert promises()[number]


def test_no_test_keeps_a_promise_that_was_not_made() -> None:
    assert set(promises()) <= set(range(1, 13))


def test_a_test_that_begins_with_a_number_carries_its_mark() -> None:
    found = promises()
    for path in TESTS.rglob("test_*.py"):
        for name, number in re.findall(r"^def (test_(\d+)_\w+)", path.read_text(), flags=re.MULTILINE):
            assert {name, path.name} & found[int(number)], f"{path.name}: {name}"


def test_every_key_of_the_sheet_is_pressed_in_a_browser() -> None:
    tree = ast.parse(DESK.read_text())
    pressed = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert [key.name for key in usual() if key.key not in pressed] == []
