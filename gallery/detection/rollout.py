"""
From one network to another without a gap: begin, back-fill what is here, switch, and when all is well drop the old.

Until then new images are shown to both networks, so that publishing the version before rolls back without a loss.
"""

from dataclasses import dataclass

from django.db import transaction

from gallery import embedders, index, outbox
from gallery.detection import collections, policies, upkeep
from gallery.errors import ModelMissing, PolicyError
from gallery.models import Collection, Embedding, Fingerprint, Image, Policy, User

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a network has come: ``images`` there are, ``embedded`` by it, and ``vectors`` in SQL and in the index."""

    images: int
    embedded: int
    vectors: int
    indexed: int

    @property
    def is_complete(self) -> bool:
        return self.embedded == self.images and self.vectors == self.indexed


def begin(embedder: str) -> None:
    """
    Have new images shown to this network, too, from now on.

    :raises ModelMissing: if there is no such network, or its weights are not there.
    :raises Unavailable: if the index does not answer.
    """
    if problems := embedders.missing(embedder):
        raise ModelMissing(" ".join(problems))
    collections.ready(index.load(), embedder)
    Collection.objects.filter(name=collections.name_of(embedder)).update(fed_by=embedder)


def standing(embedder: str) -> Standing:
    """
    Compare counts. Images on their way are among them.

    :raises Unavailable: if the index does not answer.
    """
    key = embedders.key_of(embedder)
    images = Fingerprint.objects.filter(file__purged_at=None)
    return Standing(
        images=images.count(),
        embedded=images.count() - images.lacking(key).count(),
        vectors=Embedding.objects.of_model(key).count(),
        indexed=index.load().count(collections.name_of(embedder)),
    )


def switch(embedder: str, by: User, note: str, *, left_out: int = 0) -> Policy:
    """
    Publish the rules in force with this network. The one before stays fed until it is dropped.

    :param left_out: how many images may lack a vector: those whose original can not be read any more.
    :raises PolicyError: if the network is in force already or has not seen all images.
    :raises Unavailable: if the index does not answer.
    """
    current = Policy.objects.in_force()
    if current.embedder == embedder:
        raise PolicyError(f"“{embedder}” is in force already.")
    upkeep.fill(embedder)
    found = standing(embedder)
    # What is not in the index after that is on its way, and is inserted by whoever searches it.
    if found.images - found.embedded > left_out:
        raise PolicyError(
            f"“{embedder}” has seen {found.embedded} of {found.images} images. Back-fill the others first."
        )
    begin(current.embedder)
    with transaction.atomic():
        draft = policies.draft_from(current, by)
        draft.embedder = embedder
        return policies.publish(draft, by, note, seen=current.version)


def search_again() -> int:
    """Have all compared images searched with the network in force. Returns how many; doing it again is harmless."""
    images, last, count = Image.objects.filter(stage=Image.Stage.COMPARED).order_by("pk"), 0, 0
    # A little at a time: nobody who reviews waits for it.
    while some := list(images.filter(pk__gt=last).values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            for image in some:
                outbox.send("search", key=image)
        last, count = some[-1], count + len(some)
    return count


def drop(embedder: str) -> int:
    """
    Forget all that a network said, in SQL and in the index. Returns how many vectors that were.

    :raises PolicyError: if the policy in force names it.
    :raises Unavailable: if the index does not answer.
    """
    if Policy.objects.in_force().embedder == embedder:
        raise PolicyError(f"“{embedder}” is in force. Publish a version with another network first.")
    name = collections.name_of(embedder)
    Collection.objects.filter(name=name).delete()  # from here on no worker feeds it
    rows, count = Embedding.objects.of_model(embedders.key_of(embedder)), 0
    while some := list(rows.values_list("pk", flat=True)[:AT_ONCE]):
        count += rows.filter(pk__in=some).delete()[0]
    index.load().drop(name)
    return count
