"""
The self-test: makes known copies of the site's own images and looks whether the live index and the policy find them.

Nothing is stored but the figures. A network with wrong weights, a broken index or a policy that hides everything show
here, whatever the health checks say.
"""

import io
import random
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog
from PIL import Image as Pixels

from gallery import embedders, index, pictures, verification
from gallery.conf import conf
from gallery.detection import collections, scoring, sight
from gallery.detection.candidates import BURST, HASH_FLOOR, Candidate, Neighbourhood
from gallery.detection.projection import roots_of
from gallery.detection.traits import traits_of
from gallery.evaluation import copies
from gallery.images import hashes
from gallery.images.examination import Examination, examine
from gallery.index.base import VectorIndex, search_range
from gallery.models import Embedding, Fingerprint, Image, Pair, Policy, SelfTest
from gallery.models.selftest import Tally
from gallery.pictures import Picture
from gallery.vectors import Vectors, checked
from gallery.verification.features import extract

log = structlog.get_logger(__name__)

Watch = Callable[[list[Image]], Iterable[Image]]


@dataclass(frozen=True, slots=True)
class Site:
    """What the copies are tried against."""

    policy: Policy
    client: VectorIndex
    network: embedders.Embedder


def run(*, sample: int, seed: int | None = None, watch: Watch = list) -> SelfTest | None:
    """
    Try the edits of :mod:`gallery.evaluation.copies` on up to ``sample`` images and keep the figures.

    :param seed: chooses the images; others every time if there is none.
    :param watch: passes the images on, to show how far it is.
    :returns: None if there is no image to copy yet.
    :raises Unavailable: if a neighbour is down.
    :raises ModelMissing: if the policy's network has no weights.
    """
    chosen = _choose(sample, seed)
    if not chosen:
        return None
    started = time.monotonic()
    policy = Policy.objects.in_force()
    site = Site(policy, index.load(), embedders.load(policy.embedder))
    tallies: dict[str, Tally] = {name: Tally(copies=0, met=0, flagged=0, certain=0) for name in copies.NAMES}
    tried = 0
    for image in watch(chosen):
        try:
            _try_all(image, site, tallies)
        except FileNotFoundError:
            # It was purged since it was chosen, or a rendition was lost: the rest says enough.
            log.warning("selftest_without_rendition", image=image.public_id)
            continue
        tried += 1
    return SelfTest.objects.create(
        seconds=round(time.monotonic() - started, 1),
        images=tried,
        policy=policy,
        model_key=site.network.key,
        tallies=tallies,
    )


def _choose(sample: int, seed: int | None) -> list[Image]:
    whole = Image.objects.live().filter(stage=Image.Stage.COMPARED, file__fingerprint__isnull=False)
    ids = list(whole.order_by("pk").values_list("pk", flat=True))
    chosen = random.Random(seed).sample(ids, min(sample, len(ids)))  # noqa: S311 - no secret
    return list(whole.filter(pk__in=chosen).select_related("file__fingerprint", "file__image").order_by("pk"))


def _try_all(image: Image, site: Site, tallies: dict[str, Tally]) -> None:
    assert image.file is not None
    shown = sight.picture_of(image.file.rendition_key("view", "jpg"))
    found = {name: _examined(copies.copy_of(shown, name)) for name in copies.NAMES}
    vectors = site.network.embed([picture for facts in found.values() for picture in _views(facts)])
    tiers: dict[str, int | None] = {}
    place = 0
    for name, facts in found.items():
        count = len(_views(facts))
        tiers[name] = _tier(image, facts, Vectors(vectors[place : place + count]), site)
        place += count
    for name, tier in tiers.items():
        _count(tallies[name], tier, site.policy)


def _examined(content: bytes) -> Examination:
    """The facts of a file of our own making: it needs no sandbox."""
    with tempfile.NamedTemporaryFile(prefix="dedup-", suffix=".jpg") as file:
        file.write(content)
        file.flush()
        return examine(Path(file.name), max_pixels=conf().max_pixels)


def _views(facts: Examination) -> list[Picture]:
    return [facts.whole] if facts.region is None else [facts.whole, facts.region]


def _count(tally: Tally, tier: int | None, policy: Policy) -> None:
    tally["copies"] += 1
    if tier is None:
        return
    tally["met"] += 1
    tally["flagged"] += scoring.flagged(tier, policy)
    tally["certain"] += tier >= Pair.Tier.CERTAIN


def _tier(image: Image, facts: Examination, vectors: Vectors, site: Site) -> int | None:
    """How sure the site would be that ``facts`` are those of a copy of ``image``; None if it would not compare them."""
    assert image.file is not None
    near = _neighbours(facts, vectors, site)
    nearest = near.nearest(site.policy.neighbours * 2)
    roots = roots_of({image.pk, *(candidate.image for candidate in nearest)})
    # Of a group of copies the oldest is compared, whichever member was met.
    met = [candidate for candidate in nearest if roots[candidate.image] & roots[image.pk]]
    if not met:
        return None
    own = next((candidate for candidate in met if candidate.image == image.pk), Candidate(image.pk))
    return scoring.tier(_signals(image, image.file.fingerprint, facts, own, site.policy), site.policy)


def _neighbours(facts: Examination, vectors: Vectors, site: Site) -> Neighbourhood:
    """Whom the site would find for an upload of ``facts``, by embedding and by hash."""
    policy, near = site.policy, Neighbourhood()
    k, cap = policy.neighbours + 2, max(BURST, policy.neighbours + 2)
    rows = search_range(
        site.client, collections.name_of(policy.embedder), vectors, floor=policy.similarity_floor, k=k, cap=cap
    )
    met = {hit.id for row in rows for hit in row}
    there = Embedding.objects.exclude(fingerprint__file__image__standing=Image.Standing.REMOVED)
    owners = dict(there.filter(pk__in=met).values_list("pk", "fingerprint__file__image"))
    for row in rows:
        for hit in row:
            if hit.id in owners:
                near.of(owners[hit.id]).meet(similarity=hit.similarity)
    if facts.pdq.quality < policy.pdq_min_quality:
        return near
    floor = hashes.pdq_similarity(max(HASH_FLOOR, policy.pdq_review))
    rows = search_range(site.client, collections.name_of_hashes(), _hash_vectors(facts), floor=floor, k=k, cap=cap)
    met = {hit.id for row in rows for hit in row}
    usable = Fingerprint.objects.exclude(file__image__standing=Image.Standing.REMOVED)
    usable = usable.filter(pk__in=met, pdq_quality__gte=policy.pdq_min_quality)
    owners = dict(usable.values_list("pk", "file__image"))
    for row in rows:
        for hit in row:
            if hit.id in owners:
                near.of(owners[hit.id]).meet(pdq_distance=hashes.pdq_distance(hit.similarity))
    return near


def _hash_vectors(facts: Examination) -> Vectors:
    size = hashes.PDQ_BYTES
    views = [facts.pdq.hashes[view * size : (view + 1) * size] for view in range(hashes.PDQ_VIEWS)]
    return checked(np.stack([hashes.pdq_vector(view) for view in views]))


def _signals(image: Image, known: Fingerprint, facts: Examination, own: Candidate, policy: Policy) -> scoring.Signals:
    assert image.file is not None
    key = sight.work_key(image.file)
    with Pixels.open(io.BytesIO(facts.renditions["work"])) as opened:
        work = pictures.checked(np.asarray(opened.convert("RGB")))
    found = verification.verify(
        sight.picture_of(key),
        work,
        features=(sight.features_of(image.file), extract(work, kind="orb")),
        sizes=((image.file.width, image.file.height), (facts.width, facts.height)),
    )
    return scoring.Signals(
        same_pixels=facts.pixel_hash == known.pixel_hash and facts.decoder_version == known.decoder_version,
        similarity=own.similarity,
        pdq_distance=own.pdq_distance,
        pdq_usable=min(facts.pdq.quality, known.pdq_quality) >= policy.pdq_min_quality,
        document_like=min(facts.dominant_share, known.dominant_share) > policy.document_share,
        cells=found.cells if found else 0,
        ncc=found.ncc if found else None,
        textured_share=found.textured_share if found else None,
        changed_share=found.transformation.changed_share if found else None,
        traits=traits_of(found.transformation) if found else 0,
    )
