"""What was decided before about the contents on the stage."""

import datetime as dt
from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gallery.models import Image, Verdict
from gallery.review import words

SHOWN = 3
"""Verdicts told of each picture, the newest."""

NAMED = 2
"""Pictures called by their title before it becomes “and 3 others”."""

SENTENCES = {
    Verdict.Kind.DIFFERENT: gettext_lazy("%(letter)s was told apart from %(others)s by %(name)s on %(day)s."),
    Verdict.Kind.RELATED: gettext_lazy("%(letter)s was called related to %(others)s by %(name)s on %(day)s."),
    Verdict.Kind.INTENTIONAL: gettext_lazy(
        "%(letter)s was called an intentional copy of %(others)s by %(name)s on %(day)s."
    ),
    Verdict.Kind.SAME: gettext_lazy("%(letter)s was merged with %(others)s by %(name)s on %(day)s."),
}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One earlier decision: a sentence, and where to read more."""

    words: str
    address: str


def seen_before(stage: tuple[Image, Image], *, letters: tuple[str, str]) -> list[Seen]:
    """The newest decisions about the contents of ``stage``, in its order; those taken back say so."""
    found: list[Seen] = []
    told: set[int] = set()
    for letter, image in zip(letters, stage, strict=True):
        if image.file is None:
            continue
        verdicts = Verdict.objects.about(image.file).select_related("by").prefetch_related("contents__image__file")
        for verdict in verdicts.newest_first()[:SHOWN]:
            if verdict.pk not in told:
                told.add(verdict.pk)
                found.append(_told(verdict, letter, image))
    return found


def _told(verdict: Verdict, letter: str, image: Image) -> Seen:
    others = [content.image for content in verdict.contents.all() if content.image and content.image != image]
    sentence = SENTENCES[Verdict.Kind(verdict.kind)] % {
        "letter": letter,
        "others": _listed(others),
        "name": words.name_of(verdict.by),
        "day": _day(verdict.at),
    }
    if not verdict.is_live:
        sentence = f"{sentence} {_('It was taken back.')}"
    return Seen(words=sentence, address=reverse("decision", args=[verdict.decision_id]))


def _listed(images: list[Image]) -> str:
    """At most two titles and how many more."""
    names = [words.quoted(image) for image in images[:NAMED]]
    if len(images) > NAMED:
        more = len(images) - NAMED
        names.append(ngettext("%(n)s other", "%(n)s others", more) % {"n": more})
    return words.listed(names) or _("another picture")


def _day(moment: dt.datetime) -> str:
    return date_format(localtime(moment), "j M Y")
