"""``manage.py prepare_storage`` against a real S3 server."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests import servers


def keep_in_bucket(settings: Settings, server: servers.S3, name: str, *, secret_key: str = "") -> None:
    options = {
        "bucket_name": name,
        "endpoint_url": server.endpoint_url,
        "access_key": server.access_key,
        "secret_key": secret_key or server.secret_key,
        "region_name": "us-east-1",
        "addressing_style": "path",
        "signature_version": "s3v4",
    }
    bucket = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": bucket}


def prepare() -> str:
    said = StringIO()
    call_command("prepare_storage", stdout=said)
    return said.getvalue().strip()


def test_the_bucket_is_made_once_and_then_holds_files(settings: Settings, s3_server: servers.S3) -> None:
    keep_in_bucket(settings, s3_server, "new-bucket")
    assert prepare() == "Made the bucket new-bucket."
    assert prepare() == "The bucket new-bucket is there."
    default_storage.save("a/b.txt", ContentFile(b"kept"))
    with default_storage.open("a/b.txt") as kept:
        assert kept.read() == b"kept"


def test_a_wrong_secret_is_told(settings: Settings, s3_server: servers.S3) -> None:
    keep_in_bucket(settings, s3_server, "other-bucket", secret_key="wrong")
    with pytest.raises(CommandError, match="refuses the bucket other-bucket"):
        prepare()


def test_a_local_folder_needs_nothing(media: Path) -> None:
    assert prepare() == "Files are kept on a local disk; there is nothing to prepare."
