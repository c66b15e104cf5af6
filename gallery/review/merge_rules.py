"""What must hold before images are merged. Asked by the preview, and again under the locks by the merge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from django.utils.translation import gettext as _

from gallery.detection.judged import Contents, Judgements
from gallery.models import Image, StoredFile, User, Verdict
from gallery.review import merge_fields, words


@dataclass(frozen=True, slots=True)
class Obstacles:
    """
    Why a merge can't be done as it was asked for, in sentences.

    ``blocked`` must be changed first; ``overridable`` a senior may set aside with a reason.
    """

    blocked: list[str]
    overridable: list[str]


def obstacles(
    keeper: Image,
    others: Sequence[Image],
    file: StoredFile | None,
    choices: Mapping[str, str],
    contents: Contents | None = None,
) -> Obstacles:
    """
    Everything that stands against merging ``others`` into ``keeper`` and showing ``file``.

    The ``contents`` of the images are looked up where they are not given.
    """
    images = [keeper, *others]
    blocked = [
        _("%(image)s is %(standing)s and can't be merged. Leave it out.")
        % {"image": words.quoted(image), "standing": image.get_standing_display()}
        for image in images
        if image.standing != Image.Standing.LIVE
    ]
    if merge_fields.chosen_licence(images, choices) is None:
        found = words.listed([_licence(value) for value in merge_fields.licences(images)])
        blocked.append(_("The licences differ: %(licences)s. Choose the one that stays.") % {"licences": found})
    if file is None or file.pk not in {image.file_id for image in images}:
        blocked.append(_("The file to keep belongs to none of these images. Choose one of theirs."))
    elif file.purged_at:
        blocked.append(_("The file to keep was deleted. Choose another."))
    return Obstacles(blocked, _approvals(images, contents))


def _licence(value: str) -> str:
    return f"“{value}”" if value else _("none stated")


def _approvals(images: Sequence[Image], contents: Contents | None) -> list[str]:
    """Two of these that people said are to stay apart."""
    judgements = Judgements([image.pk for image in images], contents)
    found = []
    for one, other in combinations(images, 2):
        if answer := judgements.answer(one.pk, other.pk):
            found.append(_sentence(one, other, answer.verdict))
    return found


def _sentence(one: Image, other: Image, verdict: Verdict) -> str:
    by: User = verdict.by
    return _("%(who)s approved %(one)s and %(other)s as %(kind)s %(when)s.") % {
        "who": words.name_of(by),
        "one": words.quoted(one),
        "other": words.quoted(other),
        "kind": verdict.get_kind_display(),
        "when": words.ago(verdict.at),
    }
