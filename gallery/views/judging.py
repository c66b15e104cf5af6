"""The desk's side of judging: the keeper, what a merge would change, and the answers that fit the case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gallery.models import Decision, Image
from gallery.review import actions, merges, words
from gallery.review.actions import Action
from gallery.review.merges import Preview
from gallery.review.reasons import Reason
from gallery.views.desk import Desk, Link


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A button: an action of :mod:`gallery.review.actions` that fits the case."""

    name: str
    label: str
    help: str | Promise
    key: str
    address: str
    is_primary: bool


@dataclass(frozen=True, kw_only=True)
class ReasonGroup:
    label: str | Promise
    reasons: Sequence[Reason]


@dataclass
class Judging:
    """What somebody who may decide is offered."""

    desk: Desk
    keys: Mapping[str, str]
    """What is written on the key of each action."""

    @cached_property
    def preview(self) -> Preview:
        """What merging the ticked ones would change."""
        desk = self.desk
        return merges.preview(
            desk.case,
            desk.user,
            keeper=desk.keeper.pk,
            file=desk.file.pk,
            images=sorted(desk.ticked),
            choices={} if desk.wish.licence is None else {"licence": desk.wish.licence},
            members=desk.images,
            pairs=desk.pairs,
            belongings=desk.belongings,
        )

    @property
    def preview_letters(self) -> list[str]:
        """The letters of the preview's images, in its order."""
        return [self.desk.letters[image.pk] for image in self.preview.images]

    @property
    def keeper_letter(self) -> str:
        return self.desk.letters[self.desk.keeper.pk]

    @property
    def is_suggested(self) -> bool:
        return self.desk.keeper == self.desk.suggestion.image

    @property
    def reasons(self) -> list[str]:
        return self.desk.suggestion.reasons if self.is_suggested else []

    @property
    def file_words(self) -> str:
        if self.desk.file_of == self.desk.keeper:
            return ""
        return _("With the file of %(letter)s.") % {"letter": self.desk.letters[self.desk.file_of.pk]}

    @cached_property
    def merge_words(self) -> str:
        """What merging does, in one sentence; empty if it changes nothing but an address nobody used."""
        letter, preview = self.keeper_letter, self.preview
        parts = []
        changing = [str(change.label).lower() for change in preview.fields if change.changes]
        if changing:
            parts.append(_("changes %(fields)s of %(letter)s") % {"fields": words.listed(changing), "letter": letter})
        if preview.redirects:
            sends = ngettext(
                "sends %(n)s address to %(letter)s", "sends %(n)s addresses to %(letter)s", len(preview.redirects)
            )
            parts.append(sends % {"n": len(preview.redirects), "letter": letter})
        if preview.people:
            parts.append(_("tells %(people)s") % {"people": words.listed(preview.people)})
        return _("Merging %(what)s.") % {"what": words.listed(parts)} if parts else ""

    @property
    def changes_address(self) -> str:
        desk = self.desk
        query = QueryDict(mutable=True)
        query["keeper"] = desk.keeper.public_id
        query["file"] = desk.file_of.public_id
        query.setlist("images", [image.public_id for image in desk.images if image.pk in desk.ticked])
        return f"{reverse('merge_preview', args=[desk.case.pk])}?{query.urlencode()}"

    @cached_property
    def ways(self) -> list[Link]:
        """Other keepers and another file to choose: the member before, the one after, the other file."""
        desk, place = self.desk, self.desk.images.index(self.desk.keeper)
        ways = []
        if place > 0:
            ways.append(self._keep(desk.images[place - 1], "keeper-previous"))
        if place + 1 < len(desk.images):
            ways.append(self._keep(desk.images[place + 1], "keeper-next"))
        other = next(image for image in (*desk.stage, *desk.images) if image != desk.file_of)
        label = _("Use the file of %(letter)s") % {"letter": desk.letters[other.pk]}
        ways.append(Link(label=label, address=desk.address(file=other), does="file"))
        return ways

    def _keep(self, image: Image, does: str) -> Link:
        label = _("Keep %(letter)s instead") % {"letter": self.desk.letters[image.pk]}
        return Link(label=label, address=self.desk.address(keeper=image), does=does)

    @property
    def reason_groups(self) -> list[ReasonGroup]:
        """The short lists of the answers that are offered."""
        return [ReasonGroup(label=action.label, reasons=action.reasons) for action in self._offered]

    @cached_property
    def _offered(self) -> Sequence[Action]:
        have, images = self.desk.belongings, self.desk.images
        return actions.offered(images, [name for image in images for name in have.names("bytes", image)])

    @cached_property
    def answers(self) -> list[Answer]:
        desk, first = self.desk, actions.suggested(self.desk.case)
        return [
            Answer(
                name=action.name,
                label=self._label(action),
                help=action.help,
                key=self.keys.get(action.name, ""),
                address=reverse("act", args=[desk.case.pk, action.name]),
                is_primary=action.name == first,
            )
            for action in self._offered
            if desk.user.has_perm(action.permission)
        ]

    @property
    def apart(self) -> Answer:
        """What drawing the bar to the left answers: the first that lets both stay."""
        return next(answer for answer in self.answers if answer.name != Decision.Action.MERGE)

    @property
    def together(self) -> Answer:
        """What drawing it to the right answers."""
        return next(answer for answer in self.answers if answer.name == Decision.Action.MERGE)

    def _label(self, action: Action) -> str:
        if action.name == Decision.Action.MERGE:
            return _("Merge into %(letter)s") % {"letter": self.keeper_letter}
        return str(action.label)
