"""Where in a picture something is, in words: "at the upper left"."""

from django.utils.translation import gettext as _

from gallery.verification.evidence import Box


def places_of(changed: tuple[Box, ...]) -> tuple[str, ...]:
    """Each place of ``changed`` in words, from the top down, none twice."""
    return tuple(dict.fromkeys(_place(box) for box in sorted(changed, key=lambda box: (box.top, box.left))))


def _place(box: Box) -> str:
    column, row = (_third((box.left + box.right) / 2), _third((box.top + box.bottom) / 2))
    wide, tall = box.right - box.left > 0.5, box.bottom - box.top > 0.5
    if wide and tall:
        return _("across the picture")
    if wide or (column == 1 and row != 1):
        return (_("at the top"), _("across the middle"), _("at the bottom"))[row]
    if tall or row == 1:
        return (_("on the left"), _("in the middle"), _("on the right"))[column]
    if row == 0:
        return _("at the upper left") if column == 0 else _("at the upper right")
    return _("at the lower left") if column == 0 else _("at the lower right")


def _third(position: float) -> int:
    return 0 if position < 0.37 else 2 if position > 0.63 else 1
