"""From a matrix to what it means: turned by how much, cropped to what, and what lies around."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.pictures import Picture
from gallery.verification.appearance import Overlay
from gallery.verification.changes import Changes, boxes, measure_tone
from gallery.verification.evidence import Box, Part, Surroundings, Transformation
from gallery.verification.geometry import Matrix, corners, frame, inverse, jacobian, project
from gallery.verification.lettering import find_lettering

Size = tuple[int, int]

ALL = 0.97
"""From this share on a picture counts as wholly shared: alignment is not sharper than that."""


def describe(
    first: Picture, second: Picture, matrix: Matrix, laid: Overlay, changes: Changes, *, sizes: tuple[Size, Size]
) -> Transformation:
    """
    Say what makes ``second`` out of ``first``, two work copies, given the ``matrix`` that maps its pixels onto theirs.

    :param sizes: (width, height) of both pictures before, so that the scale is the true one.
    """
    tone = measure_tone(laid, changes)
    copies = (_size(first), _size(second))
    relative = inverse(frame(copies[0])) @ matrix @ frame(copies[1])
    relative /= relative[2, 2]
    onto = frame(sizes[1]) @ inverse(relative) @ inverse(frame(sizes[0]))
    middle = project(frame(sizes[0]), _covered(relative)).mean(axis=0)
    mirrored, angle, scale, stretch = decompose(jacobian(onto, middle))
    shared = _shared(relative, laid, copies)
    grey = (tone.first_is_grey, tone.second_is_grey)
    lettering = find_lettering(laid, changes, same_colours=grey[0] == grey[1] and not tone.recoloured)
    parts = (
        Part(
            size=sizes[index],
            box=shared[index][0],
            share=round(shared[index][1], 4),
            surroundings=_surroundings(picture, _outline_in(index, matrix, copies)),
            changed=boxes(changes.where, (laid.to_first, laid.to_second)[index], copies[index]),
            grey=grey[index],
            lettered=(lettering.first, lettering.second)[index],
        )
        for index, picture in enumerate((first, second))
    )
    return Transformation(
        homography=tuple((float(a), float(b), float(c)) for a, b, c in relative.round(9)),
        first=next(parts),
        second=next(parts),
        mirrored=mirrored,
        angle=round(angle, 2),
        scale=round(scale, 4),
        stretch=round(stretch, 4),
        gain=round(tone.gain, 4),
        offset=round(tone.offset, 4),
        saturation=round(tone.saturation, 4),
        recoloured=tone.recoloured,
        changed_share=round(changes.share, 4),
        reworded=lettering.reworded,
    )


def _size(picture: Picture) -> Size:
    return picture.shape[1], picture.shape[0]


def _outline_in(index: int, matrix: Matrix, copies: tuple[Size, Size]) -> NDArray[np.float64]:
    """The other picture's outline in pixels of the first (index 0) or the second (index 1)."""
    return project(matrix if index == 0 else inverse(matrix), corners(copies[1 - index]))


def _shared(relative: Matrix, laid: Overlay, copies: tuple[Size, Size]) -> list[tuple[Box, float]]:
    """Of each picture the part that the other one shows: its bounding box and its share of the area."""
    if laid.has_gaps:
        ways = (laid.to_first, laid.to_second)
        return [_filled(laid, to_picture, size) for to_picture, size in zip(ways, copies, strict=True)]
    return [_bounded(_covered(relative)), _bounded(_covered(inverse(relative)))]


def _covered(relative: Matrix) -> NDArray[np.float64]:
    """The outline, in relative coordinates, of what the other picture, mapped by ``relative``, covers of this one."""
    points = _clipped(project(relative, np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)))
    return points if len(points) >= 3 else np.full((1, 2), 0.5)


def _bounded(outline: NDArray[np.float64]) -> tuple[Box, float]:
    (left, top), (right, bottom) = outline.min(axis=0), outline.max(axis=0)
    x, y = outline.T
    area = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    return Box(*(round(float(side), 4) for side in (left, top, right, bottom))), min(1.0, area)


def _filled(laid: Overlay, to_picture: Matrix, size: Size) -> tuple[Box, float]:
    """The same box and share, measured by the pixels that are really shared."""
    # Two pixels wider, as the rim was left out.
    shared = cv2.dilate(laid.shared.astype(np.uint8), np.ones((5, 5), np.uint8))
    marks = cv2.warpPerspective(shared, to_picture, size, flags=cv2.INTER_NEAREST)
    rows, columns = (np.flatnonzero(marks.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return Box(0.0, 0.0, 0.0, 0.0), 0.0
    sides = (columns[0] / size[0], rows[0] / size[1], (columns[-1] + 1) / size[0], (rows[-1] + 1) / size[1])
    return Box(*(round(float(side), 4) for side in sides)), float(marks.mean())


def _clipped(outline: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    What of a convex ``outline``, shape ``(n, 2)``, lies in the unit square (Sutherland and Hodgman 1974).

    OpenCV's own intersection goes wrong where two outlines nearly coincide, as those of copies do.
    """
    for axis, limit, sign in ((0, 0.0, 1.0), (0, 1.0, -1.0), (1, 0.0, 1.0), (1, 1.0, -1.0)):
        kept: list[NDArray[np.float64]] = []
        for start, end in zip(outline, np.roll(outline, -1, axis=0), strict=True):
            before, after = (sign * (float(point[axis]) - limit) for point in (start, end))
            if before >= 0:
                kept.append(start)
            if before * after < 0:
                kept.append(start + (end - start) * before / (before - after))
        outline = np.array(kept).reshape(-1, 2)
    return outline


def decompose(linear: NDArray[np.float64]) -> tuple[bool, float, float, float]:
    """
    Take a linear mapping of the plane, shape ``(2, 2)``, y downwards, apart.

    :returns: whether it mirrors left to right, by how many degrees it then turns clockwise, in (-180, 180], by how
        much it enlarges a side, and how much more it widens than heightens.
    """
    mirrored = bool(np.linalg.det(linear) < 0)
    proper = linear @ np.diag([-1.0, 1.0]) if mirrored else linear
    left, values, right = np.linalg.svd(proper)
    turn = left @ right
    angle = float(np.degrees(np.arctan2(turn[1, 0], turn[0, 0])))
    along = right.T @ np.diag(values) @ right
    stretch = float(along[0, 0] / along[1, 1])
    return mirrored, 180.0 if angle <= -179.995 else angle, float(np.sqrt(values[0] * values[1])), stretch


def _surroundings(picture: Picture, outline: NDArray[np.float64]) -> Surroundings:
    """What lies around ``outline``, shape ``(4, 2)``, in pixels of ``picture``."""
    outside = np.ones(picture.shape[:2], np.uint8)
    cv2.fillConvexPoly(outside, np.round(outline).astype(np.int32), (0,))
    if outside.mean() <= 1 - ALL:
        return "nothing"
    outside = cv2.erode(outside, np.ones((5, 5), np.uint8)).astype(np.uint8)
    if not _has_seam(picture, outline):
        return "scene"
    around = picture[outside > 0].astype(np.float32)
    if not len(around):
        return "plain"
    off = np.abs(around - np.median(around, axis=0)).max(axis=1)
    return "plain" if float((off < 16).mean()) > 0.97 else "other"


def _has_seam(picture: Picture, outline: NDArray[np.float64]) -> bool:
    """
    Whether the picture breaks off along ``outline``: colours step across it more than they do just inside it.

    A crop's surroundings go on where the crop ends; a frame, a page or a collage begins there.
    """
    soft = cv2.GaussianBlur(picture, (0, 0), 1.0).astype(np.float32)
    middle = outline.mean(axis=0)
    steps, usual = [], []
    for start, end in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        along = end - start
        normal = np.array([along[1], -along[0]]) / max(float(np.linalg.norm(along)), 1e-6)
        normal *= 1.0 if normal @ (start - middle) > 0 else -1.0
        points = start + np.linspace(0.05, 0.95, 64)[:, None] * along
        far, near, beyond = (_sample(soft, points + normal * by) for by in (-9, -3, 3))
        known = np.isfinite(beyond).all(axis=1) & np.isfinite(far).all(axis=1)
        if known.sum() < 16:
            continue
        steps.append(float(np.median(np.abs(beyond - near)[known].max(axis=1))))
        usual.append(float(np.median(np.abs(near - far)[known].max(axis=1))))
    # One edge of four may step by chance: a crop may well end along a wall.
    seams = [step > 8 + 2 * inside for step, inside in zip(steps, usual, strict=True)]
    return any(seams) and sum(seams) * 2 >= len(seams)


def _sample(picture: NDArray[np.float32], points: NDArray[np.float64]) -> NDArray[np.float32]:
    """The nearest pixels of ``points``; NaN outside."""
    columns, rows = np.round(points).astype(int).T
    inside = (columns >= 0) & (rows >= 0) & (columns < picture.shape[1]) & (rows < picture.shape[0])
    values = np.full((len(points), 3), np.nan, np.float32)
    values[inside] = picture[rows[inside], columns[inside]]
    return values
