"""Writing the pairs that a search proposes."""

from gallery.detection.candidates import Candidate, Neighbourhood
from gallery.detection.projection import roots
from gallery.models import Fingerprint, Image, Pair, Policy

MEASURED = [
    "same_bytes", "same_pixels", "similarity", "model_key", "pdq_distance", "pdq_usable", "document_like",
    "cells", "matches", "ncc", "textured_share", "evidence", "compared_at",
]  # fmt: skip
"""The columns that a comparison writes."""

TRIES = 3
"""Members of one group that an image is compared with: the group's oldest, and the two that look most alike."""


def propose(image: Image, neighbourhood: Neighbourhood, policy: Policy, model_key: str) -> set[int]:
    """
    Write the candidate pairs of ``image``. Returns the images (the newer of each pair) that have something to compare.

    Repeating it is harmless: a pair is there once, and only gains nearer signals.
    """
    chosen = _representatives(neighbourhood, policy.neighbours)
    facts = {
        row.file.image_id: row
        for row in Fingerprint.objects.select_related("file").filter(
            file__image__in=[image.pk, *(candidate.image for candidate in chosen)]
        )
    }
    mine = facts.get(image.pk)
    if mine is None:
        return set()
    return {
        right
        for candidate in chosen
        if candidate.image in facts
        for right in _write(image.pk, candidate, (mine, facts[candidate.image]), policy, model_key)
    }


def _representatives(neighbourhood: Neighbourhood, count: int) -> list[Candidate]:
    """
    Of each group of copies only a few: the oldest, which the others are paired with, and its nearest members.

    The oldest is compared even if it is itself too far away to have been found: it is the natural partner.
    """
    taken: list[Candidate] = []
    members: dict[int, int] = {}
    for candidate in neighbourhood.nearest(count * 2):
        root = min(roots(candidate.image))
        members[root] = members.get(root, 0) + 1
        if members[root] == 1 and root != candidate.image:
            oldest = neighbourhood.of(root)
            oldest.meet(similarity=candidate.similarity)
            taken.append(oldest)
        if members[root] < TRIES:
            taken.append(candidate)
    unique = {candidate.image: candidate for candidate in taken}
    return sorted(unique.values(), key=lambda found: found.rank, reverse=True)[: count + TRIES]


def _write(
    image: int, candidate: Candidate, facts: tuple[Fingerprint, Fingerprint], policy: Policy, model_key: str
) -> list[int]:
    left, right = sorted((image, candidate.image))
    usable = all(row.pdq_quality >= policy.pdq_min_quality for row in facts)
    documents = all(row.dominant_share > policy.document_share for row in facts)
    pair, created = Pair.objects.get_or_create(
        left_id=left,
        right_id=right,
        defaults={
            "same_bytes": candidate.same_bytes,
            "same_pixels": candidate.same_pixels,
            "similarity": candidate.similarity,
            "model_key": model_key,
            "pdq_distance": candidate.pdq_distance,
            "pdq_usable": usable,
            "document_like": documents,
        },
    )
    if not created and not _learn(pair, candidate, model_key):
        return []
    return [right] if pair.state == Pair.State.CANDIDATE else []


def _learn(pair: Pair, candidate: Candidate, model_key: str) -> bool:
    """Take over signals that the pair lacks or that another network gave; returns whether it is still to compare."""
    fresh: dict[str, object] = {}
    if candidate.similarity is not None and (pair.similarity is None or pair.model_key != model_key):
        fresh |= {"similarity": candidate.similarity, "model_key": model_key}
    if candidate.pdq_distance is not None and pair.pdq_distance is None:
        fresh["pdq_distance"] = candidate.pdq_distance
    if fresh:
        Pair.objects.filter(pk=pair.pk).update(**fresh)
    return pair.state == Pair.State.CANDIDATE


def promise(pair: Pair) -> tuple[bool, float]:
    """How likely a candidate is to be a copy, to compare the likeliest first."""
    near = 1 - pair.pdq_distance / 128 if pair.pdq_distance is not None else 0.0
    return pair.same_bytes or pair.same_pixels, max(pair.similarity or 0.0, near)
