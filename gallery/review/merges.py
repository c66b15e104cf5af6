"""Merge: keep one, redirect the rest, lose nothing, take it back any time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.errors import CaseChanged, NotAllowed, RuleBroken
from gallery.models import Case, Decision, Image, Merge, MergeMember, Pair, Policy, StoredFile, User, Verdict
from gallery.review import access, contents, keeper, merge_fields, verdicts
from gallery.review.belongings import Belongings
from gallery.review.folding import best_first, fold, later_merges
from gallery.review.journal import revert
from gallery.review.merge_rules import obstacles
from gallery.review.submit import Scene, Submit

REST_DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A row of the dialog: ``values`` in the order of the preview's images, keeper first."""

    label: str
    values: list[str]
    result: str
    changes: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """
    What a merge would do. Nothing was written.

    ``redirects`` are the public ids that will lead to the keeper, ``people`` those whose images are touched.
    ``blocked`` are sentences: while there is one the merge is refused. ``overridable`` a senior may set aside.
    ``choices`` are the values to choose from, by field, where nothing is automatic.
    """

    keeper: Image
    file: StoredFile | None
    images: list[Image]
    fields: list[FieldChange]
    redirects: list[str]
    people: list[str]
    blocked: list[str]
    overridable: list[str] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)


def preview(
    case: Case,
    user: User,
    *,
    keeper: int | None = None,
    file: int | None = None,
    images: Sequence[int] = (),
    choices: Mapping[str, str] | None = None,
    members: Sequence[Image] | None = None,
    pairs: Sequence[Pair] | None = None,
    belongings: Belongings | None = None,
) -> Preview:
    """
    What merging would do, for the dialog.

    ``members`` of the case, with their files and owners, the ``pairs`` among them and their ``belongings`` are looked
    up where they are not given.

    :raises NotAllowed: if this person may not decide on the case.
    :raises CaseChanged: if an image is not in the case any more.
    """
    if members is None:
        found = Image.objects.filter(memberships__case=case, memberships__live=True).order_by("pk")
        members = list(found.select_related("file", "owner"))
    belongings = belongings or Belongings.of(members)
    access.check_case(user, case, is_own=access.owns_one(user, members, belongings))
    policy = _in_force(case, pairs or ())
    scene = Scene(case, tuple(members), policy, user, pairs, belongings)
    staying, others, shown = _cast(scene, keeper=keeper, file=file, images=images)
    group = [staying, *others]
    planned = merge_fields.plan(staying, others, policy, choices or {}, belongings)
    against = obstacles(staying, others, shown, choices or {}, belongings.contents(group))
    licences = merge_fields.licences(group)
    absorbed_before = [name for other in others for name in belongings.names("absorbed", other)]
    return Preview(
        keeper=staying,
        file=shown,
        images=group,
        fields=[FieldChange(row.label, row.shown, row.result, row.changes) for row in planned],
        redirects=[*(other.public_id for other in others), *absorbed_before],
        people=sorted({image.owner.get_username() for image in group}),
        blocked=against.blocked + ([] if user.may_override else against.overridable),
        overridable=against.overridable,
        choices={merge_fields.LICENCE: licences} if len(licences) > 1 else {},
    )


def _in_force(case: Case, pairs: Sequence[Pair]) -> Policy:
    """The policy in force, which most cases were opened under and nearly all pairs were last weighed by."""
    known = [case.opened_under, *(pair.policy for pair in pairs)]
    found = next((policy for policy in known if policy and policy.state == Policy.State.IN_FORCE), None)
    return found or Policy.objects.in_force()


def merge(decision: Decision, scene: Scene, submit: Submit) -> set[int]:
    """Merge the chosen images of a case; what is left out may be marked as different in the same submit."""
    staying, others, file = _cast(scene, keeper=submit.keeper, file=submit.file, images=submit.images)
    check(staying, others, file, submit.choices, by=scene.user, reason=submit.reason)
    made = Merge.objects.create(
        decision=decision,
        keeper=staying,
        file=file,
        choices=dict(submit.choices),
        by=scene.user,
    )
    MergeMember.objects.bulk_create(MergeMember(merge=made, image=other) for other in others)
    together = [staying.pk, *(other.pk for other in others)]
    touched = fold(made, scene.policy)
    said = [verdicts.write(Verdict.Kind.SAME, decision, by=scene.user, images=together, policy=scene.policy)]
    rest = [image for image in scene.images if image.pk not in together]
    if submit.rest == REST_DIFFERENT and rest:
        apart = [staying, *rest]
        verdicts.check_no_identical_files(apart)
        ids = [image.pk for image in apart]
        said.append(verdicts.write(Verdict.Kind.DIFFERENT, decision, by=scene.user, images=ids, policy=scene.policy))
    return touched | contents.reached_by(said) | {image.pk for image in scene.images}


def check(
    staying: Image, others: Sequence[Image], file: StoredFile, choices: Mapping[str, str], *, by: User, reason: str
) -> None:
    """
    The rules again, under the locks.

    :raises RuleBroken: if one forbids the merge.
    :raises NotAllowed: if it takes a senior to go against what was approved.
    """
    found = obstacles(staying, others, file, choices)
    if found.blocked:
        raise RuleBroken(" ".join(found.blocked))
    if found.overridable and not by.may_override:
        raise RuleBroken(" ".join([*found.overridable, _("Only a senior moderator can merge them all the same.")]))
    if found.overridable and not reason:
        raise RuleBroken(" ".join([*found.overridable, _("Say why they are to be merged all the same.")]))


def redo(merge: Merge, policy: Policy, *, by: User, reason: str) -> set[int]:
    """
    Make an undone merge again, with what its images are now.

    :raises RuleBroken: if something has happened since that forbids it.
    """
    # A merge that kept a member whose file is gone still stands with it: make room, also below what came later.
    later = [] if merge.undone_at else later_merges(merge)
    made_room = [(other, revert(other)) for other in reversed(later)]
    revert(merge)
    merge.members.update(restored_at=None)
    members = list(merge.members.values_list("image", flat=True))
    images = Image.objects.filter(pk__in=[merge.keeper_id, *members]).select_related("file", "owner").in_bulk()
    staying = images[merge.keeper_id]
    others = best_first(staying, [images[pk] for pk in members], policy)
    if access.owns_any(by, images):
        raise NotAllowed(_("One of these images is your own. Somebody else decides on it."))
    check(staying, others, merge.file, merge.choices, by=by, reason=reason)
    Merge.objects.filter(pk=merge.pk).update(undone_at=None, undone_by=None, at=timezone.now())
    touched = fold(merge, policy)
    for other, reverted in reversed(made_room):
        touched |= fold(other, policy, leave=reverted.places)
    return touched


def _cast(
    scene: Scene, *, keeper: int | None, file: int | None, images: Sequence[int]
) -> tuple[Image, list[Image], StoredFile]:
    """
    Who stays, who is absorbed, and which file is shown, out of the live members of the case.

    An id of an image that was merged meanwhile stands for its keeper.
    """
    wanted = _canonical([*images, *([keeper] if keeper else [])], scene)
    pool = verdicts.chosen_of(scene, list(wanted.values()) if images else [])
    staying = _keeper(scene, pool, wanted[keeper] if keeper else None)
    ticked = {image.pk for image in pool}
    if not images and len(scene.images) > 2:
        # Chains are never merged whole: only what was compared with the keeper itself.
        ticked = _verified(staying, ticked)
    others = [image for image in scene.images if image.pk in ticked and image.pk != staying.pk]
    if not others:
        raise RuleBroken(_("Choose at least one image to merge into %(keeper)s.") % {"keeper": f"“{staying.name}”"})
    others = best_first(staying, others, scene.policy, pairs=scene.pairs, belongings=scene.belongings)
    shown = _file(scene, file or staying.file_id or 0)
    if shown is None:
        raise RuleBroken(_("The file to keep belongs to none of these images. Choose one of theirs."))
    return staying, others, shown


def _file(scene: Scene, wanted: int) -> StoredFile | None:
    shown = next((image.file for image in scene.images if image.file_id == wanted), None)
    return shown or StoredFile.objects.filter(pk=wanted).first()


def _canonical(ids: Sequence[int], scene: Scene) -> dict[int, int]:
    elsewhere = set(ids) - {image.pk for image in scene.images}
    redirects: dict[int, int | None] = {}
    if elsewhere:
        merged = Image.objects.filter(pk__in=elsewhere, merged_into__isnull=False)
        redirects = dict(merged.values_list("pk", "merged_into"))
    return {pk: redirects.get(pk) or pk for pk in ids}


def _keeper(scene: Scene, pool: Sequence[Image], wanted: int | None) -> Image:
    if wanted is None:
        pairs = Pair.objects.among([image.pk for image in pool])
        return keeper.suggest(pool, pairs, scene.policy).image
    found = scene.image(wanted)
    if found is None:
        raise CaseChanged(_("The image to keep is not in this case any more. Look at it again."))
    return found


def _verified(staying: Image, ids: set[int]) -> set[int]:
    found = keeper.verified_against(staying.pk, Pair.objects.among(list(ids)))
    if not found:
        raise RuleBroken(_("None of the others was compared with this one. Tick those that are the same picture."))
    return found
