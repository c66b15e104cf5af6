"""The Celery application. Tasks are in gallery/tasks.py; what each setting is for is in settings.py."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_site.settings")

app = Celery("dedup")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["gallery"])
app.steps["worker"].add(DjangoStructLogInitStep)  # a task's lines carry the id of the request that caused it

WORKER_SOCKET_TIMEOUT = 10.0
"""Seconds. A worker waits in BRPOP: the web's one second would break every idle wait."""


@celeryd_init.connect
def wait_longer_in_workers(conf: Any = None, **_: Any) -> None:
    options = dict(conf.broker_transport_options)
    conf.broker_transport_options = {**options, "socket_timeout": WORKER_SOCKET_TIMEOUT}


@setup_logging.connect
def log_as_the_site_does(**_: Any) -> None:
    """Celery would set up its own format; the settings have done it already, by :mod:`dedup_site.logs`."""
