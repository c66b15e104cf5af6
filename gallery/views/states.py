"""What has become of an upload, in the words that its owner reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from gallery.detection.reasons import why
from gallery.models import Image, Pair, User

Stage = Image.Stage
Standing = Image.Standing


@dataclass(frozen=True, kw_only=True)
class State:
    """
    Where an image stands. ``key`` changes when the row must be drawn again; ``tone`` is wait, good, warn, bad or muted.
    """

    key: str
    word: str
    tone: str
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class Twin:
    """The other image of a possible copy, where both are of one owner."""

    image: Image
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of “My uploads”: an image with its state, or a file that got no row at all."""

    name: str
    state: State
    image: Image | None = None
    twin: Twin | None = None
    note: str = ""

    @property
    def is_waiting(self) -> bool:
        return self.state.tone == "wait"


def rows_of(images: Sequence[Image], user: User) -> list[Row]:
    """
    A row for each of ``images``, which are ``user``'s and come with ``has_open_pair``.

    An image of somebody else is never named: “a moderator is looking at it” is all that is said.
    """
    twins = _twins(images, user)
    return [
        Row(
            name=image.name,
            image=image,
            state=state_of(image, twin=(twin := twins.get(image.pk))),
            # Once is enough: beside the newer of the two.
            twin=twin if twin and twin.image.pk < image.pk else None,
            note="" if _is_turned_down(image) else image.note,
        )
        for image in images
    ]


def state_of(image: Image, *, twin: Twin | None = None) -> State:
    """The state of one image that comes with ``has_open_pair``."""
    if image.standing == Standing.REMOVED:
        return State(key="removed", word=_("Removed"), tone="muted")
    if image.standing == Standing.MERGED:
        return _merged_into(image.canonical)
    if image.stage == Stage.REJECTED:
        return State(key="refused", word=_("Refused"), tone="bad", sentence=image.refusal)
    if image.stage == Stage.QUARANTINED:
        return State(key="aside", word=_("Set aside"), tone="bad", sentence=image.refusal)
    if image.stage != Stage.COMPARED:
        return _on_its_way(image)
    if getattr(image, "has_open_pair", False):
        return _possible_copy(twin)
    return State(key="clear", word=_("No copy found"), tone="good")


def _is_turned_down(image: Image) -> bool:
    return image.stage in {Stage.REJECTED, Stage.QUARANTINED}


def _merged_into(keeper: Image) -> State:
    if keeper.standing == Standing.REMOVED:
        sentence = _("It was part of “%(title)s”, which was removed. You can take yours back there.")
        key, tone = f"bereft-{keeper.pk}", "warn"
    else:
        sentence = _("It is part of “%(title)s” now. Its old address leads there.")
        key, tone = f"merged-{keeper.pk}", "muted"
    return State(key=key, word=_("Merged"), tone=tone, sentence=sentence % {"title": keeper.name})


def _on_its_way(image: Image) -> State:
    if image.stage == Stage.RECEIVING:
        # The request ended in the middle. Sending the file again picks up this row.
        sentence = _("It did not arrive whole. Upload it again to finish.")
        return State(key="receiving", word=_("Not finished"), tone="warn", sentence=sentence)
    if image.stage == Stage.STORED:
        return State(key="received", word=_("Received"), tone="wait")
    if image.stage in {Stage.DECODED, Stage.EMBEDDED}:
        return State(key="read", word=_("Being read…"), tone="wait")
    return State(key="compared", word=_("Being compared…"), tone="wait")


def _possible_copy(twin: Twin | None) -> State:
    if twin is None:
        sentence = _("A moderator is looking at it.")
        return State(key="copy", word=_("Possible copy"), tone="warn", sentence=sentence)
    return State(
        key=f"copy-{twin.image.pk}",
        word=_("Looks like one you uploaded"),
        tone="warn",
        sentence=_("A moderator will look at both. Nothing is deleted without a person deciding."),
    )


def _twins(images: Sequence[Image], user: User) -> dict[int, Twin]:
    """By the image's id: the own image that looks most like it, where a pair of them is open."""
    flagged = [image.pk for image in images if getattr(image, "has_open_pair", False)]
    if not flagged:
        return {}
    pairs = Pair.objects.awaiting_review().touching(flagged).among_images_of(user).most_alike_first()
    twins: dict[int, Twin] = {}
    for pair in pairs.select_related("policy", "left__file", "right__file", "left__owner", "right__owner"):
        for image, other in ((pair.left, pair.right), (pair.right, pair.left)):
            if image.pk not in twins:
                sentence = why(pair, left=_("the existing one"), right=_("the new one"))
                twins[image.pk] = Twin(image=other, sentence=capfirst(sentence))
    return twins
