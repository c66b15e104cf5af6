"""``manage.py check``: are the weights of the embedder in force here?"""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning, register
from django.db import OperationalError, ProgrammingError

from gallery import embedders
from gallery.models import Policy


@register("dedup")
def check_weights(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """
    A warning for what the embedder of the policy in force lacks.

    A warning and not a failure: migrations and the web pages need no network, uploads wait for it.
    """
    try:
        name = Policy.objects.in_force().embedder
    except (OperationalError, ProgrammingError, Policy.DoesNotExist):
        # Before the first migration, or with the database down, nobody can say which embedder is wanted; the
        # readiness page tells about the database.
        return []
    return [
        Warning(sentence, hint="Until then uploads are accepted and wait.", id="gallery.W001")
        for sentence in embedders.missing(name)
    ]
