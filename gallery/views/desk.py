"""What the desk shows of a case: which two pictures, why they were flagged, what differs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from gallery.detection.reasons import Signal, ladder, why
from gallery.models import Case, CaseComment, Image, Pair, StoredFile, User
from gallery.review import access, facts, keeper
from gallery.review.belongings import ON_THE_DESK, Belongings
from gallery.review.keeper import Suggestion
from gallery.views.frames import Frames, frames_of
from gallery.views.reveals import veiled
from gallery.views.seen import Seen, seen_before
from gallery.views.wish import Wish

Words = str | Promise


@dataclass(frozen=True, kw_only=True)
class Link:
    """A way to see the case differently. ``images`` are the public ids that it is about, by spaces."""

    label: Words
    address: str
    does: str = ""
    words: Words = ""
    images: str = ""
    on_stage: bool = False


@dataclass(frozen=True, kw_only=True)
class Member:
    """An image of the case, called by its letter."""

    image: Image
    letter: str
    words: str
    address: str
    on_stage: bool
    is_keeper: bool
    is_ticked: bool
    is_veiled: bool


@dataclass(frozen=True, kw_only=True)
class Value:
    words: str
    is_better: bool


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of “What differs”."""

    label: Words
    values: list[Value]


@dataclass
class Desk:
    """
    A case as one person sees it: its live members (oldest first) and the pairs among them (surest first).

    Every image has a letter. Of the two on the stage the older one, ``a``, is on the left, as in every pair.
    """

    case: Case
    user: User
    images: list[Image]
    pairs: list[Pair]
    wish: Wish
    is_said: bool = True
    """Whether there may be comments."""

    @cached_property
    def letters(self) -> dict[int, str]:
        return keeper.letters(self.images)

    @cached_property
    def belongings(self) -> Belongings:
        return Belongings.of(self.images, kinds=ON_THE_DESK)

    @property
    def is_own(self) -> bool:
        """Whether one of the images is this person's, or one that was merged into them."""
        return access.owns_one(self.user, self.images, self.belongings)

    @cached_property
    def suggestion(self) -> Suggestion:
        return keeper.suggest(self.images, self.pairs, self.case.opened_under, self.belongings)

    @cached_property
    def keeper(self) -> Image:
        """The one to keep: as wished, else as suggested."""
        return self.named(self.wish.keeper) or self.suggestion.image

    @cached_property
    def file_of(self) -> Image:
        """The image whose file stays."""
        return self.named(self.wish.file) or self.keeper

    @property
    def file(self) -> StoredFile:
        stored = self.file_of.file
        assert stored is not None  # a live image has its file
        return stored

    @property
    def is_group(self) -> bool:
        return len(self.images) > 2

    @cached_property
    def veiled(self) -> set[int]:
        """The sensitive ones that this person has not asked to see today."""
        return veiled(self.images, self.user)

    # --- the stage ---

    @cached_property
    def stage(self) -> tuple[Image, Image]:
        """The two to look at: as wished, else the keeper with the one most surely like it."""
        shown = list(dict.fromkeys(image for image in map(self.named, self.wish.show) if image))
        if len(shown) < 2:
            shown = self._to_begin_with(shown[0] if shown else self.keeper)
        older, newer = sorted(shown[:2], key=lambda image: image.pk)
        return older, newer

    def _to_begin_with(self, first: Image) -> list[Image]:
        if first != self.keeper:
            return [self.keeper, first]
        by_pk = {image.pk: image for image in self.images}
        for pair in self.pairs:
            if first.pk in (pair.left_id, pair.right_id):
                return [first, by_pk[pair.other(first.pk)]]
        return [first, next(image for image in self.images if image != first)]

    @property
    def a(self) -> Image:
        return self.stage[0]

    @property
    def b(self) -> Image:
        return self.stage[1]

    @property
    def a_letter(self) -> str:
        return self.letters[self.a.pk]

    @property
    def b_letter(self) -> str:
        return self.letters[self.b.pk]

    @property
    def a_words(self) -> str:
        return words_of(self.a)

    @property
    def b_words(self) -> str:
        return words_of(self.b)

    @cached_property
    def pair(self) -> Pair | None:
        """The pair on the stage, if the two were compared with each other."""
        ids = (self.a.pk, self.b.pk)
        found = next((pair for pair in self.pairs if (pair.left_id, pair.right_id) == ids), None)
        return found if found and found.compared_at else None

    @cached_property
    def why(self) -> str:
        if self.pair is None:
            return _("Each is like another picture of this case. The two are being compared with each other now.")
        return why(self.pair, left=self.a_letter, right=self.b_letter)

    @property
    def ladder(self) -> Sequence[Signal]:
        return ladder(self.pair) if self.pair else []

    @property
    def same_content(self) -> bool:
        return bool(self.pair and (self.pair.same_bytes or self.pair.same_pixels))

    @property
    def alignable(self) -> bool:
        """Whether a geometry is known that lays B onto A, and there is something to see by it."""
        return bool(self.pair and self.pair.evidence and not self.same_content)

    @property
    def no_difference(self) -> str:
        if self.same_content:
            return _("The pixels are the same: there is no difference to show.")
        return _("No common geometry was found, so there is no difference to draw.")

    @property
    def regions(self) -> list[str]:
        """What changed of A: left, top, right and bottom by spaces, each a share of the picture, 0 to 1."""
        if not self.alignable or self.pair is None:
            return []
        boxes = self.pair.evidence["transformation"]["first"]["changed"]
        return [" ".join(f"{box[side]:.4f}" for side in ("left", "top", "right", "bottom")) for box in boxes]

    @cached_property
    def frames(self) -> Frames:
        """Where each lies within the other, if it shows only a part of it."""
        if not self.alignable or self.pair is None or self.a.file is None or self.b.file is None:
            return Frames()
        return frames_of(self.pair, self.a.file, self.b.file)

    @cached_property
    def facts(self) -> list[Row]:
        return [
            Row(
                label=fact.label,
                values=[Value(words=words, is_better=fact.better == place) for place, words in enumerate(fact.values)],
            )
            for fact in facts.compare(list(self.stage), self.belongings)
            if fact.differs
        ]

    @cached_property
    def seen_before(self) -> list[Seen]:
        letters = (self.a_letter, self.b_letter)
        return seen_before(self.stage, letters=letters, pairs=self.pairs, belongings=self.belongings)

    @cached_property
    def comments(self) -> list[CaseComment]:
        return list(self.case.comments.select_related("author")) if self.is_said else []

    # --- the others of a group ---

    @cached_property
    def ticked(self) -> set[int]:
        """What the answer is about: as wished, else what is verified against the keeper, at the least the stage."""
        wished = {image.pk for image in map(self.named, self.wish.images) if image} | {self.keeper.pk}
        if len(wished) > 1:
            return wished
        every = {image.pk for image in self.images}
        if not self.is_group:
            return every
        verified = keeper.verified_against(self.keeper.pk, self.pairs) & every
        return {self.keeper.pk} | (verified or {image.pk for image in self.stage})

    @cached_property
    def members(self) -> list[Member]:
        return [
            Member(
                image=image,
                letter=self.letters[image.pk],
                words=words_of(image),
                address=self.address(show=self._beside(image)),
                on_stage=image in self.stage,
                is_keeper=image == self.keeper,
                is_ticked=image.pk in self.ticked,
                is_veiled=image.pk in self.veiled,
            )
            for image in self.images
        ]

    def _beside(self, image: Image) -> tuple[Image, Image]:
        """The keeper and ``image``; the keeper itself is shown beside what was on the stage."""
        if image != self.keeper:
            return self.keeper, image
        return image, next(shown for shown in self.stage if shown != image)

    @property
    def scopes(self) -> list[Link]:
        """Ways to tick: all, or the two on the stage."""
        only = _("Only %(a)s and %(b)s") % {"a": self.a_letter, "b": self.b_letter}
        return [self._scope(_("All %(n)s") % {"n": len(self.images)}, self.images), self._scope(only, self.stage)]

    def _scope(self, label: str, images: Sequence[Image]) -> Link:
        return Link(
            label=label, address=self.address(images=images), images=" ".join(image.public_id for image in images)
        )

    # --- addresses ---

    def named(self, public_id: str) -> Image | None:
        return next((image for image in self.images if image.public_id == public_id), None)

    def address(
        self,
        *,
        show: Iterable[Image] | None = None,
        keeper: Image | None = None,
        file: Image | None = None,
        images: Iterable[Image] | None = None,
    ) -> str:
        """This case with something chosen otherwise; what was chosen before stays. A new keeper brings its own file."""
        query = QueryDict(mutable=True)
        query.setlist("show", [image.public_id for image in (show or self.stage)])
        query["keeper"] = (keeper or self.keeper).public_id
        chosen_file = file or (self.file_of if keeper is None else None)
        if chosen_file:
            query["file"] = chosen_file.public_id
        if images is not None:
            query.setlist("images", [image.public_id for image in images])
        return f"{reverse('case', args=[self.case.pk])}?{query.urlencode()}"


def words_of(image: Image) -> str:
    """A text for those who do not see the picture: its own description, else its title."""
    return image.alt_text or image.name
