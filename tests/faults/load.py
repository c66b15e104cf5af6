"""Uploads under a fault, and whether all that was accepted came to its end."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.files.uploadedfile import SimpleUploadedFile

from gallery.detection import upkeep
from gallery.ingest.intake import accept
from gallery.models import Case, Embedding, Fingerprint, Image, OutboxEntry, Pair, User
from gallery.pictures import Picture
from tests import pictures, site

FINAL = [Image.Stage.COMPARED, Image.Stage.REJECTED, Image.Stage.QUARANTINED]
WIDTH, HEIGHT = 320, 240


def upload(by: User, picture: Picture, *, quality: int = 90) -> int:
    """The id of the image that ``picture`` became."""
    content = pictures.encoded(picture, "JPEG", quality=quality)
    return accept(SimpleUploadedFile("photo.jpg", content), by=by).image.pk


@dataclass(slots=True)
class Load:
    """What was uploaded, and the pairs that must be found."""

    by: User
    images: list[int] = field(default_factory=list)
    twins: dict[int, tuple[int, int]] = field(default_factory=dict)

    def add(self, seed: int) -> None:
        """A picture and a smaller, coarser copy of it."""
        self.add_original(seed)
        self.add_copy(seed)

    def add_original(self, seed: int) -> None:
        first = upload(self.by, _painted(seed))
        self.images.append(first)
        self.twins[seed] = (first, 0)

    def add_copy(self, seed: int) -> None:
        copy = upload(self.by, pictures.resized(_painted(seed), 0.75), quality=70)
        self.images.append(copy)
        self.twins[seed] = (self.twins[seed][0], copy)

    def unfinished(self) -> int:
        return Image.objects.filter(pk__in=self.images).exclude(stage__in=FINAL).count()

    def missed(self) -> int:
        """Pairs that nobody will be asked about."""
        found = set(Pair.objects.filter(state=Pair.State.OPEN).values_list("left", "right"))
        return len({ends for ends in self.twins.values() if ends[1]} - found)

    def lost(self) -> int:
        return self.unfinished() + self.missed()

    def wait(self, *, seconds: float = 240) -> None:
        """Until all that was uploaded is at its end and no work is left."""
        site.wait_for("all uploads come to their end", lambda: self.unfinished() == 0, seconds=seconds)
        site.wait_for("all work is done", lambda: not _work_left(), seconds=seconds)


def _painted(seed: int) -> Picture:
    return pictures.photograph(seed, width=WIDTH, height=HEIGHT)


def _work_left() -> int:
    return OutboxEntry.objects.filter(quarantined_at=None, topic__in=["ingest", "search", "verify"]).count()


def effects_happened_once(images: Sequence[int]) -> None:
    """Each image that was compared has one fingerprint, is in the index once, and is in one open case at most."""
    compared = Image.objects.filter(pk__in=images, stage=Image.Stage.COMPARED).count()
    assert Fingerprint.objects.filter(file__image__in=images).count() == compared
    vectors = Embedding.objects.filter(fingerprint__file__image__in=images)
    assert vectors.filter(view=Embedding.View.WHOLE).count() == compared
    assert [found.is_clean for found in upkeep.reconcile(thorough=True, repair=False)] == [True, True]
    at_home = list(Case.objects.open().filter(members__live=True).values_list("members__image", flat=True))
    assert len(at_home) == len(set(at_home))
    # A pair of no case is a bridge to one that is as large as it may be, and waits until that is decided.
    bridges = Pair.objects.filter(state=Pair.State.OPEN, case=None).values_list("left", "right")
    assert all(set(ends) & set(at_home) for ends in bridges)
