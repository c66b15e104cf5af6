"""What every test may use: people, servers, and a site that is nobody's."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings as site
from django.contrib.auth.models import Group
from django.db import connection
from django.test import override_settings
from pytest_django import DjangoDbBlocker, Settings

from gallery import index, outbox
from gallery.models import User
from tests import servers
from tests.environment import BASE_DIR, WORKER

PASSWORD = "nine brown foxes"
"""Of every named user."""

DATA_MIGRATIONS = [
    "gallery.migrations.0002_roles_and_first_policy",
    "gallery.migrations.0008_let_admins_see_self_tests",
]
_DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "django_db_reset_sequences"}

# --- The run ----------------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database-only", action="store_true", help="leave out what touches no database, and the browser")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database-only"):
        kept = [item for item in items if _touches_database(item) and not _seen_by_a_browser(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
        items[:] = kept


def _touches_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & _DATABASE_FIXTURES)


def _seen_by_a_browser(item: pytest.Item) -> bool:
    """All but the story from upload to undo: the tests of their views ask the database the same."""
    return item.get_closest_marker("e2e") is not None and item.path.name != "test_story.py"


@pytest.fixture(scope="session", autouse=True)
def quick_settings() -> Iterator[None]:
    """A cheap password hasher and static files as they lie: both are slow in a thousand tests and tried elsewhere."""
    plain_static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={**site.STORAGES, "staticfiles": plain_static},
    ):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """SQLite in a file, as on a real site: threads and processes of a test see the same database."""
    database = site.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database["TEST"]["NAME"] = str(BASE_DIR / WORKER / "tests.sqlite3")
    elif WORKER != "main":
        database["TEST"]["NAME"] = f"tests_{WORKER}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """PostgreSQL drops no database that is in use, and a server's thread may hold its connection a moment longer."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def rows_of_migrations(request: pytest.FixtureRequest) -> None:
    """A test with real transactions empties every table when it ends, also of the rows that migrations made."""
    if _touches_database(request.node):
        request.getfixturevalue("db")
        if not Group.objects.exists():
            for name in DATA_MIGRATIONS:
                importlib.import_module(name).make(apps, SimpleNamespace(connection=connection))


# --- Places and servers -----------------------------------------------------------------------------------------------


def change_dedup(settings: Settings, **changes: Any) -> None:
    """Change settings of :mod:`gallery.conf` for one test."""
    settings.DEDUP = {**settings.DEDUP, **changes}


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    """An empty folder for uploaded files."""
    folder = tmp_path / "media"
    folder.mkdir()
    settings.MEDIA_ROOT = folder
    local = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(folder), "allow_overwrite": True},
    }
    settings.STORAGES = {**settings.STORAGES, "default": local}
    return folder


@pytest.fixture(autouse=True)
def rings_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an earlier test learned of its broker is forgotten: each starts as a fresh process would."""
    monkeypatch.setattr(outbox, "_closed_until", 0.0)


@pytest.fixture(autouse=True)
def fresh_index() -> Iterator[None]:
    """The memory index lives as long as its instance."""
    yield
    index.forget()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis of this worker's."""
    with servers.redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def milvus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of an embedded Milvus of this worker's."""
    with servers.milvus(tmp_path_factory.mktemp("milvus") / "data") as server:
        yield server.uri


@pytest.fixture
def milvus(milvus_server: str, settings: Settings) -> str:
    """Milvus as the index of this test, with collections that no other test has. The URI."""
    change_dedup(settings, index="milvus", milvus_uri=milvus_server, milvus_prefix=f"t{uuid4().hex}_")
    return milvus_server


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.S3]:
    """An S3 server of this worker's; a test makes its own bucket."""
    with servers.s3(tmp_path_factory.mktemp("s3") / "data") as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL of this worker's, whatever database the run itself uses."""
    with servers.postgres() as url:
        yield url


# --- People -----------------------------------------------------------------------------------------------------------


def make_user(name: str, *roles: str) -> User:
    """Somebody with the password :data:`PASSWORD`, in the groups ``roles``."""
    user = User.objects.create_user(name, f"{name}@example.org", PASSWORD, is_staff="admin" in roles)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


@pytest.fixture
def lena(db: None, rows_of_migrations: None) -> User:
    """Uploads."""
    return make_user("lena", "uploader")


@pytest.fixture
def otto(db: None, rows_of_migrations: None) -> User:
    """Uploads too, and sees nothing of Lena's."""
    return make_user("otto", "uploader")


@pytest.fixture
def mara(db: None, rows_of_migrations: None) -> User:
    """Moderates."""
    return make_user("mara", "moderator")


@pytest.fixture
def jon(db: None, rows_of_migrations: None) -> User:
    """Moderates, and decides what others can't."""
    return make_user("jon", "senior")


@pytest.fixture
def ada(db: None, rows_of_migrations: None) -> User:
    """Looks after the site."""
    return make_user("ada", "admin")
