"""Why somebody decided as they did: a short closed list for each action, so that reasons can be counted."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gallery.errors import RuleBroken
from gallery.models import Decision

Action = Decision.Action


@dataclass(frozen=True, slots=True)
class Reason:
    """``code`` is kept with the decision, ``label`` is what people read."""

    code: str
    label: str | Promise


OTHER = Reason("other", gettext_lazy("Something else"))
"""Says what in the note."""

REASONS: dict[str, tuple[Reason, ...]] = {
    Action.DIFFERENT: (
        Reason("look_alike", gettext_lazy("They only look alike")),
        Reason("another_moment", gettext_lazy("Another moment of the same scene")),
        Reason("another_document", gettext_lazy("Another page, receipt or chart")),
        Reason("same_template", gettext_lazy("The same template with other content")),
        OTHER,
    ),
    Action.RELATED: (
        Reason("edit", gettext_lazy("An edit that is worth keeping")),
        Reason("crop", gettext_lazy("A crop that is used for itself")),
        Reason("translation", gettext_lazy("The same design in another language")),
        Reason("series", gettext_lazy("Parts of one series")),
        OTHER,
    ),
    Action.INTENTIONAL: (
        Reason("two_uses", gettext_lazy("Used in two places")),
        Reason("two_owners", gettext_lazy("Two people each keep theirs")),
        OTHER,
    ),
    Action.MERGE: (
        Reason("copy", gettext_lazy("The same picture")),
        Reason("worse_copy", gettext_lazy("A smaller or more compressed copy")),
        Reason("earlier_mistake", gettext_lazy("The earlier decision was a mistake")),
        OTHER,
    ),
    Action.SPLIT: (
        Reason("two_pictures", gettext_lazy("More than one picture is in here")),
        Reason("too_many", gettext_lazy("Too many to look at together")),
        OTHER,
    ),
    Action.UNDO: (
        Reason("slip", gettext_lazy("Pressed the wrong key")),
        Reason("mistake", gettext_lazy("The decision was a mistake")),
        Reason("appeal", gettext_lazy("An owner asked for it")),
        Reason("new_facts", gettext_lazy("Something new is known")),
        OTHER,
    ),
}


def check_reason(action: str, code: str) -> None:
    """
    Refuse a reason that is not on the action's list. None at all is fine: most decisions need no words.

    :raises RuleBroken: naming the choices.
    """
    offered = REASONS[action]
    if code and code not in {reason.code for reason in offered}:
        labels = ", ".join(str(reason.label) for reason in offered)
        raise RuleBroken(_("Choose one of these reasons: %(reasons)s.") % {"reasons": labels})


def label_of(decision: Decision) -> str:
    """The reason in words; empty if none was given."""
    return next((str(reason.label) for reason in REASONS[decision.action] if reason.code == decision.reason), "")
