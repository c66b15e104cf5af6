"""
Two works per image: *search* puts it into the index and finds whom to compare it with; *verify* compares, where there
is somebody to compare it with.

Insert first, then search with strong consistency: if two near-copies both missed each other, each search would have
come before the other's insert, which is a circle.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from gallery import embedders, index, outbox
from gallery.detection import candidates, cases, collections, pairs, sight
from gallery.detection.projection import chunks, leave_out, project
from gallery.detection.walks import connected
from gallery.models import Case, CaseMember, Embedding, Fingerprint, Image, OutboxEntry, Pair, Policy
from gallery.outbox import Claim

Stage = Image.Stage
State = Pair.State

PAIRS_AT_ONCE = 200
"""Recomputed in one transaction: short ones, so that moderators never wait for a new policy."""


def search(claim: Claim) -> None:
    """
    Index the images of ``claim``, search for each, write their candidate pairs and ask for the comparisons. An image
    without a pair needs none.

    :raises Unavailable: if the index is down. Nothing is lost: the work stays in the outbox.
    """
    policy, client = Policy.objects.in_force(), index.load()
    images = list(Image.objects.filter(pk__in=claim.keys, stage__in=[*Stage.waiting_stages(), Stage.COMPARED]))
    key = embedders.key_of(policy.embedder)
    rows = Embedding.objects.of_model(key).filter(fingerprint__file__image__in=images)
    collections.insert(client, list(rows), embedder=policy.embedder)
    collections.insert_hashes(client, Fingerprint.objects.filter(file__image__in=images))
    _move(images, Stage.INDEXED)
    found = candidates.find(images, policy, client)
    with transaction.atomic():
        outbox.finish(claim)
        to_compare = pairs.propose(found, policy, key) | _paired(images)
        _move(images, Stage.SEARCHED)
        alone = Image.objects.filter(pk__in={image.pk for image in images} - to_compare, stage=Stage.SEARCHED)
        alone.update(stage=Stage.COMPARED)
        outbox.send_many("verify", keys=to_compare)


def _paired(images: Sequence[Image]) -> set[int]:
    """Those of ``images`` that are the newer of a pair, of whatever state: with others *verify* has nothing to do."""
    return set(Pair.objects.filter(right__in=[image.pk for image in images]).values_list("right", flat=True))


def _move(images: Sequence[Image], stage: Image.Stage) -> None:
    """Forwards only: what was compared before and is searched again is not waiting anew."""
    earlier = Stage.waiting_stages()[: Stage.waiting_stages().index(stage)]
    Image.objects.filter(pk__in=[image.pk for image in images], stage__in=earlier).update(stage=stage)


def verify(claim: Claim) -> None:
    """
    Compare each image of ``claim`` with its candidates, surest first, and open the pairs that the policy flags.

    A candidate that is known by then to be a copy of one already accepted is not compared: 42 edits of one picture cost
    about 42 comparisons.
    """
    for place in range(len(claim.entries)):
        _verify_first(claim, claim.entries[place:])


def _verify_first(claim: Claim, entries: Sequence[OutboxEntry]) -> None:
    """Compare the image of the first of ``entries``, which are what is left of ``claim``."""
    image = int(entries[0].key)
    waiting = Pair.objects.filter(right=image, state=State.CANDIDATE).select_related(
        "left__file__fingerprint", "right__file__fingerprint"
    )
    touched: set[int] = set()
    left_out = _leave_out(image)
    for pair in sorted(waiting, key=pairs.promise, reverse=True):
        if pair.pk in left_out:
            continue
        outbox.keep(claim, entries)
        if not connected(pair):
            _measure(pair)
        with transaction.atomic():
            # One at a time, also among workers, so that the next candidate is seen in the light of this one.
            cases.one_at_a_time()
            project(Pair.objects.filter(pk=pair.pk))
            if Pair.objects.filter(pk=pair.pk, state=State.OPEN).exists():
                outbox.send("align", key=pair.pk)  # others are drawn when somebody looks at them
                left_out |= leave_out(image)
        touched |= {pair.left_id, pair.right_id}
    with transaction.atomic():
        outbox.finish(claim, entries[:1])
        if Pair.objects.filter(right=image, state=State.OPEN, case=None).exists():
            touched.add(image)  # perhaps opened by a worker that ended before it came to this
        if touched:
            cases.one_at_a_time()
            # A likely pair that was opened first asks nothing new where a sure one leads to the same place.
            project(Pair.objects.filter(right=image, state=State.OPEN, tier__lt=Pair.Tier.CERTAIN))
            cases.connect(touched)
        Image.objects.filter(pk=image, stage=Stage.SEARCHED).update(stage=Stage.COMPARED)


@transaction.atomic
def _leave_out(image: int) -> set[int]:
    cases.one_at_a_time()
    return leave_out(image)


def _measure(pair: Pair) -> None:
    sight.compare(pair)
    pair.compared_at = timezone.now()
    pair.save(update_fields=pairs.MEASURED)


def align(claim: Claim) -> None:
    """
    Draw what the desk lays over each other, for those of the claim's pairs that somebody is to look at.

    A pair that was left out of the comparison, because its images are connected through others, is compared now.
    """
    for place, entry in enumerate(claim.entries):
        outbox.keep(claim, claim.entries[place:])
        pair = Pair.objects.select_related("left__file__image", "right__file__image").filter(pk=int(entry.key)).first()
        fresh = False
        if pair and pair.state in (State.OPEN, State.REDUNDANT):
            fresh = pair.compared_at is None
            if fresh:
                _measure(pair)
            sight.draw(pair)
        with transaction.atomic():
            outbox.finish(claim, [entry])
            if fresh and pair:
                cases.refresh([pair.left_id, pair.right_id])


def reproject(claim: Claim) -> None:
    """
    After a new policy: recompute every pair that nobody has decided, and the cases.

    A case that somebody has on screen is left as it is until they let go of it: it never vanishes under the cursor.
    """
    leased = Case.objects.open().filter(lease_until__gt=Now())
    busy = set(CaseMember.objects.filter(case__in=leased, live=True).values_list("image", flat=True))
    pairs_to_weigh = Pair.objects.undecided().exclude(state=State.CANDIDATE)
    free = pairs_to_weigh.exclude(left__in=busy).exclude(right__in=busy) if busy else pairs_to_weigh
    for chunk in chunks(free.order_by("pk").iterator(PAIRS_AT_ONCE), PAIRS_AT_ONCE):
        with transaction.atomic():
            cases.one_at_a_time()
            project(Pair.objects.filter(pk__in=[pair.pk for pair in chunk]))
            cases.connect({image for pair in chunk for image in (pair.left_id, pair.right_id)})
    with transaction.atomic():
        if busy:
            outbox.postpone(claim, "Cases that somebody has open wait.", seconds=30, counted=False)
        else:
            outbox.finish(claim)
