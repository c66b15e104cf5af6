"""Lists that never count all their rows: a page is “the next forty after this one”."""

from dataclasses import dataclass

from django.http import QueryDict

from gallery.models import Image
from gallery.models.image import ImageQuerySet

PAGE = 40
COUNTED = 100
"""Counts beyond this are shown as “99+”."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Images, newest first, and the addresses before and after; empty where there is nothing."""

    images: list[Image]
    older: str
    is_first: bool


def page_of(images: ImageQuerySet, query: QueryDict) -> Page:
    """The page that ``?before=<public id>`` asks for, keeping the other parameters in the link to the next."""
    before = query.get("before", "")
    if before:
        images = images.older_than(before)
    found = list(images.newest_first()[: PAGE + 1])
    older = ""
    if len(found) > PAGE:
        link = query.copy()
        link["before"] = found[PAGE - 1].public_id
        older = f"?{link.urlencode()}"
    return Page(images=found[:PAGE], older=older, is_first=not before)


def shown_count(images: ImageQuerySet) -> str:
    """How many, up to “99+”: the cost does not grow with the library. Empty for none."""
    count = images.order_by()[:COUNTED].count()
    if count == 0:
        return ""
    return f"{COUNTED - 1}+" if count == COUNTED else str(count)
