"""The places of the site that its header leads to, by what a person may do."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gallery.models import User


def _everybody(user: User) -> bool:
    return True


def _reviewers(user: User) -> bool:
    return user.may_review


def _all_seeing(user: User) -> bool:
    return user.may_see_all_images


def _staff(user: User) -> bool:
    return user.is_staff


@dataclass(frozen=True, kw_only=True)
class Place:
    """A link of the header. ``name`` is the name of its address, ``covers`` those of the pages inside it."""

    name: str
    label: str | Promise
    open_to: Callable[[User], bool]
    covers: frozenset[str] = frozenset()

    def holds(self, page: str) -> bool:
        return page == self.name or page in self.covers


PLACES = (
    Place(
        name="review",
        label=_("Review"),
        open_to=_reviewers,
        covers=frozenset({"appeals", "appeal_answer", "case", "act", "merge_preview", "escalate", "comment"}),
    ),
    Place(
        name="cases",
        label=_("Cases"),
        open_to=_reviewers,
        covers=frozenset({"bulk", "bulk_jobs", "bulk_preview", "bulk_start"}),
    ),
    Place(name="decisions", label=_("Decisions"), open_to=_all_seeing, covers=frozenset({"decision", "undo", "merge"})),
    Place(name="verdicts", label=_("Verdicts"), open_to=_all_seeing),
    Place(name="images", label=_("Images"), open_to=_all_seeing),
    Place(name="upload", label=_("Upload"), open_to=_everybody),
    Place(name="uploads", label=_("My uploads"), open_to=_everybody),
    Place(name="albums", label=_("Albums"), open_to=_everybody, covers=frozenset({"album", "favourites"})),
    Place(name="admin:index", label=_("Admin"), open_to=_staff),
)


def places_of(user: User | AnonymousUser) -> list[Place]:
    """What the header offers ``user``; nothing to somebody who is not logged in."""
    if not isinstance(user, User):
        return []
    return [place for place in PLACES if place.open_to(user)]


def home_of(user: User) -> str:
    """The name of the address where ``user`` starts."""
    if user.may_review:
        return "review"
    return "images" if user.may_inspect else "upload"
