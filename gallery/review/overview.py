"""Many decisions at once, as a list shows them: what they came to, their pictures, whether they may be taken back."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, Prefetch, Q, prefetch_related_objects

from gallery.errors import NotAllowed
from gallery.models import CaseMember, Decision, Image, Merge, MergeMember, User, VerdictContent
from gallery.review import undo, words

Action = Decision.Action

PICTURES = 4
"""Pictures shown of a decision."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A decision of a list. ``images`` are the oldest of those it was about, :data:`PICTURES` at most."""

    decision: Decision
    images: list[Image]
    sentence: str
    may_undo: bool


def look_at(decisions: Sequence[Decision], user: User) -> list[Seen]:
    """
    ``decisions``, with what they undo, in their order, for ``user``. The number of queries does not depend on how many
    there are, only on how often one was taken back and made again.
    """
    roots = _roots(decisions)
    unique = list({root.pk: root for root in roots.values()}.values())
    prefetch_related_objects(unique, Prefetch("merges", Merge.objects.select_related("keeper__file")))
    prefetch_related_objects([root for root in unique if root.action == Action.SPLIT], "parts")
    judged = _judged(roots.values())
    pictures = _pictures(judged)
    undoable = _undoable(decisions, roots, judged, user)
    return [
        Seen(
            decision=decision,
            images=pictures[roots[decision.pk].pk],
            sentence=words.outcome_of(decision),
            may_undo=decision.pk in undoable,
        )
        for decision in decisions
    ]


def pictures_of(decisions: Sequence[Decision]) -> dict[uuid.UUID, list[Image]]:
    """The ``images`` of :class:`Seen` alone, by the decision's id; none of ``decisions`` is an undo."""
    return _pictures(_judged(decisions))


def _pictures(judged: Mapping[uuid.UUID, set[int]]) -> dict[uuid.UUID, list[Image]]:
    shown = {decision: sorted(images)[:PICTURES] for decision, images in judged.items()}
    found = Image.objects.select_related("file").in_bulk({pk for images in shown.values() for pk in images})
    return {decision: [found[pk] for pk in images] for decision, images in shown.items()}


def _roots(decisions: Sequence[Decision]) -> dict[uuid.UUID, Decision]:
    """What each was about in the first place; fills in what every undo on the way takes back."""
    known = {one.undoes.pk: one.undoes for one in decisions if one.undoes}
    known.update((decision.pk, decision) for decision in decisions)
    frontier = list(known.values())
    while wanted := {decision.undoes_id for decision in frontier if decision.undoes_id} - known.keys():
        frontier = list(Decision.objects.filter(pk__in=wanted))
        known.update((decision.pk, decision) for decision in frontier)
    for decision in known.values():
        decision.undoes = known[decision.undoes_id] if decision.undoes_id else None
    return {decision.pk: words.root_of(decision)[0] for decision in decisions}


def _judged(roots: Iterable[Decision]) -> dict[uuid.UUID, set[int]]:
    """The images in the verdicts of each; of an answer without effect those that were in its case."""
    rows = VerdictContent.objects.filter(verdict__decision__in={root.pk for root in roots}, image__isnull=False)
    found: dict[uuid.UUID, set[int]] = defaultdict(set)
    for decision, image in rows.values_list("verdict__decision", "image").distinct():
        if image is not None:
            found[decision].add(image)
    for root in roots:
        found[root.pk] |= {placed.image_id for placed in root.parts.all()} if root.action == Action.SPLIT else set()
    if dissents := [root for root in roots if root.dissent]:
        members = CaseMember.objects.filter(case__in={root.case_id for root in dissents})
        for case, image, joined in members.values_list("case", "image", "joined_at"):
            for root in dissents:
                found[root.pk] |= {image} if root.case_id == case and joined <= root.at else set()
    return found


def _undoable(
    decisions: Sequence[Decision],
    roots: Mapping[uuid.UUID, Decision],
    judged: Mapping[uuid.UUID, set[int]],
    user: User,
) -> set[uuid.UUID]:
    """What :func:`gallery.review.undo.may_undo` says of each."""
    standing = [decision for decision in decisions if not decision.dissent and not decision.undone_at]
    about = _about({roots[decision.pk].pk for decision in standing}, judged)
    own = _owned({image for images in about.values() for image in images}, user)
    bereft = undo.lost_their_keeper(about, user)
    return {
        decision.pk
        for decision in standing
        if roots[decision.pk].pk in bereft or _has_rights(decision, roots[decision.pk], user, about, own)
    }


def _has_rights(
    decision: Decision, root: Decision, user: User, about: Mapping[uuid.UUID, set[int]], own: set[int]
) -> bool:
    try:
        undo.check_rights(decision, root, user, "some reason", is_own=bool(about[root.pk] & own))
    except NotAllowed:
        return False
    return True


def _about(roots: set[uuid.UUID], judged: Mapping[uuid.UUID, set[int]]) -> dict[uuid.UUID, set[int]]:
    """Every image that the decisions concern: judged, kept or absorbed."""
    found = {root: set(judged.get(root, ())) for root in roots}
    rows = MergeMember.objects.filter(merge__decision__in=roots)
    for decision, keeper, image in rows.values_list("merge__decision", "merge__keeper", "image"):
        found[decision] |= {keeper, image}
    return found


def _owned(images: set[int], user: User) -> set[int]:
    """Of ``images`` those that are this person's own, or that one of theirs is merged into."""
    mine = Image.objects.filter(Q(pk__in=images) | Q(merged_into__in=images), owner=user)
    return {pk for ends in mine.values_list("pk", F("merged_into")) for pk in ends if pk is not None} & images
