"""What happened to an image, for the people it concerns."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from gallery.models import Image, Merge, MergeMember, User

SHOWN = 20
SAME_MOMENT = dt.timedelta(seconds=10)
"""Both times of a row are taken when it is made, one after the other."""


@dataclass(frozen=True, kw_only=True)
class Event:
    at: dt.datetime
    sentence: str
    merge: Merge | None = None
    """The merge it tells of, for those who may open its page."""


def events_of(image: Image, user: User, *, is_theirs: bool) -> list[Event]:
    """
    Newest first. Who decided is told to reviewers only; to others it was a moderator.

    Strangers, whose image it is not in any way, read nothing of it: what images were merged is between their owners.
    """
    events = [_uploaded(image)]
    if is_theirs:
        merges = Merge.objects.filter(keeper=image).order_by("-at")[:SHOWN]
        members: dict[Merge, list[Image]] = {}
        rows = MergeMember.objects.filter(merge__in=merges).select_related("merge__by", "image__file").order_by("pk")
        for member in rows:
            members.setdefault(member.merge, []).append(member.image)
        for merge, images in members.items():
            events += _merge_events(merge, images, user)
    return sorted(events, key=lambda event: event.at, reverse=True)


def _uploaded(image: Image) -> Event:
    if image.created_at - image.first_seen > SAME_MOMENT:
        return Event(at=image.first_seen, sentence=_("First seen, with an image that was merged into this one."))
    return Event(at=image.created_at, sentence=_("Uploaded."))


def _merge_events(merge: Merge, images: list[Image], user: User) -> list[Event]:
    who = merge.by.get_username() if user.may_see_all_images else _("a moderator")
    names = ", ".join(f"“{image.name}”" for image in images)
    told = _("%(names)s merged into this one by %(who)s.") % {"names": names, "who": who}
    events = [Event(at=merge.at, sentence=told, merge=merge if user.may_see_all_images else None)]
    if merge.undone_at:
        told = _("The merge with %(names)s was undone.") % {"names": names}
        events.append(Event(at=merge.undone_at, sentence=told))
    return events
