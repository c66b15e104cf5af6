"""Why a pair was flagged: one sentence, and the ladder of signals behind it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from gallery.detection import scoring
from gallery.models import Pair, Policy
from gallery.verification import words
from gallery.verification.evidence import Evidence, Transformation


@dataclass(frozen=True, slots=True)
class Signal:
    """A rung of the ladder. ``good``: it speaks for a copy; None where it says nothing either way."""

    label: str
    value: str
    good: bool | None
    help: str


def transformation_of(pair: Pair) -> Transformation | None:
    """What makes the right picture out of the left one, where a believable geometry was found."""
    return Evidence.from_dict(pair.evidence).transformation if pair.evidence else None


def why(pair: Pair, *, left: str = "A", right: str = "B") -> str:
    """One sentence for a moderator; ``left`` and ``right`` are what the two pictures are called on the page."""
    policy = pair.policy or Policy.objects.in_force()
    signals = scoring.Signals.of(pair)
    found = transformation_of(pair)
    if found is None or signals.same_bytes or signals.same_pixels or not scoring.loose_geometry(signals, policy):
        return words.describe_signals(
            same_bytes=signals.same_bytes,
            same_pixels=signals.same_pixels,
            pdq_distance=_telling_distance(signals, policy),
            similarity=signals.similarity,
        )
    return words.sentence(found, first=left, second=right)


def _telling_distance(signals: scoring.Signals, policy: Policy) -> int | None:
    near = signals.near_hash
    return near if near is not None and near <= policy.pdq_review else None


def ladder(pair: Pair) -> list[Signal]:
    """The signals from the surest to the weakest, weighed by the policy that the pair was scored under."""
    policy = pair.policy or Policy.objects.in_force()
    signals = scoring.Signals.of(pair)
    rungs = [_bytes(signals), _hash(signals, policy), _similarity(pair, signals, policy), _geometry(signals, policy)]
    if pair.standing_out is not None:
        rungs.append(_standing_out(pair.standing_out))
    if signals.document_like:
        rungs.append(_document(signals))
    return rungs


def _document(signals: scoring.Signals) -> Signal:
    if signals.one_thing:
        note = _("The machine is sure of such pictures only where hash and geometry agree and nothing differs.")
        return Signal(_("kind"), _("one thing on a plain ground"), None, note)
    note = _("One colour fills much of both: pages look alike, so the machine is never sure of them.")
    return Signal(_("kind"), _("document"), None, note)


def _bytes(signals: scoring.Signals) -> Signal:
    value = _("differ")
    if signals.same_bytes:
        value = _("same file")
    elif signals.same_pixels:
        value = _("same pixels")
    good = True if signals.same_bytes or signals.same_pixels else None
    return Signal(_("bytes"), value, good, _("Whether the files, or at least all their pixels, are identical."))


def _hash(signals: scoring.Signals, policy: Policy) -> Signal:
    text = _("Bits of 256 in which the perceptual hashes differ: certain up to %(certain)d, review up to %(review)d.")
    note = text % {"certain": policy.pdq_certain, "review": policy.pdq_review}
    if signals.near_hash is None:
        return Signal("PDQ", pgettext("perceptual hash", "far"), None, note)
    return Signal("PDQ", str(signals.near_hash), signals.near_hash <= policy.pdq_review or None, note)


def _similarity(pair: Pair, signals: scoring.Signals, policy: Policy) -> Signal:
    text = _("How alike the network finds them, −1 to 1: review from %(review).2f on by itself.")
    note = text % {"review": policy.similarity_review}
    name = "SSCD" if pair.model_key.startswith("sscd") else _("similarity")
    if signals.similarity is None:
        return Signal(name, "–", None, note)
    return Signal(name, f"{signals.similarity:.2f}", signals.similarity >= policy.similarity_weak or None, note)


def _standing_out(value: float) -> Signal:
    note = _("How far their similarity stands out from what both have with unrelated pictures here.")
    return Signal(_("stands out by"), f"{value:.2f}", None, note)


def _geometry(signals: scoring.Signals, policy: Policy) -> Signal:
    note = _("Places that agree on one way of laying one picture onto the other, and how well they correlate there.")
    if signals.cells is None or signals.same_bytes or signals.same_pixels:
        return Signal(_("geometry"), "–", None, note)
    if not signals.cells or signals.ncc is None:
        return Signal(_("geometry"), _("none found"), False, note)
    value = _("%(cells)d places, %(ncc).2f") % {"cells": signals.cells, "ncc": signals.ncc}
    return Signal(_("geometry"), value, scoring.loose_geometry(signals, policy), note)
