"""Comparing two images because somebody looks at them, and not because a search proposed it."""

from django.db import transaction

from gallery import outbox, store
from gallery.detection.projection import project
from gallery.errors import Unavailable
from gallery.models import Fingerprint, Pair, Policy


def ask_for_comparison(one: int, other: int) -> None:
    """
    Have two images of a case compared and drawn by a worker, if they have not been. Asking again changes nothing.

    Of a group of copies only some pairs are compared by themselves; a person may want to see any two.
    """
    left, right = sorted((one, other))
    with transaction.atomic():
        pair = Pair.objects.between(left, right).first() or _made(left, right)
        if pair is not None and pair.compared_at is None:
            outbox.send("align", key=pair.pk)


def ask_for_drawing(pair: Pair) -> None:
    """
    Have a worker draw a compared pair that was not worth it before somebody looked: one that is connected otherwise.

    Open ones are drawn as they are opened.
    """
    if pair.state != Pair.State.REDUNDANT:
        return
    try:
        is_drawn = store.exists(pair.rendition_key("aligned"))
    except Unavailable:  # then no picture comes at all, and each says so
        return
    if not is_drawn:
        with transaction.atomic():
            outbox.send("align", key=pair.pk)


def _made(left: int, right: int) -> Pair | None:
    policy = Policy.objects.in_force()
    prints = list(Fingerprint.objects.select_related("file").defer("pdq").filter(file__image__in=[left, right]))
    if len({row.file.image_id for row in prints}) < 2:
        return None
    pair, _created = Pair.objects.get_or_create(
        left_id=left,
        right_id=right,
        defaults={
            "same_bytes": len({row.file.sha256 for row in prints}) == 1,
            "same_pixels": len({(row.pixel_hash, row.decoder_version) for row in prints}) == 1,
            "pdq_usable": all(row.pdq_quality >= policy.pdq_min_quality for row in prints),
            "document_like": all(row.dominant_share > policy.document_share for row in prints),
        },
    )
    project(Pair.objects.filter(pk=pair.pk))
    return pair
