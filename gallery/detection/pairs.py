"""Writing the pairs that a search proposes."""

from collections import Counter
from collections.abc import Iterable

from gallery.detection.candidates import Candidate, Neighbourhood
from gallery.detection.projection import roots_of
from gallery.models import Fingerprint, Pair, Policy

MEASURED = [
    "same_bytes", "same_pixels", "similarity", "model_key", "pdq_distance", "pdq_usable", "document_like", "one_thing",
    "cells", "matches", "ncc", "textured_share", "changed_share", "evidence", "traits", "compared_at",
]  # fmt: skip
"""The columns that a comparison writes."""

TRIES = 3
"""Members of one group that an image is compared with: the group's oldest, and the two that look most alike."""


def propose(found: dict[int, Neighbourhood], policy: Policy, model_key: str) -> set[int]:
    """
    Write the candidate pairs of a batch of images. Returns the images (the newer of each pair) to compare.

    Repeating it is harmless: a pair is there once, and only gains signals that it lacked.
    """
    met = {candidate for neighbourhood in found.values() for candidate in neighbourhood.candidates}
    oldest = {image: min(ends) for image, ends in roots_of(met).items()}
    wanted: dict[tuple[int, int], Candidate] = {}
    for image, neighbourhood in found.items():
        for candidate in _representatives(neighbourhood, oldest, policy.neighbours):
            if candidate.image != image:
                wanted.setdefault((min(image, candidate.image), max(image, candidate.image)), candidate)
    facts = _facts({image for ends in wanted for image in ends})
    known = _known(wanted)
    fresh = [
        _new_pair(ends, candidate, facts, policy, model_key)
        for ends, candidate in wanted.items()
        if ends not in known and all(image in facts for image in ends)
    ]
    # Somebody may write the same pair at this moment: theirs is as good.
    Pair.objects.bulk_create(fresh, ignore_conflicts=True)
    for ends, pair in known.items():
        _learn(pair, wanted[ends], model_key)
    waiting = Pair.objects.filter(state=Pair.State.CANDIDATE).touching(list(found))
    return set(waiting.values_list("right", flat=True))


def _representatives(neighbourhood: Neighbourhood, oldest: dict[int, int], count: int) -> list[Candidate]:
    """
    Of each group of copies only a few: the oldest, which the others are paired with, and its nearest members.

    The oldest is compared even if it is itself too far away to have been found: it is the natural partner.
    """
    taken: dict[int, Candidate] = {}
    members: Counter[int] = Counter()
    for candidate in neighbourhood.nearest(count * 2):
        root = oldest[candidate.image]
        members[root] += 1
        if members[root] == 1 and root != candidate.image:
            taken[root] = neighbourhood.candidates.get(root) or Candidate(root, similarity=candidate.similarity)
        if members[root] < TRIES:
            taken[candidate.image] = candidate
    return sorted(taken.values(), key=lambda found: found.rank, reverse=True)[: count + TRIES]


def _facts(images: set[int]) -> dict[int, Fingerprint]:
    rows = Fingerprint.objects.select_related("file").defer("pdq").filter(file__image__in=images)
    return {row.file.image_id: row for row in rows}


def _known(wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Pair]:
    ends = set(wanted)
    images = {image for pair in ends for image in pair}
    rows = Pair.objects.among(list(images)).defer("evidence")
    return {(row.left_id, row.right_id): row for row in rows if (row.left_id, row.right_id) in ends}


def _new_pair(
    ends: tuple[int, int], candidate: Candidate, facts: dict[int, Fingerprint], policy: Policy, model_key: str
) -> Pair:
    prints = [facts[image] for image in ends]
    return Pair(
        left_id=ends[0],
        right_id=ends[1],
        same_bytes=candidate.same_bytes,
        same_pixels=candidate.same_pixels,
        similarity=candidate.similarity,
        standing_out=candidate.standing_out,
        model_key=model_key,
        pdq_distance=candidate.pdq_distance,
        pdq_usable=all(row.pdq_quality >= policy.pdq_min_quality for row in prints),
        document_like=all(row.dominant_share > policy.document_share for row in prints),
    )


def _learn(pair: Pair, candidate: Candidate, model_key: str) -> None:
    """Take over signals that the pair lacks, or that another network gave."""
    fresh: dict[str, object] = {}
    if candidate.similarity is not None and (pair.similarity is None or pair.model_key != model_key):
        fresh |= {
            "similarity": candidate.similarity,
            "standing_out": candidate.standing_out,
            "model_key": model_key,
        }
    if candidate.pdq_distance is not None and pair.pdq_distance is None:
        fresh["pdq_distance"] = candidate.pdq_distance
    if fresh:
        Pair.objects.filter(pk=pair.pk).update(**fresh)


def promise(pair: Pair) -> tuple[bool, float]:
    """How likely a candidate is to be a copy, to compare the likeliest first."""
    near = 1 - pair.pdq_distance / 128 if pair.pdq_distance is not None else 0.0
    return pair.same_bytes or pair.same_pixels, max(pair.similarity or 0.0, near)
