"""Which pairs a human verdict already answers, directly or through a merge."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from gallery.models import Fingerprint, Image, MergeMember, Pair, Verdict, VerdictContent


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict that closes a pair; ``premise`` is the merge through which it reaches it, if it was inferred."""

    verdict: Verdict
    premise: int | None


@dataclass(frozen=True, slots=True)
class Contents:
    """
    What verdicts go by: the contents of some images and of what was merged into them.

    ``families`` are each image with all that is merged into it, itself first; ``by_bytes`` says which of all these came
    with a sha256, ``by_pixels`` which with pixels, as a decoder of that version sees them.
    """

    families: dict[int, list[int]]
    by_bytes: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_pixels: dict[tuple[str, int], set[int]] = field(default_factory=lambda: defaultdict(set))

    @property
    def members(self) -> set[int]:
        return {member for family in self.families.values() for member in family}

    @classmethod
    def of(cls, images: Iterable[int]) -> "Contents":
        """Two queries."""
        found = cls(families_of(set(images)))
        facts = Fingerprint.objects.filter(file__image__in=found.members)
        for image, sha256, pixel_hash, decoder in facts.values_list(
            "file__image", "file__sha256", "pixel_hash", "decoder_version"
        ):
            found.by_bytes[sha256].add(image)
            found.by_pixels[pixel_hash, decoder].add(image)
        return found


class Judgements:
    """
    The live approvals about some images and about what was merged into them.

    An image speaks for its own content and for the contents of all it absorbed: if A was merged into K and A and B are
    approved as different, K and B are different too.
    """

    def __init__(self, images: Iterable[int], contents: Contents | None = None) -> None:
        """``contents`` of the images are looked up where they are not given."""
        known = contents or Contents.of(images)
        self.families = known.families
        self._verdicts: dict[int, Verdict] = {}
        self._rows = self._matching_rows(known)

    def _matching_rows(self, known: Contents) -> dict[int, dict[int, set[int]]]:
        """For each image the rows (by verdict) that name its content: image → verdict → rows."""
        found = VerdictContent.objects.filter(
            Q(sha256__in=list(known.by_bytes)) | Q(pixel_hash__in={pixels for pixels, _decoder in known.by_pixels})
        ).filter(verdict__in=Verdict.objects.live().approvals())
        rows: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        for row in found.select_related("verdict__by"):
            self._verdicts[row.verdict_id] = row.verdict
            pixels = (row.pixel_hash, row.decoder_version)
            for image in known.by_bytes.get(row.sha256, set()) | known.by_pixels.get(pixels, set()):
                rows[image][row.verdict_id].add(row.pk)
        return rows

    def answer(self, left: int, right: int) -> Answer | None:
        """The newest live approval that answers the pair; a direct one before an inferred one."""
        direct = self._between(left, right)
        if direct:
            return Answer(max(direct, key=_newest), None)
        inferred: list[tuple[Verdict, int]] = []
        for one in self.families[left]:
            for other in self.families[right]:
                premise = one if one != left else other
                inferred += [(verdict, premise) for verdict in self._between(one, other)]
        if not inferred:
            return None
        verdict, absorbed = max(inferred, key=lambda found: _newest(found[0]))
        return Answer(verdict, _merge_of(absorbed))

    def _between(self, one: int, other: int) -> list[Verdict]:
        shared = self._rows[one].keys() & self._rows[other].keys()
        # Two different rows: a verdict about {A, B} says nothing of two images that both hold A's content.
        return [
            self._verdicts[verdict]
            for verdict in shared
            if len(self._rows[one][verdict] | self._rows[other][verdict]) > 1
        ]


def _newest(verdict: Verdict) -> tuple[object, int]:
    return verdict.at, verdict.pk


def _merge_of(absorbed: int) -> int | None:
    member = MergeMember.objects.filter(image=absorbed, merge__undone_at=None).order_by("-merge_id").first()
    return member.merge_id if member else None


def families_of(images: set[int]) -> dict[int, list[int]]:
    """Each image with all that is merged into it, itself first."""
    families = {image: [image] for image in images}
    for absorbed, keeper in Image.objects.filter(merged_into__in=images).values_list("pk", "merged_into"):
        if keeper is not None:
            families[keeper].append(absorbed)
    return families


def open_question(pair: Pair) -> bool:
    """Whether nobody has answered this pair."""
    return Judgements([pair.left_id, pair.right_id]).answer(pair.left_id, pair.right_id) is None
