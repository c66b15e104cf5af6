"""Two requests of one person with the same files, at the same moment and in another order."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from gallery import store
from gallery.errors import Unavailable
from gallery.ingest import intake
from gallery.ingest.intake import Accepted, accept_all
from gallery.models import Image, OutboxEntry, User
from tests import pictures
from tests.racing import Racers, racers

pytestmark = [pytest.mark.django_db(transaction=True)]

ROUNDS, FILES = 10, 50


@pytest.fixture
def race() -> Iterator[Racers]:
    with racers() as made:
        yield made


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two requests acknowledge their files at the same moment: when both have stored them all."""
    meeting, acknowledge = threading.Barrier(2), intake._acknowledge

    def acknowledge_together(images: Sequence[Image]) -> None:
        if images:
            meeting.wait(timeout=30)
        acknowledge(images)

    monkeypatch.setattr(intake, "_acknowledge", acknowledge_together)


def uploads(number: int) -> list[SimpleUploadedFile]:
    """The files of a round: small ones."""
    return [
        SimpleUploadedFile(f"{place}.png", pictures.encoded(pictures.plain(width=8 + place, height=8 + number), "PNG"))
        for place in range(FILES)
    ]


def test_they_do_not_wait_crosswise(
    media: Path, lena: User, race: Racers, together: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(ROUNDS):
        with monkeypatch.context() as down:
            down.setattr(store, "keep", _is_down)
            with pytest.raises(Unavailable):
                accept_all(uploads(number), by=lena)  # their rows are there now, for both requests to complete
        both = race.at_once(
            lambda: accept_all(uploads(number), by=lena),  # noqa: B023 - the round ends before the number changes
            lambda: accept_all(uploads(number)[::-1], by=lena),  # noqa: B023
        )
        assert all(isinstance(found, Accepted) for request in both for found in request)  # type: ignore[attr-defined]
    assert Image.objects.filter(stage=Image.Stage.STORED).count() == ROUNDS * FILES
    assert OutboxEntry.objects.filter(topic="ingest").count() == ROUNDS * FILES


def _is_down(*_args: object, **_options: object) -> None:
    raise Unavailable("storage", "down")
