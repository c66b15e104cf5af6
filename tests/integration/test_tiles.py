"""All the pixels of a picture, for those who may have its original: made when asked for, kept for some days."""

import datetime as dt
import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery import outbox, tasks
from gallery.images.tiles import cut
from gallery.ingest.enlarging import forget_tiles
from gallery.models import Image, OutboxEntry, StoredFile, User
from gallery.review.purging import purge_due
from tests import factories, pictures

pytestmark = pytest.mark.usefixtures("media")

WIDTH, HEIGHT = 2100, 700


@pytest.fixture
def large(lena: User, media: Path) -> Image:
    return factories.image(
        lena, pictures.photograph(1, width=WIDTH, height=HEIGHT, things=12), visibility=Image.Visibility.PRIVATE
    )


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def fetched(client: Client, path: str) -> bytes:
    response = client.get(path)
    assert response.status_code == 200
    return response.getvalue()


def address(image: Image, column: int, row: int) -> str:
    return reverse("tile", args=[image.public_id, column, row])


def test_tiles_are_the_pixels_of_the_original(mara: User, large: Image) -> None:
    client = logged_in(mara)
    assert client.get(address(large, 0, 0)).status_code == 404
    for _twice in range(2):
        assert client.post(reverse("tiles", args=[large.public_id])).status_code == 202
    assert OutboxEntry.objects.filter(topic="tile").count() == 1
    tasks.work_on("tile")
    assert not outbox.overdue(seconds=0)
    with large.files.get().blob.open("rb") as file:
        whole = np.asarray(PIL.Image.open(file).convert("RGB")).astype(int)
    for column, width in enumerate((1024, 1024, WIDTH - 2048)):
        tile = np.asarray(PIL.Image.open(io.BytesIO(fetched(client, address(large, column, 0))))).astype(int)
        assert tile.shape == (HEIGHT, width, 3)
        assert np.abs(tile - whole[:, column * 1024 : column * 1024 + width]).mean() < 2
    assert client.get(address(large, 3, 0)).status_code == 404
    client.post(reverse("tiles", args=[large.public_id]))
    assert not OutboxEntry.objects.filter(topic="tile").exists()


def test_they_are_for_those_who_may_have_the_original(mara: User, lena: User, otto: User, large: Image) -> None:
    logged_in(lena).post(reverse("tiles", args=[large.public_id]))
    tasks.work_on("tile")
    assert fetched(logged_in(mara), address(large, 0, 0)) == fetched(logged_in(lena), address(large, 0, 0))
    assert logged_in(otto).get(address(large, 0, 0)).status_code == 404
    assert logged_in(otto).post(reverse("tiles", args=[large.public_id])).status_code == 404


def test_a_small_picture_has_none(mara: User, lena: User) -> None:
    small = factories.image(lena)
    assert logged_in(mara).post(reverse("tiles", args=[small.public_id])).status_code == 404


def test_a_file_that_cannot_be_cut_is_left_as_it_is(mara: User, large: Image) -> None:
    stored = large.files.get()
    default_storage.delete(str(stored.blob.name))
    logged_in(mara).post(reverse("tiles", args=[large.public_id]))
    tasks.work_on("tile")
    assert not OutboxEntry.objects.filter(topic="tile").exists()
    assert StoredFile.objects.get(pk=stored.pk).tiled_at is None


def test_they_go_after_a_week_and_with_the_file(mara: User, large: Image) -> None:
    def make() -> StoredFile:
        logged_in(mara).post(reverse("tiles", args=[large.public_id]))
        tasks.work_on("tile")
        stored = large.files.get()
        assert [default_storage.exists(key) for key in stored.tile_keys()] == [True] * 3
        return stored

    stored = make()
    assert forget_tiles() == 0
    StoredFile.objects.update(tiled_at=timezone.now() - dt.timedelta(days=8))
    assert forget_tiles() == 1
    assert not any(default_storage.exists(key) for key in stored.tile_keys())
    stored = make()
    Image.objects.update(standing=Image.Standing.REMOVED)
    StoredFile.objects.update(purge_after=timezone.now())
    assert purge_due() == 1
    assert not any(default_storage.exists(key) for key in stored.tile_keys())


def test_a_picture_is_cut_from_the_upper_left() -> None:
    tiles = cut(pictures.photograph(2, width=100, height=70, things=3), side=64)
    sizes = {place: PIL.Image.open(io.BytesIO(data)).size for place, data in tiles.items()}
    assert sizes == {(0, 0): (64, 64), (1, 0): (36, 64), (0, 1): (64, 6), (1, 1): (36, 6)}
