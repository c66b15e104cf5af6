"""Pictures in a bucket: the site checks who asks, the store hands out the bytes, for a short time."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from gallery.models import User
from tests import factories, servers
from tests.integration.test_prepare_storage import keep_in_bucket

pytestmark = pytest.mark.django_db


@pytest.fixture
def bucket(settings: Settings, s3_server: servers.S3) -> str:
    keep_in_bucket(settings, s3_server, "pictures")
    call_command("prepare_storage", verbosity=0)
    return f"{s3_server.endpoint_url}/pictures/"


def fetched(address: str) -> tuple[bytes, str]:
    """The bytes and how the browser is to take them."""
    with urllib.request.urlopen(address) as response:
        return response.read(), response.headers.get("Content-Disposition", "")


def test_a_picture_is_fetched_from_the_bucket_by_a_signed_address(bucket: str, lena: User, client: Client) -> None:
    image = factories.image(lena)
    client.force_login(lena)
    response = client.get(image.thumb_url)
    assert response.status_code == 302
    assert response["Location"].startswith(bucket)
    assert response["Cache-Control"] == "private, max-age=240"
    content, _how = fetched(response["Location"])
    assert content[:3] == b"\xff\xd8\xff"


def test_without_its_signature_the_address_is_closed(bucket: str, lena: User, client: Client) -> None:
    image = factories.image(lena)
    client.force_login(lena)
    unsigned = client.get(image.thumb_url)["Location"].partition("?")[0]
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetched(unsigned)
    assert refused.value.code == 403
    refused.value.close()


def test_the_address_is_good_for_one_file_and_its_own_time_only(bucket: str, lena: User, client: Client) -> None:
    mine, other = factories.image(lena), factories.image(lena, seed=2)
    client.force_login(lena)
    address, of_other = client.get(mine.thumb_url)["Location"], client.get(other.thumb_url)["Location"]
    seconds = parse_qs(urlsplit(address).query)["X-Amz-Expires"][0]
    for forged in (
        address.replace(f"X-Amz-Expires={seconds}", "X-Amz-Expires=604800"),
        f"{of_other.partition('?')[0]}?{address.partition('?')[2]}",
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetched(forged)
        assert refused.value.code == 403
        refused.value.close()


def test_on_a_real_site_the_address_is_good_for_five_minutes_and_files_are_private() -> None:
    program = "from dedup_site import settings; print(settings.STORAGES['default']['OPTIONS'])"
    environment = {**os.environ, "S3_BUCKET": "pictures", "S3_SIGNED_ADDRESSES": "true"}
    told = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=servers.ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "'querystring_auth': True, 'querystring_expire': 300" in told
    assert "'default_acl': 'private'" in told


def test_an_original_in_a_bucket_is_a_download_under_its_own_name(bucket: str, lena: User, client: Client) -> None:
    image = factories.image(lena)
    image.files.update(original_name="Herbst am Weiher.jpg")
    client.force_login(lena)
    content, how = fetched(client.get(f"/media/{image.public_id}/original/")["Location"])
    assert content[:3] == b"\xff\xd8\xff"
    assert how == 'attachment; filename="Herbst am Weiher.jpg"'


def test_a_stranger_is_given_no_address(bucket: str, lena: User, otto: User, client: Client) -> None:
    image = factories.image(lena, visibility="private")
    client.force_login(otto)
    assert client.get(image.thumb_url).status_code == 404


@pytest.fixture
def closed_bucket(settings: Settings, bucket: str) -> str:
    """A bucket that browsers can't reach, as inside Compose."""
    store = settings.STORAGES["default"]
    options = {**store["OPTIONS"], "querystring_auth": False}
    settings.STORAGES = {**settings.STORAGES, "default": {**store, "OPTIONS": options}}
    return bucket


def test_from_a_bucket_that_browsers_cannot_reach_a_picture_comes_through_the_site(
    closed_bucket: str, lena: User, client: Client
) -> None:
    image = factories.image(lena)
    client.force_login(lena)
    shown = client.get(image.thumb_url)
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
    assert shown.getvalue()[:3] == b"\xff\xd8\xff"
    download = client.get(f"/media/{image.public_id}/original/")
    assert download["Content-Disposition"].startswith("attachment")
    assert download.getvalue()[:3] == b"\xff\xd8\xff"


def test_a_small_copy_that_the_bucket_lacks_is_not_there(closed_bucket: str, lena: User, client: Client) -> None:
    image = factories.image(lena)
    assert image.file is not None
    default_storage.delete(image.file.rendition_key("thumb", "jpg"))
    client.force_login(lena)
    assert client.get(image.thumb_url).status_code == 404
