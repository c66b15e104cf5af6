"""What ``manage.py check --deploy`` says of dangerous settings, and that it is silent about sound ones."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Error, Info, Warning, run_checks
from django.core.checks.registry import registry
from pytest_django import Settings

from gallery.health import deployment
from gallery.images import jail
from gallery.models import User
from tests.conftest import change_dedup, make_user
from tests.documents import rows, section

pytestmark = pytest.mark.django_db

KINDS = {"E": Error, "W": Warning, "I": Info}
BUCKET = {"querystring_auth": True, "default_acl": "private", "endpoint_url": "https://store.example.org"}


def bucket(**options: Any) -> dict[str, Any]:
    return {"default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**BUCKET, **options}}}


def postgres(**values: Any) -> dict[str, Any]:
    there = {"ENGINE": "django.db.backends.postgresql", "HOST": "db.example.org", "PASSWORD": "a-long-one"}
    return {"default": {**there, **values}}


@pytest.fixture
def sound(settings: Settings) -> Settings:
    """A site in production with nothing to remark."""
    settings.PRODUCTION = True
    settings.SECRET_KEY = "".join(chr(33 + number) for number in range(60))
    settings.ALLOWED_HOSTS = ["dedup.example.org"]
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.STORAGES = bucket()
    change_dedup(
        settings,
        index="milvus",
        milvus_uri="https://milvus.example.org:19530",
        milvus_token="somebody:something",
        redis_url="redis://:a-long-one@redis.example.org:6379/0",
    )
    return settings


def said(databases: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The ids of what the checks find on a site with ``databases``, each of the kind that its letter says."""
    monkeypatch.setattr("django.conf.settings.DATABASES", databases)
    found = deployment.check_deployment()
    assert all(message.hint for message in found)
    assert all(isinstance(message, KINDS[str(message.id)[8]]) for message in found)
    return {str(message.id) for message in found}


def test_nothing_is_said_of_a_sound_site(sound: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(postgres(), monkeypatch) == set()


OF_DJANGO: list[tuple[str, dict[str, Any]]] = [
    ("W002", {"PRODUCTION": False}),
    ("E003", {"DEBUG": True}),
    ("E004", {"SECRET_KEY": "short"}),
    ("E004", {"SECRET_KEY": "ab" * 40}),
    ("E005", {"ALLOWED_HOSTS": ["dedup.example.org", "*"]}),
    ("W006", {"SESSION_COOKIE_SECURE": False}),
    ("W006", {"CSRF_COOKIE_SECURE": False}),
    ("W007", {"CSRF_TRUSTED_ORIGINS": ["https://*.example.org"]}),
    ("W007", {"CSRF_TRUSTED_ORIGINS": ["http://dedup.example.org"]}),
    ("W008", {"AXES_FAILURE_LIMIT": 0}),
    ("W008", {"AXES_FAILURE_LIMIT": 1_000_000}),
    ("I016", {"STORAGES": bucket(querystring_auth=False)}),
    ("W017", {"STORAGES": bucket(endpoint_url="http://store.example.org")}),
    ("E018", {"STORAGES": bucket(default_acl="public-read")}),
    ("W019", {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": {"img-src": ["'self'", "*"]}}}),
    ("W019", {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": {"img-src": ["http://store.example.org"]}}}),
]


@pytest.mark.parametrize(("number", "values"), OF_DJANGO)
def test_a_dangerous_setting_is_named(
    sound: Settings, monkeypatch: pytest.MonkeyPatch, number: str, values: dict[str, Any]
) -> None:
    for name, value in values.items():
        setattr(sound, name, value)
    assert said(postgres(), monkeypatch) == {f"gallery.{number}"}


OURS: list[tuple[str, dict[str, Any]]] = [
    ("W011", {"redis_url": "redis://redis.example.org:6379/0"}),
    ("E012", {"index": "memory"}),
    ("W013", {"milvus_uri": "http://127.0.0.1:19530"}),
    ("W013", {"milvus_uri": "http://localhost:19530"}),
    ("W014", {"milvus_token": ""}),
    ("W020", {"decode_seconds": 0}),
    ("W020", {"decode_seconds": 3600}),
    ("W020", {"decode_memory_mb": 0}),
    ("W020", {"decode_memory_mb": 100_000}),
    ("W021", {"max_megapixels": 10_000}),
    ("W022", {"metrics_token": "metrics"}),
    ("W023", {"keep_absorbed_days": 0}),
]


@pytest.mark.parametrize(("number", "values"), OURS)
def test_a_dangerous_setting_of_ours_is_named(
    sound: Settings, monkeypatch: pytest.MonkeyPatch, number: str, values: dict[str, Any]
) -> None:
    change_dedup(sound, **values)
    assert said(postgres(), monkeypatch) == {f"gallery.{number}"}


def test_neighbours_on_this_machine_need_no_password(sound: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    change_dedup(sound, redis_url="redis://127.0.0.1:6379/0")
    assert said(postgres(HOST="", PASSWORD=""), monkeypatch) == set()


@pytest.mark.parametrize(
    ("number", "databases"),
    [("W009", {"default": {"ENGINE": "django.db.backends.sqlite3"}}), ("W010", postgres(PASSWORD=""))],
)
def test_a_dangerous_database_is_named(
    sound: Settings, monkeypatch: pytest.MonkeyPatch, number: str, databases: dict[str, Any]
) -> None:
    assert said(databases, monkeypatch) == {f"gallery.{number}"}


def test_originals_among_the_static_files_are_named(
    sound: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    local = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "media")}}
    sound.STORAGES = {"default": local}
    assert said(postgres(), monkeypatch) == {"gallery.I016"}
    sound.STATIC_ROOT = tmp_path
    assert said(postgres(), monkeypatch) == {"gallery.I016", "gallery.E015"}


def test_demo_accounts_are_named_until_they_are_deactivated(
    sound: Settings, monkeypatch: pytest.MonkeyPatch, lena: User
) -> None:
    User.objects.create_user("mara", "mara@real.example.com", "nine brown foxes")
    make_user("somebody", "uploader")
    messages = deployment.check_deployment()
    assert "lena." in next(str(message.msg) for message in messages if message.id == "gallery.W024")
    User.objects.filter(pk=lena.pk).update(is_active=False)
    assert said(postgres(), monkeypatch) == set()


def test_a_jail_that_cannot_be_is_named(sound: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    change_dedup(sound, decoder_jail=True)
    monkeypatch.setenv("PATH", str(tmp_path))
    jail.missing.cache_clear()
    try:
        assert said(postgres(), monkeypatch) == {"gallery.E025"}
    finally:
        jail.missing.cache_clear()


def test_they_are_part_of_check_deploy_and_of_no_other_check() -> None:
    assert deployment.check_deployment in registry.deployment_checks
    assert deployment.check_deployment not in registry.registered_checks
    ids = {str(message.id) for message in run_checks(tags=["dedup"], include_deployment_checks=True)}
    assert "gallery.W002" in ids


def test_the_list_of_checks_is_complete() -> None:
    source = Path(deployment.__file__).read_text() + Path(deployment.__file__).with_name("model_check.py").read_text()
    told = [row[0].strip("`") for row in rows(section("docs/security.md", "## Checks"))]
    assert told == sorted(told, key=lambda name: name[9:])
    assert set(told) == set(re.findall(r'id="(gallery\.[EWI]\d{3})"', source))
    tried = {f"gallery.{number}" for number, _values in OF_DJANGO + OURS}
    elsewhere = {"gallery.W001", "gallery.W009", "gallery.W010", "gallery.E015", "gallery.W024", "gallery.E025"}
    assert set(told) == tried | elsewhere
