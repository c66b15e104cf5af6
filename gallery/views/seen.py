"""What was decided before about the contents on the stage."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gallery.models import Image, Pair, Verdict, VerdictContent
from gallery.review import words
from gallery.review.belongings import Belongings

SHOWN = 3
"""Verdicts told of each picture, the newest."""

LOOKED_AT = 24
"""Verdicts about the two and about near copies that these are taken from, the newest."""

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


@dataclass(frozen=True, slots=True)
class _Given:
    """A verdict with the contents that it names."""

    verdict: Verdict
    contents: list[VerdictContent]


@dataclass(frozen=True, slots=True)
class _Known:
    """The contents of one picture of the stage: of the file that it shows and of the one that it came with."""

    image: Image
    letter: str
    hashes: set[str]
    pixels: set[tuple[str, int]]

    @classmethod
    def of(cls, image: Image, letter: str, belongings: Belongings) -> "_Known":
        members = {image.pk, *([image.file.image_id] if image.file else [])}
        hashes = {name for member in members for name in belongings.named("bytes", member).values()}
        rows = [row for member in members for row in belongings.named("pixels", member).items()]
        return cls(image, letter, hashes, {(pixel_hash, decoder) for decoder, pixel_hash in rows})

    def is_in(self, given: _Given) -> bool:
        return any(
            content.image_id == self.image.pk
            or content.sha256 in self.hashes
            or (content.pixel_hash, content.decoder_version) in self.pixels
            for content in given.contents
        )


def seen_before(
    stage: tuple[Image, Image], *, letters: tuple[str, str], pairs: Sequence[Pair], belongings: Belongings
) -> list[Seen]:
    """
    The newest decisions about the contents of ``stage``, in its order, then about near copies of them; those taken back
    say so. One query.

    ``pairs`` and ``belongings`` are those of the whole case, as the desk reads them.
    """
    known = [_Known.of(image, letter, belongings) for image, letter in zip(stage, letters, strict=True)]
    near: dict[str, str] = {}
    for one in known:
        for sha256 in _near(one.image, pairs, belongings):
            near.setdefault(sha256, one.letter)
    hashes = {*near, *(sha256 for one in known for sha256 in one.hashes)}
    left = _given(hashes, {pixels for one in known for pixels in one.pixels})
    found: list[Seen] = []
    for one in known:
        theirs = [given for given in left if one.is_in(given)][:SHOWN]
        found += [_told(given, one.letter, one.image) for given in theirs]
        left = [given for given in left if given not in theirs]
    return found + _seen_near([given for given in left if not any(one.is_in(given) for one in known)], near)


def _near(image: Image, pairs: Sequence[Pair], belongings: Belongings) -> list[str]:
    """The sha256 of what surely looks like ``image``, inside the case and out of it: an earlier version, say."""
    inside = [pair.other(image.pk) for pair in pairs if pair.tier >= Pair.Tier.CERTAIN and pair.touches(image.pk)]
    hashes = [sha256 for other in inside for sha256 in belongings.named("bytes", other).values()]
    return hashes + belongings.names("near", image)


def _given(hashes: Collection[str], pixels: Collection[tuple[str, int]]) -> list[_Given]:
    """The newest verdicts that name one of these contents."""
    about = Q(sha256__in=hashes)
    for pixel_hash, decoder in pixels:
        about |= Q(pixel_hash=pixel_hash, decoder_version=decoder)
    verdicts = Verdict.objects.filter(pk__in=VerdictContent.objects.filter(about).values("verdict")).newest_first()
    rows = VerdictContent.objects.filter(verdict__in=verdicts[:LOOKED_AT]).order_by("pk")
    found: dict[int, _Given] = {}
    for row in rows.select_related("verdict__by", "image__file"):
        found.setdefault(row.verdict_id, _Given(row.verdict, [])).contents.append(row)
    return sorted(found.values(), key=lambda given: (given.verdict.at, given.verdict.pk), reverse=True)


def _seen_near(left: Sequence[_Given], near: Mapping[str, str]) -> list[Seen]:
    """``near``: sha256 → the letter of the picture that it is like."""
    found = []
    for given in left[:SHOWN]:
        content = next(content for content in given.contents if content.sha256 in near)
        if content.image is not None:
            who = _("%(image)s, which looks like %(letter)s,")
            name = who % {"image": words.quoted(content.image), "letter": near[content.sha256]}
            found.append(_told(given, name, content.image))
    return found


def _told(given: _Given, letter: str, image: Image) -> Seen:
    verdict = given.verdict
    others = [content.image for content in given.contents if content.image and content.image != image]
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
