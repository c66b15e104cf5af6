"""Whom to compare: the neighbours of an image among embeddings and hashes, and those with equal bytes or pixels."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q

from gallery import embedders
from gallery.detection import background, collections, epochs
from gallery.detection.background import Background
from gallery.images import hashes
from gallery.index.base import Hit, VectorIndex, search_range
from gallery.models import Embedding, Fingerprint, Image, Policy

HASH_FLOOR = 64
"""PDQ distance up to which candidates are kept, so that the review threshold can be moved without a new search."""

AT_ONCE = 10_000
"""Ids named in one query."""

BURST = 1024
"""Neighbours asked for at most: a burst of copies must not push the older image of a pair out of every list."""


@dataclass(slots=True)
class Candidate:
    """Another image, and what the search says of the two."""

    image: int
    same_bytes: bool = False
    same_pixels: bool = False
    similarity: float | None = None
    pdq_distance: int | None = None
    standing_out: float | None = None
    """Similarity less what both have with unrelated pictures, where that is known."""
    crowding: float = 0.0
    """By how much more than the picture searched for this one looks like everything, halved."""

    @property
    def rank(self) -> tuple[bool, float]:
        """Surest first when sorted in reverse."""
        similarity = (self.similarity or 0.0) - self.crowding
        closeness = max(similarity, 1 - (self.pdq_distance if self.pdq_distance is not None else 256) / 128)
        return self.same_bytes or self.same_pixels, closeness

    def meet(self, *, similarity: float | None = None, pdq_distance: int | None = None) -> None:
        """Take over what is nearer."""
        if similarity is not None:
            self.similarity = max(similarity, self.similarity if self.similarity is not None else -1.0)
        if pdq_distance is not None:
            self.pdq_distance = min(pdq_distance, self.pdq_distance if self.pdq_distance is not None else 256)


@dataclass(slots=True)
class Neighbourhood:
    """The candidates of one image, by the image they are."""

    candidates: dict[int, Candidate] = field(default_factory=dict)

    def of(self, image: int) -> Candidate:
        return self.candidates.setdefault(image, Candidate(image))

    def nearest(self, count: int) -> list[Candidate]:
        return sorted(self.candidates.values(), key=lambda found: found.rank, reverse=True)[:count]


def find(images: Sequence[Image], policy: Policy, index: VectorIndex) -> dict[int, Neighbourhood]:
    """
    The neighbours of each of ``images``, by image id. All of them must be in the index already.

    One search for the whole batch: 64 queries cost about three times one. Hits are joined with SQL, where the truth
    is: what was removed is left out and what was merged is its keeper.

    :raises Unavailable: if the index does not answer, or is not in the state that SQL knows.
    """
    prints = list(Fingerprint.objects.filter(file__image__in=images).select_related("file"))
    found: dict[int, Neighbourhood] = defaultdict(Neighbourhood)
    _by_embedding(prints, policy, index, found)
    _by_hash([row for row in prints if row.pdq_quality >= policy.pdq_min_quality], policy, index, found)
    epochs.confirm(index, [collections.name_of(policy.embedder), collections.name_of_hashes()])
    _by_equality(prints, found)
    return _live(images, found)


def _by_embedding(
    prints: Sequence[Fingerprint], policy: Policy, index: VectorIndex, found: dict[int, Neighbourhood]
) -> None:
    key = embedders.key_of(policy.embedder)
    owner = {row.pk: row.file.image_id for row in prints}
    queries = list(Embedding.objects.of_model(key).filter(fingerprint__in=owner).order_by("pk"))
    if not queries:
        return
    hits = search_range(
        index,
        collections.name_of(policy.embedder),
        collections.vectors_of(queries),
        floor=policy.similarity_floor,
        k=policy.neighbours + len(Embedding.View),  # a picture finds itself in all its views
        cap=_enough(policy),
    )
    met = {hit.id for row in hits for hit in row}
    known = Embedding.objects.filter(pk__in=met).values_list("pk", "fingerprint__file__image", "view")
    images = {pk: (image, Embedding.View(view)) for pk, image, view in known}
    for query, row in zip(queries, hits, strict=True):
        for hit in row:
            image, view = images.get(hit.id, (None, None))
            # A quarter is to find whole pictures. Two quarters are alike because one sky is like another.
            if image is None or view is None or (view.is_quarter and Embedding.View(query.view).is_quarter):
                continue
            found[owner[query.fingerprint_id]].of(image).meet(similarity=hit.similarity)
    if policy.use_background and (known_background := background.load(policy.embedder)):
        for image in set(owner.values()):
            _stand_out(image, found[image], known_background, key, policy)


def _stand_out(image: int, neighbourhood: Neighbourhood, known: Background, model_key: str, policy: Policy) -> None:
    """Take off what both pictures have with the background. Only for those that may be compared."""
    near = {found.image: found for found in neighbourhood.nearest(policy.neighbours * 3) if found.similarity}
    rows = Embedding.objects.of_model(model_key).filter(
        view=Embedding.View.WHOLE, fingerprint__file__image__in=[image, *near]
    )
    vectors = {row.fingerprint.file.image_id: row for row in rows.select_related("fingerprint__file")}
    others = [other for other in near if other in vectors]
    if image not in vectors or not others:
        return
    pairs = [(image, other) for other in others]
    its = known.level(collections.vectors_of([vectors[image]] * len(others)), of=pairs)
    theirs = known.level(collections.vectors_of([vectors[other] for other in others]), of=pairs)
    for other, mine, level in zip(others, its, theirs, strict=True):
        found = near[other]
        found.standing_out = (found.similarity or 0.0) - float(mine + level) / 2
        found.crowding = float(level - mine) / 2


def _enough(policy: Policy) -> int:
    return max(BURST, policy.neighbours + len(Embedding.View))


def _by_hash(
    prints: Sequence[Fingerprint], policy: Policy, index: VectorIndex, found: dict[int, Neighbourhood]
) -> None:
    if not prints:
        return
    floor = hashes.pdq_similarity(max(HASH_FLOOR, policy.pdq_review))
    hits = search_range(
        index,
        collections.name_of_hashes(),
        collections.hash_queries(bytes(row.pdq) for row in prints),
        floor=floor,
        k=policy.neighbours + 2,
        cap=_enough(policy),
    )
    met = {hit.id for row in hits for hit in row}
    usable = Fingerprint.objects.filter(pk__in=met, pdq_quality__gte=policy.pdq_min_quality)
    images = dict(usable.values_list("pk", "file__image"))
    for place, row in enumerate(hits):
        neighbours = found[prints[place // hashes.PDQ_QUERIES].file.image_id]
        for hit in row:
            if hit.id in images:
                neighbours.of(images[hit.id]).meet(pdq_distance=told_by_hash(hit, place, policy))


def told_by_hash(hit: Hit, place: int, policy: Policy) -> int | None:
    """
    The distance that a hit of the query at ``place`` of :func:`gallery.detection.collections.hash_queries` tells; None
    if it is for geometry to say: among hashes of simple pictures, flags for example, one is the complement of another
    by chance before two are near.
    """
    distance = hashes.pdq_distance(hit.similarity)
    is_complement = place % hashes.PDQ_QUERIES == hashes.PDQ_QUERIES - 1
    return None if is_complement and distance > policy.pdq_certain else distance


def _by_equality(prints: Sequence[Fingerprint], found: dict[int, Neighbourhood]) -> None:
    """The oldest images of equal bytes and of equal pixels; any further ones are copies of those."""
    others = Fingerprint.objects.exclude(pk=OuterRef("pk")).order_by()
    repeated = Fingerprint.objects.filter(pk__in=[row.pk for row in prints]).filter(
        Exists(others.filter(file__sha256=OuterRef("file__sha256")))
        | Exists(others.filter(pixel_hash=OuterRef("pixel_hash"), decoder_version=OuterRef("decoder_version")))
    )
    for row in repeated.select_related("file"):
        equals = Fingerprint.objects.exclude(pk=row.pk).exclude(file__image__standing=Image.Standing.REMOVED)
        same = equals.filter(
            Q(file__sha256=row.file.sha256) | Q(pixel_hash=row.pixel_hash, decoder_version=row.decoder_version)
        ).order_by("file__image")
        for image, sha256, pixel_hash in same.values_list("file__image", "file__sha256", "pixel_hash")[:4]:
            candidate = found[row.file.image_id].of(image)
            candidate.same_bytes |= sha256 == row.file.sha256
            candidate.same_pixels |= pixel_hash == row.pixel_hash


def _live(images: Sequence[Image], found: dict[int, Neighbourhood]) -> dict[int, Neighbourhood]:
    """Hits as the images that stand for them now, by the image they are near to and without that image itself."""
    met = sorted({candidate for image in images for candidate in found[image.pk].candidates})
    rows = {
        row[0]: row
        for at in range(0, len(met), AT_ONCE)
        for row in Image.objects.filter(pk__in=met[at : at + AT_ONCE]).values_list(
            "pk", "merged_into", "standing", "stage"
        )
    }
    return {image.pk: _live_of(image, found[image.pk], rows) for image in images}


def _live_of(
    image: Image, neighbourhood: Neighbourhood, rows: dict[int, tuple[int, int | None, str, str]]
) -> Neighbourhood:
    live = Neighbourhood()
    stored: Iterable[str] = Image.Stage.stored_stages()
    for number, known in sorted(neighbourhood.candidates.items()):
        if number not in rows:
            continue
        pk, keeper, standing, stage = rows[number]
        canonical = keeper or pk
        if standing == Image.Standing.REMOVED or stage not in stored or canonical == (image.merged_into_id or image.pk):
            continue
        candidate = live.of(canonical)
        candidate.meet(similarity=known.similarity, pdq_distance=known.pdq_distance)
        if candidate.similarity == known.similarity:
            candidate.standing_out, candidate.crowding = known.standing_out, known.crowding
        if canonical == pk:  # an absorbed file's bytes are not the keeper's
            candidate.same_bytes, candidate.same_pixels = known.same_bytes, known.same_pixels
    return live
