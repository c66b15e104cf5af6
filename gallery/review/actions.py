"""
What a moderator can do with a case.

One :class:`Action` here is a button, a key, an address, an operation of the API, and the checks that go with each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from gallery.errors import NotAllowed
from gallery.models import Case, Decision, Image, Pair, StoredFile, User
from gallery.review import decisions, merges, splitting, verdicts
from gallery.review.decisions import Effect
from gallery.review.reasons import REASONS, Reason
from gallery.review.submit import Outcome, Submit

__all__ = ["ACTIONS", "ANSWERS", "Action", "Outcome", "Submit", "offered", "run", "suggested"]


@dataclass(frozen=True, slots=True)
class Action:
    """
    ``key`` is the key it has unless somebody chose another, ``help`` one sentence on what it does.

    ``permission`` is checked before, the rights to every image of the case with the effect. ``is_answer``: it answers
    the question that the desk asks, and many cases can be answered by it at once.
    """

    name: str
    label: str | Promise
    key: str
    permission: str
    effect: Effect
    help: str | Promise
    is_answer: bool = True

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why one may do it: the closed list."""
        return REASONS[self.name]

    def run(self, case: Case, user: User, *, submit: Submit) -> Outcome:
        """
        Do it, once. Raises what :func:`gallery.review.decisions.decide` raises.
        """
        if not user.has_perm(self.permission):
            raise NotAllowed(str(gettext_lazy("Only moderators decide on cases. Ask an admin for the role.")))
        return decisions.decide(case, user, action=Decision.Action(self.name), submit=submit, effect=self.effect)


ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        Action(
            "different",
            gettext_lazy("Different"),
            "a",
            "gallery.review_case",
            verdicts.approve_different,
            gettext_lazy("Not the same picture. These are never flagged again; each still matches anything else."),
        ),
        Action(
            "related",
            gettext_lazy("Related"),
            "r",
            "gallery.review_case",
            verdicts.approve_related,
            gettext_lazy("Variants that both stay. Each shows the other as “see also”."),
        ),
        Action(
            "intentional",
            gettext_lazy("Intentional copy"),
            "i",
            "gallery.review_case",
            verdicts.approve_intentional,
            gettext_lazy("The files are identical, and that is on purpose."),
        ),
        Action(
            "merge",
            gettext_lazy("Merge"),
            "m",
            "gallery.review_case",
            merges.merge,
            gettext_lazy("The same picture. One stays, the others lead to it. Can be undone at any time."),
        ),
        Action(
            "split",
            gettext_lazy("Split the case"),
            "x",
            "gallery.review_case",
            splitting.split,
            gettext_lazy("Two questions in one. What lies between the two parts waits until both are answered."),
            is_answer=False,
        ),
    )
}

ANSWERS: dict[str, Action] = {name: action for name, action in ACTIONS.items() if action.is_answer}


def run(name: str, case: Case, user: User, *, submit: Submit) -> Outcome:
    """Do the action called ``name``; raises KeyError if there is none."""
    return ACTIONS[name].run(case, user, submit=submit)


def offered(images: Sequence[Image], hashes: Sequence[str] | None = None) -> list[Action]:
    """
    The answers that make sense for these images: an intentional copy is one of identical files.

    ``hashes``, the sha256 of what each came with, are looked up where they are not given.
    """
    if hashes is None:
        hashes = list(StoredFile.objects.filter(image__in=images).values_list("sha256", flat=True))
    if len(set(hashes)) == len(hashes):
        return [action for action in ANSWERS.values() if action.name != "intentional"]
    if len(set(hashes)) == 1:
        return [ACTIONS["intentional"], ACTIONS["merge"]]
    return list(ANSWERS.values())


def suggested(case: Case) -> str:
    """The action that the desk puts first: what the machine is sure of is merged, else nothing is presumed."""
    return "merge" if case.tier >= Pair.Tier.CERTAIN else "different"
