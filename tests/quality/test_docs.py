"""The documents are true of the code: whatever they name exists, and tables that repeat the code agree with it."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.management import get_commands
from django.test import Client
from django.urls import Resolver404, resolve

from gallery import errors
from gallery.api.root import api
from gallery.detection.policies import rules_of
from gallery.models import Policy
from gallery.models.policy import KEEPER_WEIGHTS, MERGE_RULES
from gallery.views.keys import usual
from tests.documents import NAMES, ROOT, anchors, quoted, read, rows, section, shell_lines, without_blocks

ADRS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))

OF_THE_MAKEFILE = {"PYTHON", "CHROMIUM", "TORCH_INDEX_URL"}
NOT_OURS = {"IMMEDIATE", "OPENBLAS_NUM_THREADS"}
"""A word of SQL, and a variable that a library of NumPy reads."""

PACKAGES = ("gallery", "dedup_site", "tests", "docs", "templates", "static", "docker")


# --- Whatever is named exists -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", read(name)):
        if target.startswith(("https://", "http://")):
            continue
        path, _hash, fragment = unquote(target).partition("#")
        file = (ROOT / name).parent / path if path else ROOT / name
        assert file.resolve().is_relative_to(ROOT), target
        assert file.exists(), f"{name}: {target}"
        if fragment:
            assert fragment in anchors(file.read_text()), f"{name}: {target}"


@pytest.mark.parametrize("name", NAMES)
def test_every_target_of_make_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    mentioned = set(re.findall(r"\bmake ([a-z][a-z-]*)", " ".join([*quoted(read(name)), *shell_lines(name)])))
    assert mentioned <= targets


def test_every_target_that_make_offers_is_told() -> None:
    offered = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    told = {text.removeprefix("make ") for text in quoted(section("docs/development.md", "## Set up"))}
    assert sorted(offered - told - {"help", "install"}) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_command_exists(name: str) -> None:
    mentioned = set(re.findall(r"manage\.py\s+([a-z_]+)", read(name)))
    assert mentioned <= set(get_commands())


@pytest.mark.parametrize("name", NAMES)
def test_every_option_of_a_command_exists(name: str) -> None:
    for command, words in re.findall(r"manage\.py\s+([a-z_]+)([^`\n]*)", read(name)):
        source = ROOT / "gallery" / "management" / "commands" / f"{command}.py"
        if source.exists():
            for option in re.findall(r"--[a-z-]+", words):
                assert f'"{option}"' in source.read_text(), f"{name}: {command} {option}"


def env_example() -> set[str]:
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]*)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))


def names_in_code() -> set[str]:
    """The registries and constants of the code: NAME = … or NAME: … = … at the start of a line."""
    found: set[str] = set()
    for path in (ROOT / "gallery").rglob("*.py"):
        found |= set(re.findall(r"^([A-Z][A-Z0-9_]+)\b.*=", path.read_text(), flags=re.MULTILINE))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_exists(name: str) -> None:
    known = env_example() | OF_THE_MAKEFILE | names_in_code() | NOT_OURS
    mentioned = {word for text in quoted(read(name)) for word in re.findall(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", text)}
    mentioned |= {text for text in quoted(read(name)) if re.fullmatch(r"[A-Z][A-Z0-9]{3,}", text)}
    set_in_shell = {word for text in shell_lines(name) for word in re.findall(r"\b([A-Z][A-Z0-9_]{2,})=", text)}
    assert sorted((mentioned | set_in_shell) - known) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_file_exists(name: str) -> None:
    for text in quoted(read(name)):
        if re.fullmatch(rf"({'|'.join(PACKAGES)})(/[\w.-]+)+/?", text):
            assert (ROOT / text).exists(), f"{name}: {text}"


@pytest.mark.parametrize("name", NAMES)
def test_every_address_exists(name: str) -> None:
    for text in quoted(read(name)):
        if re.fullmatch(r"/[\w/<>.-]*", text):
            assert answers(text), f"{name}: {text}"


def answers(address: str) -> bool:
    samples = ("7", "k7m2k7m2k7m2", "6f0c0000-0000-4000-8000-000000000000")
    for sample in samples:
        try:
            resolve(re.sub(r"<[^>]+>", sample, address))
        except Resolver404:
            continue
        return True
    return False


# --- Tables that repeat the code agree with it ------------------------------------------------------------------------


def test_the_floors_are_those_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    checked = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    drawn = re.search(r"^```floors\n(.*?)^```", read("docs/architecture.md"), flags=re.DOTALL | re.MULTILINE)
    assert drawn
    assert drawn.group(1).splitlines() == checked


def test_every_room_is_described() -> None:
    described = section("docs/architecture.md", "## Floors")
    for path in (ROOT / "gallery").iterdir():
        is_room = path.is_dir() and any(path.glob("*.py")) and path.name != "migrations"
        if is_room:
            assert f"`gallery/{path.name}/`" in described, path.name


def test_the_table_of_settings_is_complete() -> None:
    named = [word for row in rows(section("docs/operations.md", "## Settings")) for word in quoted(row[1])]
    assert sorted(named) == sorted(set(named))
    assert set(named) == env_example()


def test_the_settings_that_compose_keeps_to_itself_are_told() -> None:
    told = " ".join(section("docs/operations.md", "## Settings").split())
    told = told.partition("passes all of them on but these")[2].partition(". ")[0]
    read_by_compose = set(re.findall(r"\$\{([A-Z0-9_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert set(quoted(told)) == env_example() - read_by_compose


def test_the_table_of_thresholds_has_the_defaults_of_the_policy() -> None:
    told = {row[0].strip("`"): row[1] for row in rows(section("docs/detection.md", "## The policy's defaults"))}
    elsewhere = {"embedder", "keeper_weights", "merge_rules"}
    assert told == {name: str(value) for name, value in rules_of(Policy()).items() if name not in elsewhere}


def test_the_table_of_tiers_names_the_thresholds_of_the_policy() -> None:
    tiers = {row[0]: row[1] for row in rows(section("docs/architecture.md", "## Tiers"))}
    policy = Policy()
    assert f"≤ {policy.pdq_certain} with quality ≥ {policy.pdq_min_quality}" in tiers["certain"]
    assert f"≥ {policy.strict_cells} cells, correlation > {policy.strict_ncc:.2f}" in tiers["certain"]
    assert f"≥ {policy.strict_textured:.0%}".replace("%", " %") in tiers["certain"]
    assert f"lettering differs on > {policy.certain_changed_share} of" in tiers["certain"]
    assert f"geometry is strict, on > {policy.certain_lettered_share}." in tiers["certain"]
    assert f"≥ {policy.loose_cells} cells, correlation > {policy.loose_ncc:.2f}" in tiers["likely"]
    assert f"PDQ ≤ {policy.pdq_review}; or similarity ≥ {policy.similarity_review:.2f}" in tiers["likely"]
    assert f"similarity ≥ {policy.similarity_weak:.2f}" in tiers["weak"]
    assert f"similarity {policy.similarity_floor:.2f}" in tiers["stored only"]


def test_the_table_of_keys_is_the_key_map() -> None:
    told = [word for row in rows(section("docs/moderation.md", "## Keys")) for word in quoted(row[0])]
    assert sorted(told) == sorted(key.shown for key in usual())


def test_the_table_of_merge_rules_is_that_of_the_policy() -> None:
    names = {row[0] for row in rows(section("docs/moderation.md", "## Merging"))}
    assert names == set(MERGE_RULES)


def test_there_are_as_many_promises_as_the_mark_says() -> None:
    numbers = re.findall(r"^(\d+)\. ", section("docs/moderation.md", "## What always holds"), flags=re.MULTILINE)
    assert [int(number) for number in numbers] == list(range(1, 13))


def test_the_metrics_are_those_that_are_served() -> None:
    told = {row[0].strip("`") for row in rows(section("docs/operations.md", "## Health")) if "dedup_" in row[0]}
    served: set[str] = set()
    for path in (ROOT / "gallery" / "metrics.py", ROOT / "gallery" / "health" / "gauges.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id=kind), args=[ast.Constant(value=str(name)), *_]) if name.startswith(
                    "dedup_"
                ):
                    served.add(name if "Counter" not in kind else f"{name}_total")
    assert told == served


def test_the_events_are_those_that_are_logged() -> None:
    told = {row[0].strip("`") for row in rows(section("docs/operations.md", "## Health")) if "dedup_" not in row[0]}
    logged = set[str]()
    for path in (ROOT / "gallery").rglob("*.py"):
        logged |= set(re.findall(r'log\.(?:warning|error)\(\s*"(\w+)"', path.read_text()))
    assert {name for name in told if re.fullmatch("[a-z_]+", name)} == logged


def test_the_operations_are_those_of_the_api() -> None:
    told = {
        (row[0], re.sub(r"<\w+>", "<>", row[1].strip("`"))) for row in rows(section("docs/api.md", "## Operations"))
    }
    described = api.get_openapi_schema()["paths"]
    offered = {
        (method.upper(), re.sub(r"{\w+}", "<>", path)) for path, methods in described.items() for method in methods
    }
    assert told == offered


@pytest.mark.django_db
def test_the_page_that_lists_the_operations_opens_for_everybody(client: Client) -> None:
    assert "`/api/docs`" in read("docs/api.md")
    page = client.get("/api/docs")
    assert page.status_code == 200
    assert "Idempotency-Key" in page.content.decode()
    assert client.get("/api/openapi.json").status_code == 200


def test_the_codes_of_problems_are_those_that_are_sent() -> None:
    told = {row[0].strip("`"): row[1] for row in rows(section("docs/api.md", "## Problems"))}
    families_and_never_sent = {errors.IngestError, errors.ReviewError, errors.Poisoned}
    for kind in subclasses(errors.DedupError):
        if kind not in families_and_never_sent:
            assert told.get(kind.code) == str(kind.status), kind.__name__
    sent = (ROOT / "gallery" / "api").rglob("*.py")
    source = " ".join(path.read_text() for path in [*sent, ROOT / "gallery" / "errors.py"])
    assert [code for code in told if f'"{code}"' not in source] == []


def subclasses(kind: type[errors.DedupError]) -> Iterator[type[errors.DedupError]]:
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield below
            yield from subclasses(below)


def test_the_reasons_for_a_keeper_are_told() -> None:
    """A reason that is new in the code is to be explained to moderators."""
    words = {
        "pixels": "more pixels",
        "whole": "the whole picture",
        "compression": "less compression",
        "format": "a format that keeps more",
        "metadata": "better described",
        "references": "more in use",
        "age": "first seen",
        "owner": "its owner has been here longer",
    }
    assert set(words) == set(KEEPER_WEIGHTS)
    told = " ".join(section("docs/moderation.md", "## Merging").split())
    assert [word for word in words.values() if word not in told] == []


# --- Their form -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ADRS, ids=lambda path: path.stem)
def test_a_decision_is_short_and_says_why_what_and_what_then(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(f"# {path.name[:4]}: ")
    assert len(text.splitlines()) <= 40
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == ["Context", "Decision", "Consequences"]
    title = text.splitlines()[0].removeprefix("# ")
    assert f"- [{title}]({path.name})" in read("docs/adr/README.md")


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.name[:4]) for path in ADRS] == list(range(1, len(ADRS) + 1))


def test_the_glossary_is_in_order() -> None:
    words = [row[0].lower() for row in rows(read("docs/glossary.md"))]
    assert words == sorted(words)


@pytest.mark.parametrize("name", NAMES)
def test_it_speaks_of_no_machine_and_of_nothing_unfinished(name: str) -> None:
    text = read(name)
    assert re.findall(r"(?<![\w.])/(?:work|root|tmp|home|mnt)/", text) == []
    assert re.findall(r"\b(?:TODO|FIXME|XXX|TBD)\b|lorem ipsum", text, flags=re.IGNORECASE) == []
    assert re.findall(r"\b(?:10|127|172|192)\.\d+\.\d+\.\d+\b", text) == []


@pytest.mark.parametrize("name", NAMES)
def test_its_lines_can_be_read_in_an_editor(name: str) -> None:
    prose = [line for line in without_blocks(read(name)).splitlines() if not line.startswith("|")]
    assert [line for line in prose if len(line) > 120] == []
