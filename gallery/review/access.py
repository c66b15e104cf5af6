"""
Who may decide on what. Every function is called again at submit, on every image, under the locks.

``may_`` answers, ``check_`` raises.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from gallery.errors import NotAllowed
from gallery.models import Case, Image, User
from gallery.review.belongings import Belongings

OWN = gettext_noop("One of these images is your own. Somebody else decides on it.")


def check_reviewer(user: User) -> None:
    """
    :raises NotAllowed: if this person may not review at all.
    """
    if not user.may_review:
        raise NotAllowed(_("Only moderators decide on cases. Ask an admin for the role."))


def owns_any(user: User, images: "Collection[int] | QuerySet[Any, int]") -> bool:
    """Whether one of ``images``, or one merged into them, is this person's own."""
    concerned = Q(pk__in=images) | Q(merged_into__in=images)
    return Image.objects.filter(concerned, owner=user).exists()


def owns_one(user: User, images: Iterable[Image], belongings: Belongings) -> bool:
    """The same of images that were just read, without asking again."""
    return any(image.owner_id == user.pk or user.pk in belongings.ids("absorbed_owners", image) for image in images)


def check_images(user: User, images: "Collection[int] | QuerySet[Any, int]") -> None:
    """
    :raises NotAllowed: if one of them is this person's own upload.
    """
    if owns_any(user, images):
        raise NotAllowed(_(OWN))


def check_case(user: User, case: Case, *, is_own: bool | None = None) -> None:
    """
    ``is_own``: whether one of its images is this person's, where a page knows that (:func:`owns_one`).

    :raises NotAllowed: if this person may not decide on this case.
    """
    check_reviewer(user)
    if case.escalated_at and not user.may_override:
        raise NotAllowed(_("This case was escalated. A senior moderator decides on it."))
    if is_own is None:
        is_own = owns_any(user, case.members.filter(live=True).order_by().values_list("image", flat=True))
    if is_own:
        raise NotAllowed(_(OWN))


def may_decide(user: User, case: Case) -> bool:
    """Whether the desk shows this case with its answers."""
    try:
        check_case(user, case)
    except NotAllowed:
        return False
    return True
