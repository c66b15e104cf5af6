"""
Who may decide on what. Every function is called again at submit, on every image, under the locks.

``may_`` answers, ``check_`` raises.
"""

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _

from gallery.errors import NotAllowed
from gallery.models import Case, Image, User


def check_reviewer(user: User) -> None:
    """
    :raises NotAllowed: if this person may not review at all.
    """
    if not user.may_review:
        raise NotAllowed(_("Only moderators decide on cases. Ask an admin for the role."))


def owns_any(user: User, images: Iterable[int]) -> bool:
    """Whether one of ``images``, or one merged into them, is this person's own."""
    concerned = Q(pk__in=list(images)) | Q(merged_into__in=list(images))
    return Image.objects.filter(concerned, owner=user).exists()


def check_images(user: User, images: Iterable[int]) -> None:
    """
    :raises NotAllowed: if one of them is this person's own upload.
    """
    if owns_any(user, images):
        raise NotAllowed(_("One of these images is your own. Somebody else decides on it."))


def check_case(user: User, case: Case) -> None:
    """
    :raises NotAllowed: if this person may not decide on this case.
    """
    check_reviewer(user)
    if case.escalated_at and not user.may_override:
        raise NotAllowed(_("This case was escalated. A senior moderator decides on it."))
    check_images(user, case.members.filter(live=True).values_list("image", flat=True))


def may_decide(user: User, case: Case) -> bool:
    """Whether the desk shows this case with its answers."""
    try:
        check_case(user, case)
    except NotAllowed:
        return False
    return True
