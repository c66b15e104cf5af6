""".env.example names every setting, with its real default, and nothing else."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ELSEWHERE = {"HOST", "PORT"}
"""Read by ``manage.py run_site`` from the environment."""

FACTORIES = {"str", "bool", "int", "float", "list", "db"}


def read_by_settings() -> dict[str, object]:
    """Each variable that settings.py reads, with its default where that is a literal, else None."""
    found: dict[str, object] = {}
    for node in ast.walk(ast.parse((ROOT / "dedup_site" / "settings.py").read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="env"), attr=kind), args=[ast.Constant(value=str(name)), *_]
            ):
                if kind in FACTORIES:
                    found[name] = next((_literal(word.value) for word in node.keywords if word.arg == "default"), None)
    return found


def _literal(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def documented() -> dict[str, str]:
    text = (ROOT / ".env.example").read_text()
    return dict(re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", text, flags=re.MULTILINE))


def read_by_compose() -> set[str]:
    text = (ROOT / "docker-compose.yml").read_text()
    return set(re.findall(r"\$\{([A-Z0-9_]+)", text))


def test_every_setting_is_documented() -> None:
    assert sorted(set(read_by_settings()) - set(documented())) == []


def test_every_variable_of_the_compose_file_is_documented() -> None:
    assert sorted(read_by_compose() - set(documented())) == []


def test_nothing_is_documented_that_nobody_reads() -> None:
    assert sorted(set(documented()) - set(read_by_settings()) - read_by_compose() - ELSEWHERE) == []


@pytest.mark.parametrize("name", sorted(read_by_settings()))
def test_the_documented_default_is_the_real_one(name: str) -> None:
    default = read_by_settings()[name]
    if default is None or isinstance(default, list):
        return
    expected = str(default).lower() if isinstance(default, bool) else str(default)
    assert documented()[name] == expected


def test_the_example_sets_nothing() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
