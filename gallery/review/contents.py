"""What a verdict is about: contents, never rows. And what follows for pairs and cases when one comes or goes."""

from collections.abc import Collection, Iterable

from django.db.models import F, Q

from gallery.detection import cases
from gallery.models import Image, Pair, StoredFile, Verdict, VerdictContent

WAITING = [Pair.State.OPEN, Pair.State.REDUNDANT]
"""Pairs that are a question, shown or implied."""

ANSWERED = [Pair.State.DIFFERENT, Pair.State.RELATED, Pair.State.INTENTIONAL, Pair.State.MERGED]


def attach(verdict: Verdict, images: Iterable[int]) -> None:
    """
    Add a row for the content of each image, as it is now.

    The content is that of the file an image came with: a merge may let it show another one, and what was absorbed is
    reached through the merge.
    """
    files = StoredFile.objects.filter(image__in=list(images)).select_related("fingerprint").order_by("image")
    VerdictContent.objects.bulk_create(_content(verdict, file) for file in files)


def _content(verdict: Verdict, file: StoredFile) -> VerdictContent:
    content = VerdictContent(verdict=verdict, image_id=file.image_id, sha256=file.sha256)
    if hasattr(file, "fingerprint"):
        content.pixel_hash = file.fingerprint.pixel_hash
        content.decoder_version = file.fingerprint.decoder_version
    return content


def repeat(verdict: Verdict, contents: Iterable[VerdictContent]) -> None:
    """Let ``verdict`` be about the same contents as an earlier one."""
    VerdictContent.objects.bulk_create(
        VerdictContent(
            verdict=verdict,
            image_id=content.image_id,
            sha256=content.sha256,
            pixel_hash=content.pixel_hash,
            decoder_version=content.decoder_version,
        )
        for content in contents
    )


def reached_by(verdicts: Iterable[Verdict]) -> set[int]:
    """Every image that has one of the contents, also those uploaded later."""
    contents = VerdictContent.objects.filter(verdict__in=list(verdicts))
    pixels = contents.exclude(pixel_hash="").values("pixel_hash")
    same_pixels = StoredFile.objects.filter(fingerprint__pixel_hash__in=pixels).values_list("image")
    same_bytes = StoredFile.objects.filter(sha256__in=contents.values("sha256")).values_list("image")
    named = contents.exclude(image=None).values_list("image")
    return {image for (image,) in same_bytes.union(same_pixels, named) if image is not None}


def with_families(images: Collection[int]) -> set[int]:
    """``images``, what they are merged into, and all that is merged into the same."""
    keepers = Image.objects.filter(pk__in=images).exclude(merged_into=None).values_list(F("merged_into"), flat=True)
    heads = {*images, *keepers}
    absorbed = Image.objects.filter(Q(merged_into__in=heads)).values_list("pk", flat=True)
    return {*heads, *absorbed}


def settle(images: Collection[int]) -> int:
    """
    Make pairs and cases follow what was decided about ``images``. Returns how many open questions were answered.

    :raises django.db.DatabaseError: outside a transaction it must not be called: half of it is worse than none.
    """
    family = with_families(images)
    waiting = list(Pair.objects.touching(list(family)).filter(state__in=WAITING).values_list("pk", flat=True))
    cases.refresh(family)
    return Pair.objects.filter(pk__in=waiting, state__in=ANSWERED).count()
