"""Logs: one line an event, and the request's id in the line of the task that it caused."""

import json
import os
import subprocess
import sys
from uuid import UUID

import pytest

from dedup_site import logs

# A process of its own: the logs of the tests' own process belong to pytest. The broker is kombu's in memory, the worker
# a real one.
WORK = """
import django
django.setup()
import logging
import structlog
from celery.contrib.testing.worker import start_worker
from celery.signals import setup_logging
from dedup_site import logs
from dedup_site.celery import app

logs.configure("json", "INFO")
app.conf.update(broker_url="memory://", worker_hijack_root_logger=False)


@app.task(name="tests.say")
def say():
    structlog.get_logger("worker").info("said")


from django.test import RequestFactory
from django.http import HttpResponse
from django_structlog.middlewares import RequestMiddleware


def page(request):
    structlog.get_logger("web").info("asked")
    say.delay()
    return HttpResponse()


with start_worker(app, perform_ping_check=False, pool="solo", shutdown_timeout=20):
    request = RequestFactory().get("/")
    RequestMiddleware(page)(request)
    import time
    time.sleep(2)
logging.getLogger("some.library").warning("plain %s", "line")
logging.getLogger("pymilvus").error("not shown")
"""


@pytest.fixture(scope="module")
def lines() -> list[dict[str, str]]:
    done = subprocess.run(
        [sys.executable, "-c", WORK],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "dedup_site.settings", "LOG_FORMAT": "json"},
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]


def named(lines: list[dict[str, str]], event: str) -> dict[str, str]:
    return next(line for line in lines if line["event"] == event)


def test_the_id_of_a_request_follows_its_task_into_the_worker(lines: list[dict[str, str]]) -> None:
    asked, said = named(lines, "asked"), named(lines, "said")
    assert UUID(asked["request_id"])
    assert said["request_id"] == asked["request_id"]
    assert named(lines, "task_succeeded")["request_id"] == asked["request_id"]


def test_a_line_says_when_how_grave_and_who(lines: list[dict[str, str]]) -> None:
    assert {"timestamp", "level", "logger", "event"} <= named(lines, "asked").keys()
    assert named(lines, "plain line")["logger"] == "some.library"
    assert not [line for line in lines if line["logger"] == "pymilvus"]


def test_no_address_of_a_person_is_written(lines: list[dict[str, str]]) -> None:
    assert not [line for line in lines if "ip" in line]


def test_a_form_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="json or console"):
        logs.configure("xml", "INFO")  # type: ignore[arg-type]  # what an environment may say
