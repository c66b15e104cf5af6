"""A library of nothing but the labelled pictures, brought through the whole pipeline in this process."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from gallery import outbox
from gallery.detection import upkeep
from gallery.errors import Unavailable
from gallery.evaluation.labels import Labels
from gallery.ingest import importing, sweeping
from gallery.models import Image, User

AT_ONCE = 64
"""Pictures that are taken in before their work is done, so that the progress shown is that of whole pictures."""

TOPICS = ("ingest", "search", "verify")
"""What must be worked on. Nobody looks at the pictures laid over each other."""

PATIENCE_SECONDS = 180.0
"""For work that failed and is tried again: so long may nothing get done."""

OWNER = "owner "

Work = Callable[[str], int]
"""Works on one topic for a while; returns how many pieces of work there were, 0 if nothing is due."""

Watch = Callable[[Sequence[str]], Iterable[str]]


@dataclass(slots=True)
class Library:
    """Which image a picture became, and why some became none."""

    images: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def fill(labels: Labels, *, work: Work, watch: Watch = iter) -> Library:
    """
    Take the pictures of ``labels`` in, and have all work done.

    The database must hold nothing but what migrations made, or what an earlier call for the same pictures left that
    was interrupted, or is asked again by other rules: then what is there is not done again.

    :raises Unavailable: if work is left that nobody finishes.
    """
    library = Library()
    owners = list(User.objects.filter(username__startswith=OWNER).order_by("pk"))
    if owners:
        _go_on(work)
    files = iter(watch(labels.files))
    while names := list(islice(files, AT_ONCE)):
        for name in names:
            _take(labels, name, owners, library)
        for topic in TOPICS:
            while work(topic):
                pass
    _finish(library, work)
    return library


def _go_on(work: Work) -> None:
    """What lies in memory only is filled again, and what was compared is weighed by the rules of today."""
    upkeep.reconcile()
    outbox.send("project", key="evaluation")
    while work("project"):
        pass


def _take(labels: Labels, name: str, owners: list[User], library: Library) -> None:
    """One person has each file once, so the second of two equal files belongs to a second person."""
    number, claimed = 0, set(library.images.values())
    while True:
        if number == len(owners):
            owners.append(User.objects.create(username=f"{OWNER}{number + 1}"))
        taken = importing.take(labels.folder / name, by=owners[number])
        if taken.image is None:
            library.refused[name] = taken.sentence
            return
        if taken.image not in claimed:
            library.images[name] = taken.image
            return
        number += 1


def _finish(library: Library, work: Work) -> None:
    left, until = None, 0.0
    while waiting := importing.still_waiting(library.images.values()):
        if left is None or len(waiting) < left:
            # However much there is to compare: what counts is whether any of it gets done.
            left, until = len(waiting), time.monotonic() + PATIENCE_SECONDS
        if time.monotonic() > until:
            raise Unavailable("decoder", f"{len(waiting)} pictures are not compared after {PATIENCE_SECONDS:.0f} s.")
        sweeping.sweep()
        if not sum(work(topic) for topic in TOPICS):
            time.sleep(0.5)
    names = {image: name for name, image in library.images.items()}
    for image, _code, sentence in importing.refused_later(sorted(names)):
        library.refused[names[image]] = sentence
        del library.images[names[image]]
    assert Image.objects.filter(stage=Image.Stage.COMPARED).count() == len(library.images)
