"""What comes in with a submit, and what goes back."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gallery.models import Case, Decision, Image, Pair, Policy, User
from gallery.review.belongings import Belongings


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """
    One form. The ids are primary keys.

    ``decision_id`` comes with the form, so that a submit sent twice has one effect. ``images`` are the members it is
    about; none means all that are live (a merge without ticks takes those verified against the keeper). ``rest`` is
    "different" if the members that a merge leaves out are different from it and from each other. ``bridge`` is the pair
    at which a split cuts; none means the weakest.
    """

    decision_id: uuid.UUID
    seen_version: int
    images: Sequence[int] = ()
    keeper: int | None = None
    file: int | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    rest: str = ""
    bridge: int | None = None
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """
    What is decided about, as it is under the locks: the case and its live members in id order.

    A page that has read the pairs among them, and what belongs to them, gives these too.
    """

    case: Case
    images: tuple[Image, ...]
    policy: Policy
    user: User
    pairs: Sequence[Pair] | None = None
    belongings: Belongings | None = None

    def image(self, pk: int) -> Image | None:
        return next((image for image in self.images if image.pk == pk), None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision came to. ``sentence`` is the toast; ``case`` is where the pairs of an undo are open again."""

    decision: Decision
    pairs_closed: int
    sentence: str
    case: Case | None = None
