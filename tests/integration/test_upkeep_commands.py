"""The sweeper without a broker, and the comparison of the index with SQL."""

import datetime as dt
import os
import signal
import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from gallery import index, tasks
from gallery.detection import collections
from gallery.models import Collection, Fingerprint, Image, OutboxEntry, User
from tests.uploading import upload_photograph

pytestmark = pytest.mark.django_db


def make_overdue() -> None:
    OutboxEntry.objects.update(next_at=timezone.now() - dt.timedelta(seconds=10))


def test_without_a_broker_the_sweeper_does_the_work_itself(
    media: Path, lena: User, capsys: pytest.CaptureFixture[str]
) -> None:
    image = upload_photograph(lena, 0)
    make_overdue()
    call_command("sweep")
    image.refresh_from_db()
    assert image.stage == Image.Stage.COMPARED
    assert "The broker does not answer" in capsys.readouterr().out


def test_nothing_due_is_nothing_done(lena: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sweep")
    assert capsys.readouterr().out == ""


def test_a_loop_ends_on_sigterm_and_gives_the_signal_back(settings: Settings, lena: User) -> None:
    settings.CELERY_BEAT_SCHEDULE = {"sweep": {"schedule": 0.05}}
    before = signal.getsignal(signal.SIGTERM)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    call_command("sweep", loop=True)
    timer.join()
    assert signal.getsignal(signal.SIGTERM) == before


def test_work_stops_between_two_claims_when_asked_to(media: Path, lena: User) -> None:
    upload_photograph(lena, 0)
    tasks.run_everything(stopping=lambda: True)
    assert OutboxEntry.objects.filter(topic="ingest", attempts=0).count() == 1


@pytest.fixture
def indexed(media: Path, lena: User) -> list[Image]:
    """Two images that are in the index."""
    images = [upload_photograph(lena, seed) for seed in (1, 2)]
    tasks.run_everything()
    return images


def names() -> list[str]:
    return sorted(Collection.objects.values_list("name", flat=True))


def test_an_index_that_agrees_is_said_to(indexed: list[Image], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("reconcile_index", thorough=True)
    assert "holds what it should" in capsys.readouterr().out


def test_what_is_missing_is_told_and_nothing_is_changed_without_repair(
    indexed: list[Image], capsys: pytest.CaptureFixture[str]
) -> None:
    client = index.load()
    for name in names():
        client.drop(name)
    with pytest.raises(CommandError, match="--repair"):
        call_command("reconcile_index")
    assert "2 expected, 2 missing, 0 too many" in capsys.readouterr().out
    assert client.count(collections.name_of_hashes()) == 0
    assert not OutboxEntry.objects.exists()


def test_repair_puts_back_what_is_missing_and_has_it_searched_again(indexed: list[Image]) -> None:
    client = index.load()
    for name in names():
        client.drop(name)
    call_command("reconcile_index", repair=True)
    assert client.count(collections.name_of_hashes()) == 2
    assert OutboxEntry.objects.filter(topic="search").count() == 2


def test_repair_takes_away_what_is_too_many(indexed: list[Image]) -> None:
    client = index.load()
    prints = Fingerprint.objects.all()[:1]
    client.upsert(collections.name_of_hashes(), [987_654], collections.upright_hashes(list(prints)))
    call_command("reconcile_index", repair=True, thorough=True)
    assert sorted(client.ids(collections.name_of_hashes())) == sorted(Fingerprint.objects.values_list("pk", flat=True))
