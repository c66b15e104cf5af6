"""The evidence in plain words: "B is A mirrored, cropped to 59 %, a little brighter." Composed when it is read."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gallery.verification.evidence import Part, Transformation
from gallery.verification.places import places_of

WHOLE = 0.97
"""From this share on a picture counts as wholly there."""

MARGIN = 0.6
"""A picture that fills less than this of another does not merely have a border there."""

SAME_SIZE = 0.05
"""Sides that differ by less than this share count as equally long."""


@dataclass(frozen=True)
class _Telling:
    """A transformation told in one direction: what makes ``copy`` out of ``source``, as the pictures are called."""

    source: str
    copy: str
    source_part: Part
    copy_part: Part
    step: Transformation
    first_is_copy: bool = False

    @property
    def shows_all(self) -> bool:
        return self.source_part.share >= WHOLE

    @property
    def shows_nothing_else(self) -> bool:
        return self.copy_part.share >= WHOLE


def sentence(transformation: Transformation, *, first: str = "A", second: str = "B") -> str:
    """
    One sentence about what was done, told in the natural direction: the crop *of* the whole, the copy *of* the larger.

    :param first: what to call the first picture.
    """
    forth = _Telling(first, second, transformation.first, transformation.second, transformation)
    return _compose(_reversed(forth) if _is_backwards(forth) else forth)


def describe_signals(
    *,
    same_bytes: bool = False,
    same_pixels: bool = False,
    pdq_distance: int | None = None,
    similarity: float | None = None,
) -> str:
    """
    One sentence about a pair for which there is no geometry, or that needs none.

    :param pdq_distance: bits of 256 that differ, if the two hashes are close enough to be worth telling.
    :param similarity: cosine of the embeddings, -1 to 1.
    """
    if same_bytes:
        return _("The files are identical.")
    if same_pixels:
        return _("The pixels are identical; only the file differs.")
    if pdq_distance is not None:
        return _("They look nearly the same (%(distance)d of 256 bits differ), but no common geometry was found.") % {
            "distance": pdq_distance
        }
    if similarity is not None:
        return _("They look alike (similarity %(similarity).2f), but no common geometry was found.") % {
            "similarity": similarity
        }
    return _("No common geometry was found.")


def _reversed(telling: _Telling) -> _Telling:
    step = telling.step
    # Turned by a quarter, width and height have changed places as well; a mirrored turn is its own inverse.
    on_its_side = 45 < abs(step.angle) < 135
    back = replace(
        step,
        angle=step.angle if step.mirrored else -step.angle,
        scale=1 / step.scale,
        stretch=step.stretch if on_its_side else 1 / step.stretch,
        gain=1 / step.gain,
        offset=-step.offset / step.gain,
        saturation=1 / step.saturation,
    )
    return _Telling(telling.copy, telling.source, telling.copy_part, telling.source_part, back, first_is_copy=True)


def _is_backwards(telling: _Telling) -> bool:
    """Whether the first picture is rather made from the second."""
    source, copy = telling.source_part, telling.copy_part
    if source.over_black != copy.over_black:
        return copy.over_black
    if telling.shows_all != telling.shows_nothing_else:
        inner_is_source = telling.shows_all
        around = (copy if inner_is_source else source).surroundings
        # In a larger scene the inner picture is the crop; in a frame or on a page it is what was framed.
        return inner_is_source if around in ("scene", "nothing") else not inner_is_source
    if not telling.shows_all and (source.surroundings in ("plain", "other")) != (
        copy.surroundings in ("plain", "other")
    ):
        return source.surroundings in ("plain", "other")
    if source.grey != copy.grey:
        return source.grey
    if abs(telling.step.scale - 1) > SAME_SIZE and _stretching(telling.step) <= SAME_SIZE:
        return telling.step.scale > 1
    return source.lettered and not copy.lettered


def _compose(telling: _Telling) -> str:
    names = {"copy": telling.copy, "source": telling.source}
    shown, filled = telling.source_part.share, telling.copy_part.share
    # What is mostly margin is no border any more.
    framed = (
        not telling.shows_nothing_else
        and not _slanted(telling.step)
        and (
            telling.copy_part.surroundings == "other" or (telling.copy_part.surroundings == "plain" and filled < MARGIN)
        )
    )
    numbers = names | {"shown": _percent(shown), "filled": _percent(filled)}
    tail = [*_turned(telling.step), *_toned(telling), *_changed(telling)]
    if framed and telling.shows_all:
        opening = _("%(copy)s shows %(source)s inside a larger picture, filling %(filled)s of it") % numbers
    elif framed:
        opening = (
            _("%(copy)s shows %(shown)s of %(source)s inside a larger picture, filling %(filled)s of it") % numbers
        )
    elif not telling.shows_all and not telling.shows_nothing_else and telling.copy_part.surroundings == "scene":
        opening = _("%(source)s and %(copy)s overlap in %(shown)s of %(source)s and %(filled)s of %(copy)s") % numbers
    else:
        return _is_made_of(telling, names)
    return _joined(opening, tail)


def _is_made_of(telling: _Telling, names: dict[str, str]) -> str:
    turned = _turned(telling.step)
    cropped = [] if telling.shows_all else [_("cropped to %(shown)s") % {"shown": _percent(telling.source_part.share)}]
    # The empty corners of a turned picture are no border that anybody added.
    grounded = [_("on black where %(source)s is transparent") % names] if telling.source_part.over_black else []
    bordered = [] if telling.shows_nothing_else or _slanted(telling.step) else [_("with a plain border")]
    size = _sized(telling.step)
    done = [*turned, *cropped, *size, *grounded, *_toned(telling), *bordered]
    changes = _changed(telling)
    if telling.step.reworded and not done:
        return _joined(_("%(source)s and %(copy)s are the same picture") % names, changes)
    if not done and not changes:
        return _("%(copy)s is %(source)s re-saved; nothing visible differs.") % names
    parts = [*done, *changes]
    opening = _("%(copy)s is %(source)s %(how)s") % (names | {"how": parts[0]})
    return _joined(opening, parts[1:])


def _slanted(step: Transformation) -> bool:
    """Whether it is turned by something else than quarters."""
    return min(abs(step.angle) % 90, 90 - abs(step.angle) % 90) >= 1


def _joined(opening: str, parts: list[str]) -> str:
    return _("%(everything)s.") % {"everything": _(", ").join([opening, *parts])}


def _percent(share: float) -> str:
    """Never 0 or, for what is not all, 100: the number stands for something that was seen."""
    rounded = round(share * 100)
    return _("%(number)d %%") % {"number": 99 if rounded == 100 else max(1, rounded)}


def _turned(step: Transformation) -> list[str]:
    angle = step.angle
    upright, upside_down = abs(angle) < 1, abs(angle) > 179
    if step.mirrored and upside_down:
        return [_("mirrored top to bottom")]
    parts = [_("mirrored")] if step.mirrored else []
    if upside_down:
        parts.append(_("turned upside down"))
    elif abs(abs(angle) - 90) < 1:
        parts.append(_("turned a quarter to the right") if angle > 0 else _("turned a quarter to the left"))
    elif not upright:
        degrees = {"degrees": round(abs(angle))}
        parts.append(
            (_("turned by %(degrees)d° to the right") if angle > 0 else _("turned by %(degrees)d° to the left"))
            % degrees
        )
    return parts


def _sized(step: Transformation) -> list[str]:
    if _stretching(step) > SAME_SIZE:
        by = {"share": _percent(_stretching(step))}
        return [(_("stretched %(share)s wider") if step.stretch > 1 else _("stretched %(share)s taller")) % by]
    if abs(step.scale - 1) <= SAME_SIZE:
        return []
    if abs(step.scale - 0.5) < 0.02:
        return [_("at half the size")]
    if step.scale < 1:
        return [_("at %(share)s of the size") % {"share": _percent(step.scale)}]
    return [_("enlarged %(times).1f times") % {"times": step.scale}]


def _stretching(step: Transformation) -> float:
    return max(step.stretch, 1 / step.stretch) - 1


def _toned(telling: _Telling) -> list[str]:
    step = telling.step
    parts = []
    greyed = [_("in black and white")] if telling.copy_part.grey and not telling.source_part.grey else []
    if step.inverted:  # of a negative nobody could tell by looking whether it is darker besides
        return [*greyed, _("in inverted colours")]
    # Judged at a middling brightness: gain alone brightens what is bright and leaves black as it is.
    lift = step.gain * 0.45 + step.offset - 0.45
    if abs(lift) > 0.035:
        parts.append(_lifted(lift))
    elif step.gain > 1.15:
        parts.append(_("with more contrast"))
    elif step.gain < 0.87:
        parts.append(_("with less contrast"))
    parts += greyed
    if not (telling.copy_part.grey or telling.source_part.grey):
        vivid = step.saturation / step.gain
        if step.recoloured:
            parts.append(_("in other colours"))
        else:
            parts += [_("paler")] if vivid < 0.8 else [_("more colourful")] if vivid > 1.25 else []
    if len(parts) == 2 and abs(lift) > 0.035 and parts[1] == _("paler"):
        return [_("%(brightness)s and paler") % {"brightness": parts[0]}]
    return parts


def _lifted(lift: float) -> str:
    if lift > 0:
        return _("much brighter") if lift > 0.25 else _("brighter") if lift > 0.1 else _("a little brighter")
    return _("much darker") if lift < -0.25 else _("darker") if lift < -0.1 else _("a little darker")


def _changed(telling: _Telling) -> list[str]:
    places = _positions(telling)
    if not places:
        return []
    if telling.step.changed_share > 0.4:
        return [_("with changes over most of it")]
    if telling.step.reworded:
        captions = ngettext("with another caption %(where)s", "with other captions %(where)s", len(places))
        return [captions % {"where": _listed(places)}]
    if telling.step.lettered_on_one:
        where = {"where": _listed(places) if len(places) <= 3 else _("in several places")}
        added = (
            _("with something added %(where)s") if telling.copy_part.lettered else _("without what was added %(where)s")
        )
        return [added % where]
    if len(places) > 3:
        return [_("with changes in several places")]
    return [ngettext("with a change %(where)s", "with changes %(where)s", len(places)) % {"where": _listed(places)}]


def _listed(places: tuple[str, ...]) -> str:
    if len(places) == 1:
        return places[0]
    return _("%(several)s and %(last)s") % {"several": _(", ").join(places[:-1]), "last": places[-1]}


def _positions(telling: _Telling) -> tuple[str, ...]:
    """
    Where the changes are, as the first picture has them: that is the one onto which the other is laid for comparing.
    It is named where the other one, of which the sentence speaks, has them elsewhere.
    """
    first, second = telling.source_part, telling.copy_part
    if telling.first_is_copy:
        first, second = second, first
    here = places_of(first.changed)
    if not here or telling.first_is_copy or here == places_of(second.changed):
        return here
    return (*here[:-1], _("%(where)s of %(name)s") % {"where": here[-1], "name": telling.source})
