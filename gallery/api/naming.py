"""From public ids to rows."""

from collections.abc import Iterable

from django.http import Http404

from gallery.models import Case, Image


def members_of(case: Case, public_ids: Iterable[str | None]) -> dict[str, Image]:
    """
    The case's images, by public id; what is None is not asked for.

    :raises Http404: if one was never in the case.
    """
    wanted = {public_id for public_id in public_ids if public_id is not None}
    found = {image.public_id: image for image in Image.objects.filter(memberships__case=case, public_id__in=wanted)}
    if wanted - found.keys():
        raise Http404
    return found
