"""Sample pictures go the way of every upload, once."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from gallery.management import samples
from gallery.models import Image, OutboxEntry, User


def load(**options: str) -> str:
    out = StringIO()
    call_command("load_samples", stdout=out, no_color=True, **options)
    return out.getvalue()


def test_every_sample_is_stored_and_its_work_is_asked_for(lena: User, media: Path) -> None:
    assert f"{samples.count()} sample pictures are uploaded; they belong to lena." in load()
    images = Image.objects.filter(owner=lena).select_related("file")
    assert images.count() == samples.count()
    assert OutboxEntry.objects.count() >= samples.count()
    cat = images.get(title="Chelsea the cat")
    assert cat.caption == "Photograph: Stéfan van der Walt (CC0)"
    assert cat.licence == "CC0"
    assert cat.file is not None
    assert cat.file.original_name == "chelsea.png"
    assert cat.stage == Image.Stage.STORED


def test_a_second_time_nothing_happens(lena: User, media: Path) -> None:
    load()
    assert "no samples are loaded" in load()
    assert Image.objects.count() == samples.count()


def test_the_owner_can_be_chosen(lena: User, otto: User, media: Path) -> None:
    load(by="otto")
    assert {image.owner for image in Image.objects.select_related("owner")} == {otto}


@pytest.mark.django_db
def test_a_site_without_people_says_what_to_run(media: Path) -> None:
    with pytest.raises(CommandError, match=r"manage\.py createsuperuser"):
        load()
    with pytest.raises(CommandError, match="no account “nobody”"):
        load(by="nobody")
