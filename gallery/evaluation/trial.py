"""
The self-test: makes known copies of the site's own images and looks whether the live index and the policy find them.

Nothing is stored but the figures. A network with wrong weights, a broken index or a policy that hides everything show
here, whatever the health checks say.
"""

import random
import time
from collections.abc import Callable, Iterable

import structlog

from gallery.detection import scoring, sight
from gallery.detection.candidates import Candidate
from gallery.detection.projection import roots_of
from gallery.evaluation import copies, matching
from gallery.evaluation.matching import Site, Tried
from gallery.models import Image, Pair, Policy, SelfTest
from gallery.models.selftest import Tally

log = structlog.get_logger(__name__)

Watch = Callable[[list[Image]], Iterable[Image]]


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
    site = Site.in_force()
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
        policy=site.policy,
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
    looked_at = matching.look_at([copies.copy_of(shown, name) for name in copies.NAMES], site)
    # All of them before any is counted: an image that is purged meanwhile counts for nothing.
    tiers = [_tier(image, tried, site) for tried in looked_at]
    for name, tier in zip(copies.NAMES, tiers, strict=True):
        _count(tallies[name], tier, site.policy)


def _count(tally: Tally, tier: int | None, policy: Policy) -> None:
    tally["copies"] += 1
    if tier is None:
        return
    tally["met"] += 1
    tally["flagged"] += scoring.flagged(tier, policy)
    tally["certain"] += tier >= Pair.Tier.CERTAIN


def _tier(image: Image, tried: Tried, site: Site) -> int | None:
    """How sure the site would be that ``tried`` is a copy of ``image``; None if it would not compare them."""
    nearest = matching.neighbours(tried, site).nearest(site.policy.neighbours * 2)
    roots = roots_of({image.pk, *(candidate.image for candidate in nearest)})
    # Of a group of copies the oldest is compared, whichever member was met.
    met = [candidate for candidate in nearest if roots[candidate.image] & roots[image.pk]]
    if not met:
        return None
    own = next((candidate for candidate in met if candidate.image == image.pk), Candidate(image.pk))
    return scoring.tier(matching.compare(tried, image, own, site.policy), site.policy)
