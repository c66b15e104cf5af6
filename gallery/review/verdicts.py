"""Approve: "these are fine, never flag them again". One verdict for any number of images; no image changes."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from gallery.errors import CaseChanged, RuleBroken
from gallery.models import Decision, Image, Policy, StoredFile, User, Verdict
from gallery.review import contents
from gallery.review.submit import Scene, Submit

Kind = Verdict.Kind


def approve_different(decision: Decision, scene: Scene, submit: Submit) -> set[int]:
    """Any two of the chosen images are different pictures."""
    chosen = chosen_of(scene, submit.images)
    check_no_identical_files(chosen)
    return _approve(Kind.DIFFERENT, decision, scene, chosen)


def approve_related(decision: Decision, scene: Scene, submit: Submit) -> set[int]:
    """Any two of them are variants: each stays, and pages show the others as "see also"."""
    chosen = chosen_of(scene, submit.images)
    check_no_identical_files(chosen)
    return _approve(Kind.RELATED, decision, scene, chosen)


def approve_intentional(decision: Decision, scene: Scene, submit: Submit) -> set[int]:
    """The files are identical, and on purpose."""
    chosen = chosen_of(scene, submit.images)
    if len(set(bytes_of(chosen).values())) > 1:
        raise RuleBroken(_("These files differ. Only identical files can be approved as an intentional copy."))
    return _approve(Kind.INTENTIONAL, decision, scene, chosen)


def chosen_of(scene: Scene, ids: Sequence[int]) -> list[Image]:
    """
    The live members that a form names, all of them if it names none, in id order.

    :raises CaseChanged: if one is not in the case.
    :raises RuleBroken: if fewer than two are left.
    """
    wanted = set(ids) or {image.pk for image in scene.images}
    chosen = [image for image in scene.images if image.pk in wanted]
    if len(chosen) != len(wanted):
        raise CaseChanged(_("One of these images is not in this case any more. Look at it again."))
    if len(chosen) < 2:
        raise RuleBroken(_("Choose two or more images: a decision is about a pair or a set."))
    return chosen


def bytes_of(images: Sequence[Image]) -> dict[int, str]:
    """By image: the sha256 of the file that it came with."""
    return dict(StoredFile.objects.filter(image__in=images).values_list("image", "sha256"))


def check_no_identical_files(images: Sequence[Image]) -> None:
    """
    :raises RuleBroken: if two of them are one file: a verdict on contents can't tell such images apart.
    """
    hashes, seen = bytes_of(images), dict[str, Image]()
    for image in images:
        twin = seen.setdefault(hashes[image.pk], image)
        if twin is not image:
            raise RuleBroken(
                _("%(one)s and %(other)s are the same file. Merge them, or approve them as an intentional copy.")
                % {"one": f"“{twin.name}”", "other": f"“{image.name}”"}
            )


def _approve(kind: Kind, decision: Decision, scene: Scene, chosen: Sequence[Image]) -> set[int]:
    verdict = write(kind, decision, by=scene.user, images=[image.pk for image in chosen], policy=scene.policy)
    return contents.reached_by([verdict]) | {image.pk for image in scene.images}


def write(kind: Kind, decision: Decision, *, by: User, images: Iterable[int], policy: Policy) -> Verdict:
    """One verdict about the contents of ``images``."""
    verdict = Verdict.objects.create(kind=kind, decision=decision, by=by, policy=policy)
    contents.attach(verdict, images)
    return verdict


def withdraw(verdicts: Iterable[Verdict], *, by: User, at: datetime, reason: str) -> set[int]:
    """Revoke live verdicts. Returns the images they reached."""
    found = list(verdicts)
    Verdict.objects.live().filter(pk__in=[verdict.pk for verdict in found]).update(
        revoked_at=at, revoked_by=by, revoke_reason=reason[:400]
    )
    return contents.reached_by(found)


@transaction.atomic
def reissue(verdicts: Iterable[Verdict], *, by: User, policy: Policy) -> set[int]:
    """Say again what was revoked: new rows about the same contents. Returns the images they reach."""
    again = []
    for old in verdicts:
        verdict = Verdict.objects.create(kind=old.kind, decision=old.decision, by=by, policy=policy)
        contents.repeat(verdict, old.contents.order_by("pk"))
        again.append(verdict)
    return contents.reached_by(again)
