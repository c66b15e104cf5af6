"""What tests of the review share: images without bytes, submits, and a picture of all rows to compare with."""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from gallery.detection import cases
from gallery.models import Case, Favourite, Fingerprint, Image, Pair, StoredFile, Tag, User
from gallery.review.actions import ACTIONS, Outcome, Submit

COUNTERS = {"version", "updated_at"}
"""These only ever go up, also when something is taken back."""

CONSEQUENCES = {"case_id", "closed_at"}
"""Of a pair: the case that it is shown in may be another one afterwards."""


def image(owner: User, content: str, *, pixels: str = "", **fields: Any) -> Image:
    """An image of ``owner`` that was compared. ``content`` stands for its bytes, ``pixels`` for what they show."""
    made = Image.objects.create(owner=owner, **{"stage": Image.Stage.COMPARED, "title": content, **fields})
    file = StoredFile.objects.create(
        image=made,
        blob=f"originals/{made.public_id}.jpg",
        original_name=f"{content}.jpg",
        content_type="image/jpeg",
        format="JPEG",
        bytes=1000,
        sha256=_digest(content),
        width=800,
        height=600,
        quality=90,
    )
    Fingerprint.objects.create(
        file=file,
        pixel_hash=_digest(f"pixels of {pixels or content}"),
        decoder_version=1,
        pdq=bytes(256),
        pdq_quality=100,
        dominant_share=0.1,
    )
    made.file = file
    made.save(update_fields=["file"])
    return made


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def submit(case: Case, **values: Any) -> Submit:
    """A form as the page would send it now."""
    case.refresh_from_db()
    return Submit(**{"decision_id": uuid.uuid4(), "seen_version": case.version, **values})


def act(name: str, case: Case, by: User, **values: Any) -> Outcome:
    return ACTIONS[name].run(case, by, submit=submit(case, **values))


def case_of(*images: Image) -> Case:
    """The open case that these are in."""
    return Case.objects.open().filter(members__live=True, members__image__in=images).distinct().get()


def tag(image_: Image, *names: str) -> None:
    image_.tags.add(*(Tag.objects.get_or_create(name=name)[0] for name in names))


def favour(image_: Image, *users: User) -> None:
    for user in users:
        Favourite.objects.create(user=user, image=image_)


def find(one: Image, other: Image, **signals: Any) -> Pair:
    """What detection does when it has found and compared a pair."""
    left, right = sorted((one, other), key=lambda found: found.pk)
    measured = {"similarity": 0.82, "cells": 40, "matches": 90, "ncc": 0.96, "textured_share": 0.97}
    pair, _created = Pair.objects.get_or_create(
        left=left, right=right, defaults={**measured, **signals, "compared_at": timezone.now()}
    )
    with transaction.atomic():
        cases.refresh([one.pk, other.pk])
    pair.refresh_from_db()
    return pair


def states(*pairs: Pair) -> list[str]:
    return [Pair.objects.get(pk=pair.pk).state for pair in pairs]


def everything() -> dict[str, Any]:
    """All rows that decisions touch, without the counters that only go up."""
    images = {row["id"]: _without(row, COUNTERS) | _lists(row["id"]) for row in Image.objects.order_by("pk").values()}
    return {
        "images": images,
        "files": list(StoredFile.objects.order_by("pk").values()),
        "pairs": [_without(row, CONSEQUENCES) for row in Pair.objects.order_by("pk").values()],
        "cases": sorted(
            sorted(found.members.filter(live=True).values_list("image", flat=True)) for found in Case.objects.open()
        ),
    }


def _lists(pk: int) -> dict[str, Any]:
    found = Image.objects.get(pk=pk)
    return {
        "tags": sorted(found.tags.values_list("name", flat=True)),
        "albums": sorted(found.albums.values_list("pk", flat=True)),
        "contributors": sorted(found.contributors.values_list("pk", flat=True)),
        "favourites": sorted(found.favourites.values_list("user", flat=True)),
        "source_links": sorted(found.source_links.values_list("url", flat=True)),
    }


def _without(row: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
