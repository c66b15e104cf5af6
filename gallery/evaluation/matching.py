"""What the site would find for a file that it does not have: searched for and compared, nothing is stored."""

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image as Pixels

from gallery import embedders, index, pictures, verification
from gallery.conf import conf
from gallery.detection import collections, scoring, sight
from gallery.detection.candidates import BURST, HASH_FLOOR, Candidate, Neighbourhood, told_by_hash
from gallery.detection.traits import traits_of
from gallery.images import hashes
from gallery.images.examination import Examination, examine
from gallery.index.base import VectorIndex, search_range
from gallery.models import Embedding, Fingerprint, Image, Policy
from gallery.pictures import Picture
from gallery.vectors import Vectors
from gallery.verification.features import LocalFeatures, extract
from gallery.verification.ground import ground_of


@dataclass(frozen=True, slots=True)
class Site:
    """What a file is tried against."""

    policy: Policy
    client: VectorIndex
    network: embedders.Embedder

    @classmethod
    def in_force(cls) -> "Site":
        """
        :raises Unavailable: if the index is down.
        :raises ModelMissing: if the policy's network has no weights.
        """
        policy = Policy.objects.in_force()
        return cls(policy, index.load(), embedders.load(policy.embedder))


@dataclass(frozen=True, eq=False)
class Tried:
    """A file, and what is to be known of it before it is compared."""

    facts: Examination
    vectors: Vectors
    work: Picture
    features: LocalFeatures


def look_at(contents: list[bytes], site: Site) -> list[Tried]:
    """Everything about some files of our own making: they need no sandbox. They are embedded in one batch."""
    found = [_examined(content) for content in contents]
    vectors = site.network.embed([picture for facts in found for picture in _views(facts)])
    tried, place = [], 0
    for facts in found:
        count = len(_views(facts))
        with Pixels.open(io.BytesIO(facts.renditions["work"])) as opened:
            work = pictures.checked(np.asarray(opened.convert("RGB")))
        tried.append(Tried(facts, Vectors(vectors[place : place + count]), work, extract(work, kind="orb")))
        place += count
    return tried


def _examined(content: bytes) -> Examination:
    with tempfile.NamedTemporaryFile(prefix="dedup-", suffix=".picture") as file:
        file.write(content)
        file.flush()
        return examine(Path(file.name), max_pixels=conf().max_pixels)


def _views(facts: Examination) -> list[Picture]:
    views = [facts.whole, facts.region, facts.over_black.square if facts.over_black else None]
    return [view for view in views if view is not None]


def neighbours(tried: Tried, site: Site) -> Neighbourhood:
    """Whom the site would find for an upload of that file, by embedding and by hash."""
    policy, near = site.policy, Neighbourhood()
    k, cap = policy.neighbours + 2, max(BURST, policy.neighbours + 2)
    rows = search_range(
        site.client, collections.name_of(policy.embedder), tried.vectors, floor=policy.similarity_floor, k=k, cap=cap
    )
    met = {hit.id for row in rows for hit in row}
    there = Embedding.objects.exclude(fingerprint__file__image__standing=Image.Standing.REMOVED)
    owners = dict(there.filter(pk__in=met).values_list("pk", "fingerprint__file__image"))
    for row in rows:
        for hit in row:
            if hit.id in owners:
                near.of(owners[hit.id]).meet(similarity=hit.similarity)
    if tried.facts.pdq.quality < policy.pdq_min_quality:
        return near
    floor = hashes.pdq_similarity(max(HASH_FLOOR, policy.pdq_review))
    queries = collections.hash_queries([tried.facts.pdq.hashes])
    rows = search_range(site.client, collections.name_of_hashes(), queries, floor=floor, k=k, cap=cap)
    met = {hit.id for row in rows for hit in row}
    usable = Fingerprint.objects.exclude(file__image__standing=Image.Standing.REMOVED)
    usable = usable.filter(pk__in=met, pdq_quality__gte=policy.pdq_min_quality)
    owners = dict(usable.values_list("pk", "file__image"))
    for place, row in enumerate(rows):
        for hit in row:
            if hit.id in owners:
                near.of(owners[hit.id]).meet(pdq_distance=told_by_hash(hit, place, policy))
    return near


def compare(tried: Tried, image: Image, candidate: Candidate, policy: Policy) -> scoring.Signals:
    """
    The signals of the pair that ``image`` and the file would make; ``candidate`` says what the search knows of it.

    :raises FileNotFoundError: if a rendition of ``image`` is not in the store.
    """
    assert image.file is not None
    facts, known = tried.facts, image.file.fingerprint
    shown = sight.picture_of(sight.work_key(image.file))
    grounds = ground_of(shown), ground_of(tried.work)
    pdq_usable = min(facts.pdq.quality, known.pdq_quality) >= policy.pdq_min_quality
    found = verification.verify(
        shown,
        tried.work,
        features=(sight.features_of(image.file), tried.features),
        sizes=((image.file.width, image.file.height), (facts.width, facts.height)),
        negative=pdq_usable and hashes.are_opposite(bytes(known.pdq), facts.pdq.hashes, within=HASH_FLOOR),
    )
    return scoring.Signals(
        same_pixels=facts.pixel_hash == known.pixel_hash and facts.decoder_version == known.decoder_version,
        similarity=candidate.similarity,
        pdq_distance=candidate.pdq_distance,
        pdq_usable=pdq_usable,
        document_like=min(facts.dominant_share, known.dominant_share) > policy.document_share
        or all(ground.is_page for ground in grounds),
        one_thing=all(ground.is_of_one_thing for ground in grounds),
        cells=found.cells if found else 0,
        ncc=found.ncc if found else None,
        textured_share=found.textured_share if found else None,
        changed_share=found.transformation.changed_share if found else None,
        traits=traits_of(found.transformation) if found else 0,
    )
