"""One transaction a decision, tried again where the database broke a deadlock by ending it."""

import time
from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from gallery.models import Image

ATTEMPTS = 3
DEADLOCK = "40P01"
"""PostgreSQL's code: two transactions waited for each other and it ended this one."""

P = ParamSpec("P")
R = TypeVar("R")


def in_one_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """
    Run ``function`` in a transaction of its own, or as part of the one that is open.

    Decisions lock in one order (:func:`gallery.detection.cases.one_at_a_time`, images by id, cases), detection may
    hold a pair while it waits for that lock. The database then ends one of the two, and this begins it again.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                is_deadlock = getattr(error.__cause__, "sqlstate", "") == DEADLOCK
                if not is_deadlock or connection.in_atomic_block or attempt == ATTEMPTS:
                    raise
                time.sleep(0.02 * attempt)
        raise AssertionError("the loop returns or raises")

    return run


def locked(images: Iterable[int]) -> list[Image]:
    """The rows of ``images``, locked in id order until the transaction ends, with their files and owners."""
    ids = list(images)
    lock(ids)
    return list(Image.objects.filter(pk__in=ids).order_by("pk").select_related("file", "owner", "merged_into"))


def lock(images: Iterable[int]) -> None:
    """The same, for who does not look at them yet."""
    rows = Image.objects.filter(pk__in=list(images)).order_by("pk")
    if connection.features.has_select_for_no_key_update:
        # Rows that refer to them (a new pair, say) may still be written meanwhile.
        list(rows.select_for_update(no_key=True).values_list("pk", flat=True))
    elif connection.features.has_select_for_update:
        list(rows.select_for_update().values_list("pk", flat=True))
