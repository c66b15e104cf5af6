"""
Rows as a running site would have made them: images with real files, pairs with signals, cases that detection connects.

They need the ``media`` fixture, so that the files go to a folder of the test's own.
"""

import hashlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import PIL.Image
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from gallery.detection import cases
from gallery.images import hashes, renditions
from gallery.images.decode import DECODER_VERSION
from gallery.models import Case, Fingerprint, Image, Pair, Policy, StoredFile, User
from gallery.pictures import Picture, checked
from gallery.verification.evidence import Box, Evidence, Part, Transformation
from tests import pictures

WIDTH, HEIGHT = 96, 72


def image(owner: User, picture: Picture | None = None, *, seed: int = 0, quality: int = 90, **fields: Any) -> Image:
    """
    An image of ``owner`` that was read and compared: a stored JPEG, its fingerprint and its small copies.

    ``seed`` paints a picture where none is given; ``fields`` are the image's (title, licence, stage …).
    """
    if picture is None:
        picture = pictures.photograph(seed, width=WIDTH, height=HEIGHT, things=12)
    made = Image.objects.create(owner=owner, **{"stage": Image.Stage.COMPARED, **fields})
    made.file = stored(made, picture, quality=quality)
    made.save(update_fields=["file"])
    return made


def stored(made: Image, picture: Picture, *, quality: int = 90) -> StoredFile:
    """``picture`` as a file of ``made``, with its fingerprint and its small copies."""
    content = pictures.encoded(picture, "JPEG", quality=quality)
    height, width = picture.shape[:2]
    file = StoredFile(
        image=made,
        original_name=f"{made.public_id}.jpg",
        content_type="image/jpeg",
        format="JPEG",
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        width=width,
        height=height,
        quality=quality,
    )
    file.blob.save("picture.jpg", ContentFile(content), save=False)
    file.save()
    # The pixels are the file's, not the picture's: every saving of a JPEG changes some.
    seen = checked(np.asarray(PIL.Image.open(io.BytesIO(content)).convert("RGB")))
    pdq = hashes.pdq(seen)
    Fingerprint.objects.create(
        file=file,
        pixel_hash=hashes.pixel_hash(seen),
        decoder_version=DECODER_VERSION,
        pdq=pdq.hashes,
        pdq_quality=pdq.quality,
        dominant_share=hashes.dominant_share(seen),
    )
    for name, copy in renditions.render(seen).items():
        key = file.rendition_key(name, renditions.RENDITIONS[name].extension)
        default_storage.save(key, ContentFile(copy))
    return file


def pair(one: Image, other: Image, **signals: Any) -> Pair:
    """
    A pair that was compared and is to be decided, by strict geometry if no ``signals`` say otherwise.

    Its state and its tier are what detection makes of the signals; its case is made by :func:`case`.
    """
    left, right = sorted((one, other), key=lambda found: found.pk)
    values = {"similarity": 0.82, "model_key": "sscd", "cells": 40, "matches": 90, "ncc": 0.96, "textured_share": 0.97}
    return Pair.objects.create(
        left=left, right=right, policy=Policy.objects.in_force(), compared_at=timezone.now(), **(values | signals)
    )


def case(*images: Image, pairs: Sequence[Pair] = (), **signals: Any) -> Case:
    """
    The open case of ``images``: of the ``pairs`` given, or of the first one paired with each of the others.

    ``signals`` are those of the pairs it makes.
    """
    if not pairs:
        for other in images[1:]:
            pair(images[0], other, **signals)
    with transaction.atomic():
        cases.refresh([made.pk for made in images])
    return Case.objects.open().filter(members__live=True, members__image__in=images).distinct().get()


def evidence(first: Picture, second: Picture, *, changed: Sequence[Box] = ()) -> dict[str, Any]:
    """Evidence as it is kept with a pair: ``second`` is ``first`` saved again, with ``changed`` places."""
    one, other = (
        Part(size=(picture.shape[1], picture.shape[0]), changed=tuple(changed), lettered=bool(changed))
        for picture in (first, second)
    )
    straight = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    return Evidence(
        method="orb",
        cells=40,
        matches=90,
        inliers=80,
        ncc=0.96,
        ncc_overall=0.95,
        textured_share=0.97,
        transformation=Transformation(
            homography=straight,
            first=one,
            second=other,
            scale=second.shape[1] / first.shape[1],
            changed_share=sum(box.area for box in changed),
        ),
    ).as_dict()
