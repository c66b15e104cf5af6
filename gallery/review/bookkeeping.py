"""Whether the journals of the merges add up to what the images' rows say."""

from collections.abc import Iterator

from gallery.models import Image, JournalEntry, StoredFile

FIELDS = ("merged_into_id", "file_id")
"""Who stands for an image and which file it shows: only merges change these."""


def discrepancies() -> Iterator[tuple[Image, str]]:
    """
    The images whose row is not what the journals make of it, each with a sentence.

    Every image began with its own file and merged into none; the entries that stand, in their order, say what it is.
    """
    told: dict[int, dict[str, int | None]] = {
        image: {"merged_into_id": None, "file_id": file}
        for file, image in StoredFile.objects.values_list("pk", "image").iterator()
    }
    standing = JournalEntry.objects.filter(reverted_at=None, model="image", field__in=FIELDS)
    for entry in standing.order_by("pk").iterator():
        if entry.row in told:
            told[entry.row][entry.field] = entry.after
    for image in Image.objects.order_by("pk").iterator():
        expected = told.get(image.pk, {"merged_into_id": None, "file_id": None})
        for field, value in expected.items():
            if (found := getattr(image, field)) != value:
                yield image, f"its {field} is {found}, by the journals it is {value}"
