"""A message that is a program: whoever can write to the broker still runs nothing on the workers."""

import os
import pickle
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dedup_site.celery import app
from gallery.ingest.intake import accept
from gallery.models import Image, User
from tests import hostile, site
from tests.workers import broker

__all__ = ["broker"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


class Program:
    """Makes a folder where it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


def test_a_pickled_message_is_refused_and_the_worker_lives(
    broker: str, media: Path, lena: User, tmp_path: Path
) -> None:
    made = tmp_path / "made-by-a-message"
    headers = {"task": "gallery.ingest", "id": "1", "lang": "py", "argsrepr": "()", "kwargsrepr": "{}"}
    with site.worker(tmp_path, queues="work") as process:
        with app.connection_for_write() as connection, connection.SimpleQueue("work") as queue:
            queue.producer.publish(
                pickle.dumps(((Program(made),), {}, {})),
                routing_key="work",
                content_type="application/x-python-serialize",
                content_encoding="binary",
                headers=headers,
            )
        log = tmp_path / "worker.log"
        site.wait_for("the message is refused", lambda: "ContentDisallowed" in log.read_text(errors="replace"))
        # Refused when it is opened, without a network or an index: this worker still does its work.
        image = accept(SimpleUploadedFile("cut.jpg", hostile.jpeg()[:-900]), by=lena).image
        site.wait_for("the upload is worked on", Image.objects.filter(pk=image.pk, stage=Image.Stage.REJECTED).exists)
        assert process.poll() is None
    assert not made.exists()
