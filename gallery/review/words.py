"""The sentences of the desk: who did what and when, and what a decision came to."""

import datetime as dt

from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gallery.models import Decision, Image, Merge, User

Action = Decision.Action

MOMENT = "j M Y, H:i"
"""How a day and a time are written: "3 Nov 2026, 09:14"."""


def name_of(user: User) -> str:
    """What colleagues call somebody."""
    return user.get_short_name() or user.get_username()


def ago(moment: dt.datetime) -> str:
    """How long ago, in the largest unit that fits: "8 s", "3 min", "2 h", "5 days"."""
    seconds = max(0, int((timezone.now() - moment).total_seconds()))
    if seconds < 100:
        return _("%(n)s s ago") % {"n": seconds}
    if seconds < 100 * 60:
        return _("%(n)s min ago") % {"n": seconds // 60}
    if seconds < 48 * 3600:
        return _("%(n)s h ago") % {"n": seconds // 3600}
    return _("%(n)s days ago") % {"n": seconds // 86_400}


def quoted(image: Image) -> str:
    return _("“%(name)s”") % {"name": image.name}


def listed(names: list[str]) -> str:
    """ "A", "A and B", "A, B and C"."""
    if len(names) < 2:
        return "".join(names)
    return _("%(some)s and %(last)s") % {"some": ", ".join(names[:-1]), "last": names[-1]}


def told(decision: Decision) -> str:
    """What somebody did, for the one who came second: "Ana merged these 8 s ago."."""
    sentences = {
        Action.DIFFERENT: _("%(who)s marked these as different %(when)s."),
        Action.RELATED: _("%(who)s marked these as related %(when)s."),
        Action.INTENTIONAL: _("%(who)s approved these as an intentional copy %(when)s."),
        Action.MERGE: _("%(who)s merged these %(when)s."),
        Action.SPLIT: _("%(who)s split this case %(when)s."),
        Action.UNDO: _("%(who)s took the decision back %(when)s."),
    }
    return sentences[Action(decision.action)] % {"who": name_of(decision.actor), "when": ago(decision.at)}


def outcome_of(decision: Decision) -> str:
    """The toast: "Different. 1 decision closed 14 pairs."."""
    if decision.action == Action.UNDO:
        return _undone(decision)
    if decision.action == Action.SPLIT:
        return _split(decision)
    if decision.action == Action.MERGE:
        # Lists have fetched these for all their decisions at once: then nothing is asked here.
        prefetch_related_objects([decision], Prefetch("merges", Merge.objects.select_related("keeper__file")))
        keepers = [quoted(merge.keeper) for merge in decision.merges.all()]
        # Of an answer that came second nothing is known but that it was to merge.
        said = _("Merged into %(keeper)s.") % {"keeper": listed(keepers)} if keepers else _("Merge.")
    else:
        said = f"{capitalised(decision.get_action_display())}."
    if not decision.pairs_closed:
        return said
    closed = ngettext(
        "1 decision closed %(n)s pair.", "1 decision closed %(n)s pairs.", decision.pairs_closed
    ) % {"n": decision.pairs_closed}  # fmt: skip
    return f"{said} {closed}"


def _split(decision: Decision) -> str:
    prefetch_related_objects([decision], "parts")
    second = sum(placed.part for placed in decision.parts.all())
    sizes = {"one": len(decision.parts.all()) - second, "other": second}
    return _("Split into %(one)s and %(other)s. What lies between waits until both are answered.") % sizes


def _undone(decision: Decision) -> str:
    root, steps = root_of(decision)
    sentence = _("Undone: %(what)s.") if steps % 2 else _("Done again: %(what)s.")
    return sentence % {"what": root.get_action_display()}


def root_of(decision: Decision) -> tuple[Decision, int]:
    """
    What was decided in the first place, and how many undos lie between.

    After an odd number of them it is taken back, after an even number it holds.
    """
    steps = 0
    while decision.undoes is not None:
        decision, steps = decision.undoes, steps + 1
    return decision, steps


def capitalised(words: str) -> str:
    return words[:1].upper() + words[1:]
