"""
A request that is sent twice has one effect: the second gets the first one's reply.

The client chooses an ``Idempotency-Key`` for each request that it may have to repeat.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from gallery.api.problems import OutOfTurn
from gallery.models import IdempotencyKey, User

Reply = tuple[int, dict[str, Any]]

KEY_LENGTH = 100
RETRY_AFTER_SECONDS = 2

ABANDONED_AFTER = dt.timedelta(minutes=10)
"""No request takes this long: one that is still “in progress” died, and the next may do its work."""


KEPT_FOR = dt.timedelta(days=1)
"""Nobody repeats a request later than this."""


def once(request: HttpRequest, user: User, digest: Callable[[], str], work: Callable[[], Reply]) -> Reply:
    """
    Do ``work`` once for this key of this person, and give its reply again whenever it is asked for again.

    :param digest: what tells this request's content from another's; asked only where there is a key.
    :raises OutOfTurn: 422 if the key was used for another request, 409 if the first is still in progress.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return work()
    if len(key) > KEY_LENGTH:
        raise OutOfTurn(
            f"The key has more than {KEY_LENGTH} characters. Choose a shorter one.", code="idempotency_key", status=422
        )
    kept = _begin(user, key, digest())
    if kept.status:
        return kept.status, kept.body or {}
    try:
        status, body = work()
    except BaseException:  # nothing was done: whatever it was, it may be tried again
        kept.delete()
        raise
    IdempotencyKey.objects.filter(pk=kept.pk).update(status=status, body=body)
    return status, body


def _begin(user: User, key: str, digest: str) -> IdempotencyKey:
    """The row of this key: a new one, or an abandoned one taken over (both ours to work on), or one with a reply."""
    # Each person's own requests clear away their old ones: the table grows with a day's uploads, not for ever.
    IdempotencyKey.objects.filter(user=user, created_at__lt=timezone.now() - KEPT_FOR).delete()
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(user=user, key=key, request_hash=digest)
    except IntegrityError:
        kept = IdempotencyKey.objects.filter(user=user, key=key).first()
    if kept is None:  # the other request failed and took its row away between our two statements
        raise _in_progress()
    if kept.request_hash != digest:
        raise OutOfTurn("This key was used for another request. Choose a new one.", code="idempotency_key", status=422)
    if kept.status:
        return kept
    now = timezone.now()
    abandoned = IdempotencyKey.objects.filter(pk=kept.pk, status=0, created_at__lt=now - ABANDONED_AFTER)
    if abandoned.update(created_at=now) != 1:
        raise _in_progress()
    return kept


def _in_progress() -> OutOfTurn:
    sentence = "The first request with this key is still being worked on. Ask again in a moment."
    return OutOfTurn(sentence, code="in_progress", status=409, retry_after=RETRY_AFTER_SECONDS)


def digest_of(files: Iterable["UploadedFile[bytes]"]) -> str:
    """A hash of the files' names and contents, in their order. Reads them to the end and winds them back."""
    found = hashlib.sha256()
    for file in files:
        name = (file.name or "").encode()
        found.update(len(name).to_bytes(4, "big") + name + (file.size or 0).to_bytes(8, "big"))
        file.seek(0)
        for chunk in file.chunks():
            found.update(chunk)
        file.seek(0)
    return found.hexdigest()
