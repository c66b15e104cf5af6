"""Whether the site says truthfully how it is."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import pytest
from botocore.config import Config
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from gallery.health import neighbours
from gallery.health.neighbours import NEIGHBOURS, Neighbour, ask_all
from gallery.models import Decision, Image, OutboxEntry, User
from tests.conftest import change_dedup
from tests.servers import free_port


@pytest.fixture
def well(settings: Settings, media: Path, redis_server: str) -> None:
    """A site whose neighbours all answer; whether it has weights is the machine's business."""
    change_dedup(settings, redis_url=redis_server, index="memory")


def answers(client: Client) -> tuple[int, dict[str, dict[str, object]]]:
    response = client.get("/readyz")
    return response.status_code, response.json()["neighbours"]


# Neighbours are asked in threads: they see the database only where the test's own transaction does not hide it.
asks_in_threads = pytest.mark.django_db(transaction=True)


def test_a_process_that_answers_is_alive_whatever_its_neighbours_do(client: Client, settings: Settings) -> None:
    change_dedup(settings, redis_url=f"redis://127.0.0.1:{free_port()}/0")
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@asks_in_threads
def test_every_neighbour_is_named_and_timed(client: Client, well: None) -> None:
    status, found = answers(client)
    assert status == 200
    assert list(found) == ["database", "migrations", "storage", "redis", "milvus", "model"]
    assert all(one["well"] for name, one in found.items() if name != "model"), found
    assert all(isinstance(one["milliseconds"], float) for one in found.values())


@asks_in_threads
def test_without_redis_and_milvus_the_site_is_degraded_and_still_ready(
    client: Client, well: None, settings: Settings
) -> None:
    port = free_port()
    change_dedup(
        settings, redis_url=f"redis://127.0.0.1:{port}/0", index="milvus", milvus_uri=f"http://127.0.0.1:{port}"
    )
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    found = response.json()["neighbours"]
    assert not found["redis"]["well"]
    assert "Uploads are accepted and wait" in found["milvus"]["sentence"]


@asks_in_threads
def test_milvus_is_well_when_its_port_accepts(
    client: Client, well: None, settings: Settings, redis_server: str
) -> None:
    change_dedup(settings, index="milvus", milvus_uri=redis_server.replace("redis://", "http://"))
    assert answers(client)[1]["milvus"]["well"]


@asks_in_threads
def test_without_its_store_the_site_is_not_ready(client: Client, well: None, settings: Settings) -> None:
    port = free_port()
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": "media",
                "endpoint_url": f"http://127.0.0.1:{port}",
                "access_key": "somebody",
                "secret_key": "something",
                "client_config": Config(connect_timeout=1, read_timeout=1, retries={"max_attempts": 0}),
            },
        },
    }
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (503, "unavailable")
    assert response["Retry-After"] == "5"
    assert not response.json()["neighbours"]["storage"]["well"]


def test_a_neighbour_that_hangs_holds_up_no_probe_and_is_asked_once() -> None:
    asked: list[float] = []
    release = Event()

    def hang() -> None:
        asked.append(time.monotonic())
        release.wait(10)

    hung = (Neighbour(name="hung", ask=hang, needed=True),)
    try:
        started = time.monotonic()
        for _probe in range(3):
            (answer,) = ask_all(hung, patience=0.1)
            assert not answer.well
            assert "No answer within 0.1 s" in answer.sentence
        assert time.monotonic() - started < 2
        assert len(asked) == 1
    finally:
        release.set()


def test_each_neighbour_has_a_name_of_its_own() -> None:
    assert len({neighbour.name for neighbour in NEIGHBOURS}) == len(NEIGHBOURS)
    assert {one.name for one in NEIGHBOURS if one.needed} == {"database", "migrations", "storage"}
    assert neighbours.PATIENCE_SECONDS <= 2


# --- Metrics ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_metrics_tell_what_is_in_sql(client: Client, lena: User, mara: User) -> None:
    Image.objects.create(owner=lena, stage=Image.Stage.COMPARED)
    Decision.objects.create(action="different", actor=mara)
    OutboxEntry.objects.create(topic="ingest", key="1")
    OutboxEntry.objects.create(topic="ingest", key="2", quarantined_at=timezone.now())
    text = client.get("/metrics").content.decode()
    for line in (
        "dedup_database_up 1.0",
        'dedup_images{stage="compared",standing="live"} 1.0',
        'dedup_outbox_waiting{topic="ingest"} 1.0',
        'dedup_outbox_quarantined{topic="ingest"} 1.0',
        'dedup_decisions_total{action="different"} 1.0',
        "dedup_policy_version 1.0",
        "dedup_cases_open 0.0",
    ):
        assert line in text.splitlines(), line


@pytest.mark.django_db
def test_requests_are_counted_by_page_and_never_by_address(client: Client) -> None:
    client.get("/i/secretsecret/")
    client.get("/nowhere/at/all/")
    text = client.get("/metrics").content.decode()
    assert 'dedup_http_requests_total{method="GET",status="302",view="image"}' in text
    assert 'view="none"' in text
    assert "secretsecret" not in text
    assert "dedup_http_request_seconds_bucket" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "forwarded", "status"),
    [("127.0.0.1", None, 200), ("10.0.0.7", None, 403), ("127.0.0.1", "203.0.113.5", 403)],
)
def test_without_a_token_metrics_are_for_this_machine(
    client: Client, address: str, forwarded: str | None, status: int
) -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert client.get("/metrics", REMOTE_ADDR=address, headers=headers).status_code == status


@pytest.mark.django_db
def test_with_a_token_metrics_are_for_who_has_it(client: Client, settings: Settings) -> None:
    change_dedup(settings, metrics_token="forty-two")
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer forty-one"}).status_code == 401
    response = client.get("/metrics", REMOTE_ADDR="10.0.0.7", headers={"Authorization": "Bearer forty-two"})
    assert response.status_code == 200


COUNT_IN_TWO = """
import os, sys
from pathlib import Path
from dedup_site.processes import count_together
count_together(Path(sys.argv[1]))
import django
django.setup()
from gallery.metrics import REQUESTS
from gallery.health.views import _counted
if os.fork() == 0:
    REQUESTS.labels("GET", "home", "200").inc(2)
    os._exit(0)
os.wait()
REQUESTS.labels("GET", "home", "200").inc()
sys.stdout.write(_counted().decode())
"""


def test_the_processes_of_a_server_count_together_and_leave_nothing_of_dead_ones(tmp_path: Path) -> None:
    gone = tmp_path / f"{socket.gethostname()}-999999999"
    gone.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", COUNT_IN_TWO, str(tmp_path)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "dedup_site.settings"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert 'dedup_http_requests_total{method="GET",status="200",view="home"} 3.0' in done.stdout
    assert not gone.exists()
