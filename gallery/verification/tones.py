"""Two overlaid pictures given one tone: brightness, contrast and colour are no difference in what they show."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.verification.appearance import Floats, Mask, Overlay, Pixels

FAR_BETTER = 0.8
"""A mixture of channels must leave less than this of what a line for each channel misses."""

GREY = 3.0
"""Mean distance, in levels, of the colours from their own grey below which a picture is greyscale."""

LUMA: Floats = np.array([[0.299] * 3, [0.587] * 3, [0.114] * 3, [0.0] * 3], np.float32)
"""How most programs mix grey from red, green and blue (Rec. ITU-R BT.601), as a mixture of shape ``(4, 3)``."""

ENOUGH = 50
NARROW = 24
"""So many pixels and levels determine a line."""

_SAMPLE = 8_000


def match_tones(laid: Overlay) -> tuple[Pixels, Pixels]:
    """
    Both pictures, one of them given the other's colours.

    Which one: that which can be. Grey follows from colour and burnt-out white from a sky, not the other way round.
    """
    one, two = (sampled(picture, laid.shared) for picture in (laid.first, laid.second))
    forth, back = _fit(one, two), _fit(two, one)
    mixed, unmixed = (_applied(mixture, pixels) for mixture, pixels in ((forth, one), (back, two)))
    misses = (float(largest(np.abs(a - b)).mean()) / (float(b.std()) + 1) for a, b in ((mixed, two), (unmixed, one)))
    if next(misses) <= next(misses):
        return _recolour(laid.first, forth, one, two), laid.second
    return laid.first, _recolour(laid.second, back, two, one)


def _recolour(picture: Pixels, mixture: Floats, before: Floats, after: Floats) -> Pixels:
    """
    ``picture`` in other colours, by the plainest explanation of ``after`` from ``before``: no change at all; the
    ``mixture`` of channels; or, only if that explains far more, a curve for each besides: it might explain a caption
    away. Grey under a curve follows from no mixture that was fitted without the curve: there the usual grey is tried.
    """
    missed = _typical_miss(_applied(mixture, before), after)
    if _typical_miss(before, after) <= 1.1 * missed + 0.5:
        return picture
    found, enough = _mixed(picture, mixture), 0.7 * missed - 0.5
    for mixed in (mixture, LUMA) if is_grey(after) and not is_grey(before) else (mixture,):
        table = _curves(_applied(mixed, before), after)
        curved = _typical_miss(table[_applied(mixed, before).round().astype(np.intp), np.arange(3)], after)
        if curved < enough:
            found, enough = cv2.LUT(_mixed(picture, mixed), table[None]).astype(np.uint8, copy=False), curved
    return found


def _mixed(picture: Pixels, mixture: Floats) -> Pixels:
    return cv2.transform(picture, mixture.T).astype(np.uint8, copy=False)  # rounds and keeps to 0..255


def is_grey(pixels: Floats) -> bool:
    """Whether ``pixels``, shape ``(n, 3)``, have no colour to speak of."""
    return float(np.abs(pixels - pixels.mean(axis=1, keepdims=True)).mean()) < GREY


def _applied(mixture: Floats, pixels: Floats) -> Floats:
    return np.asarray((pixels @ mixture[:3] + mixture[3]).clip(0, 255), np.float32)


def _is_clipped(pixels: Floats) -> Mask:
    return np.asarray((pixels <= 1) | (pixels >= 254), np.bool_)


def _typical_miss(pixels: NDArray[Any], others: Floats) -> float:
    """The mean difference of the better nine tenths: captions are in the rest."""
    miss = np.sort(largest(np.abs(pixels - others)))
    return float(miss[: len(miss) * 9 // 10 + 1].mean())


def _fit(before: Floats, after: Floats) -> Floats:
    """The plainer of a line for each channel and a mixture of channels, both as a mixture of shape ``(4, 3)``."""
    lines, mixture = _lines(before, after), _mix(before, after)
    missed, mixed = (_typical_miss(_applied(how, before), after) for how in (lines, mixture))
    return mixture if mixed < FAR_BETTER * missed - 0.5 else lines


def _lines(before: Floats, after: Floats) -> Floats:
    """
    A gain and an offset for each channel, where neither picture is burnt out or black: most of a picture that was made
    brighter may be burnt out, and what is left tells the line all the same.
    """
    lines = np.eye(4, 3, dtype=np.float32)
    usable = ~(_is_clipped(before) | _is_clipped(after))
    for channel in range(3):
        mine, other = before[usable[:, channel], channel], after[usable[:, channel], channel]
        kept = np.ones(len(mine), np.bool_)
        for _ in range(5):
            if kept.sum() < ENOUGH or np.ptp(mine[kept]) < NARROW:
                break
            gain, offset = np.polyfit(mine[kept], other[kept], 1)
            lines[channel, channel], lines[3, channel] = gain, offset
            miss = np.abs(gain * mine + offset - other)
            kept = miss <= max(6.0, 1.5 * float(np.median(miss)))
    return lines


def _mix(before: Floats, after: Floats) -> Floats:
    """The affine mixture of channels, shape ``(4, 3)``, that turns most rows of ``before`` into those of ``after``."""
    rows = np.hstack([before, np.ones((len(before), 1), np.float32)])
    usable = np.asarray(~_is_clipped(after).any(axis=1), np.bool_)
    if usable.mean() < 0.1:
        usable[:] = True
    kept = usable
    mixture = identity = np.eye(4, 3, dtype=np.float32)
    for _ in range(5):
        # A ridge towards leaving it as it is: a flat or grey picture does not determine all of the mixture.
        ridge = np.diag([1.0, 1, 1, 1e-3]) * float(kept.sum()) * 2
        mine, other = rows[kept], after[kept]
        delta = np.linalg.solve(mine.T @ mine + ridge, mine.T @ (other - mine @ identity))
        mixture = (identity + delta).astype(np.float32)
        miss = largest(np.abs((rows @ mixture).clip(0, 255) - after))
        kept = usable & (miss <= max(8.0, 1.5 * float(np.median(miss[usable]))))
        if kept.mean() < 0.05:
            break
    return mixture


def _curves(before: Floats, after: Floats) -> Pixels:
    """A table, shape ``(256, 3)``: the median of ``after`` for each of 16 ranges of ``before``, outliers left aside."""
    miss = largest(np.abs(before - after))
    kept = miss <= max(8.0, 2.0 * float(np.median(miss)))
    levels = np.arange(256, dtype=np.float64)
    columns = [levels, levels, levels]
    for channel in range(3):
        mine, other = before[kept, channel], after[kept, channel]
        groups = [part for part in np.array_split(np.argsort(mine, kind="stable"), 16) if len(part)]
        steps, first = np.unique([np.median(mine[group]) for group in groups], return_index=True)
        offsets = np.array([np.median(other[group]) for group in groups])[first] - steps
        columns[channel] = levels + np.interp(levels, steps, offsets)  # beyond the ends: parallel to no change
    return np.stack(columns, axis=-1).round().clip(0, 255).astype(np.uint8)


def largest(pixels: NDArray[Any]) -> NDArray[Any]:
    """The largest of three channels, the last axis; numpy's own ``max`` is ten times slower on so short an axis."""
    return np.asarray(np.maximum(np.maximum(pixels[..., 0], pixels[..., 1]), pixels[..., 2]))


def sampled(picture: NDArray[Any], where: Mask) -> NDArray[np.float32]:
    """At most some 8,000 of the pixels of ``where``, evenly spread: enough for a mean or a median."""
    places = np.flatnonzero(where)
    places = places[:: max(1, len(places) // _SAMPLE)]
    return picture.reshape(where.size, -1)[places].astype(np.float32)
