"""``manage.py create_demo``."""

from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import RequestFactory
from pytest_django import Settings

from gallery.models import User
from tests.conftest import change_dedup


@pytest.fixture
def var(settings: Settings, tmp_path: Path) -> Path:
    change_dedup(settings, var_dir=tmp_path)
    return tmp_path


@pytest.mark.django_db
def test_each_role_gets_an_account_that_works(var: Path) -> None:
    call_command("create_demo", verbosity=0)
    note = var / "demo_accounts.txt"
    for line in note.read_text().splitlines():
        role, name, password = line.split()
        user = authenticate(RequestFactory().post("/login/"), username=name, password=password)
        assert user is not None
        assert user.roles == {role}
        assert user.is_staff == (role == "admin")
    assert not User.objects.filter(is_superuser=True).exists()


@pytest.mark.django_db
def test_an_account_that_exists_is_left_alone(var: Path, lena: User) -> None:
    before = lena.password
    call_command("create_demo", verbosity=0)
    call_command("create_demo", verbosity=0)
    lena.refresh_from_db()
    assert lena.password == before
    assert User.objects.count() == 4
    assert "lena" not in (var / "demo_accounts.txt").read_text()


@pytest.mark.django_db
def test_a_site_in_production_gets_none(var: Path, settings: Settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="in production"):
        call_command("create_demo")
    assert not User.objects.exists()
