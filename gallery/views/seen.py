"""What was decided before about the contents on the stage."""

import datetime as dt
from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gallery.models import Image, Pair, StoredFile, Verdict
from gallery.review import words

SHOWN = 3
"""Verdicts told of each picture, the newest."""

NEAR = 12
"""Sure pairs of the two that are looked at for what was decided about near copies."""

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
    """
    The newest decisions about the contents of ``stage``, in its order, then about near copies of them; those taken back
    say so.
    """
    files = [image.file for image in stage if image.file]
    about = Verdict.objects.about(*files).select_related("by").prefetch_related("contents__image__file")
    left = list(about.newest_first()[: SHOWN * len(files)])
    found: list[Seen] = []
    for letter, image in zip(letters, stage, strict=True):
        theirs = [verdict for verdict in left if image.file and verdict.names(image.file)][:SHOWN]
        found += [_told(verdict, letter, image) for verdict in theirs]
        left = [verdict for verdict in left if verdict not in theirs]
    return found + _seen_near(stage, letters)


def _seen_near(stage: tuple[Image, Image], letters: tuple[str, str]) -> list[Seen]:
    """The newest decisions about what surely looks like one of the two but is neither: an earlier version, say."""
    by_pk = dict(zip((image.pk for image in stage), letters, strict=True))
    pairs = Pair.objects.touching(list(by_pk)).filter(tier__gte=Pair.Tier.CERTAIN).most_alike_first()
    near: dict[int, str] = {}
    for left, right in pairs.values_list("left", "right")[:NEAR]:
        for one, other in ((left, right), (right, left)):
            if one in by_pk and other not in by_pk:
                near.setdefault(other, by_pk[one])
    if not near:
        return []
    files = StoredFile.objects.filter(image__in=near).values_list("sha256", "image")
    letter_of = {sha256: near[image] for sha256, image in files}
    about = Verdict.objects.filter(contents__sha256__in=letter_of).exclude(contents__image__in=by_pk).distinct()
    found = []
    for verdict in about.select_related("by").prefetch_related("contents__image__file").newest_first()[:SHOWN]:
        content = next(content for content in verdict.contents.all() if content.sha256 in letter_of)
        if content.image is not None:
            who = _("%(image)s, which looks like %(letter)s,")
            name = who % {"image": words.quoted(content.image), "letter": letter_of[content.sha256]}
            found.append(_told(verdict, name, content.image))
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
