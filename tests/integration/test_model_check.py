"""``manage.py check`` says what to run when the weights are missing, and survives a database that is not ready."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from gallery.models import Policy
from tests.conftest import change_dedup


@pytest.mark.django_db
def test_an_embedder_that_is_ready_is_not_mentioned(rows_of_migrations: None) -> None:
    assert run_checks(tags=["dedup"]) == []


@pytest.mark.django_db
def test_missing_weights_are_named_with_what_to_run(
    rows_of_migrations: None, tmp_path: Path, settings: Settings
) -> None:
    change_dedup(settings, model_dir=tmp_path)
    Policy.objects.filter(pk=Policy.objects.in_force().pk).update(embedder="resnet50")
    (warning,) = run_checks(tags=["dedup"])
    assert warning.id == "gallery.W001"
    assert "manage.py fetch_models resnet50" in warning.msg


@pytest.mark.django_db
def test_a_site_without_a_policy_is_not_blamed(rows_of_migrations: None) -> None:
    Policy.objects.update(state=Policy.State.RETIRED)
    assert run_checks(tags=["dedup"]) == []


def test_before_the_first_migration_the_check_is_silent(tmp_path: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "DATABASE_URL": f"sqlite:///{tmp_path / 'new.sqlite3'}",
        "VAR_DIR": str(tmp_path),
    }
    repository = Path(__file__).parents[2]
    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--tag", "dedup", "--fail-level", "WARNING"],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
