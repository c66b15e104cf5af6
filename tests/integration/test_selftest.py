"""The site tried on copies of its own images."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from gallery import index, tasks
from gallery.detection import collections
from gallery.evaluation import trial
from gallery.evaluation.copies import NAMES
from gallery.ingest.intake import accept
from gallery.models import Image, OutboxEntry, Pair, SelfTest, User
from tests import pictures

pytestmark = pytest.mark.django_db


@pytest.fixture
def library(media: Path, lena: User) -> list[Image]:
    """Two images, compared."""
    images = []
    for seed in (1, 2):
        content = pictures.encoded(pictures.photograph(seed), quality=92)
        images.append(accept(SimpleUploadedFile("photo.jpg", content), by=lena).image)
    tasks.run_everything()
    return images


def test_copies_of_the_sites_own_images_are_found_and_only_figures_are_kept(
    library: list[Image], media: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, pairs = sorted(media.rglob("*")), Pair.objects.count()
    call_command("selftest", sample=1, seed=1)
    test = SelfTest.objects.get()
    assert test.images == 1
    assert set(test.tallies) == set(NAMES)
    assert test.total["copies"] == len(NAMES)
    assert test.total["certain"] >= len(NAMES) - 1
    assert test.policy.is_in_force
    assert "jpeg 30" in capsys.readouterr().out
    assert (Image.objects.count(), Pair.objects.count()) == (2, pairs)
    assert sorted(media.rglob("*")) == files
    assert not OutboxEntry.objects.exists()


def test_an_index_that_lost_its_vectors_shows(library: list[Image]) -> None:
    client = index.load()
    for name in (collections.name_of("sscd"), collections.name_of_hashes()):
        client.delete(name, list(client.ids(name)))
    test = trial.run(sample=1)
    assert test is not None
    assert test.total["met"] == 0


def test_an_image_without_its_renditions_does_not_end_the_test(library: list[Image], media: Path) -> None:
    file = library[0].files.get()
    (media / file.rendition_key("view", "jpg")).unlink()
    test = trial.run(sample=2)
    assert test is not None
    assert test.images == 1


def test_a_site_without_images_has_nothing_to_try(lena: User) -> None:
    with pytest.raises(CommandError, match="no compared image"):
        call_command("selftest")
    assert not SelfTest.objects.exists()


def test_admins_see_the_figures_and_cannot_change_them(client: Client, ada: User) -> None:
    from gallery.models import Policy

    tally = {"copies": 20, "met": 20, "flagged": 19, "certain": 15}
    test = SelfTest.objects.create(
        seconds=12.0, images=20, policy=Policy.objects.in_force(), model_key="sscd", tallies={"crop_50": tally}
    )
    client.force_login(ada)
    listed = client.get("/admin/gallery/selftest/").content.decode()
    assert "95%" in listed
    page = client.get(f"/admin/gallery/selftest/{test.pk}/change/").content.decode()
    assert "crop 50" in page
    assert 'name="_save"' not in page
