"""Which points of two pictures belong together, and the one mapping of the plane that explains them."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.verification.features import LocalFeatures

Matrix = NDArray[np.float64]
"""Shape (3, 3): a homography on pixel coordinates in which the centre of the first pixel is (0, 0)."""

RATIO = {"orb": 0.85, "sift": 0.8}
"""A match counts if it is this much nearer than the second best (Lowe 2004)."""

TOLERANCE = 3.0
"""How far, in pixels of the first work copy, a matched point may be from where the mapping puts it."""

CELL = 16
"""Inliers are counted once per cell of this many pixels: a hundred points on one logo are one witness."""

MIN_CELLS = 8
"""Fewer distinct places than this never make a geometry: a homography fits any four points."""

SCALES = (0.08, 12.0)
MAX_ANISOTROPY = 4.0


@dataclass(frozen=True, eq=False)
class Geometry:
    """
    A mapping of the second work copy onto the first.

    ``matches`` points were alike, ``inliers`` of them follow ``matrix``, in ``cells`` distinct places of each picture.
    """

    matrix: Matrix
    matches: int
    inliers: int
    cells: int


def match(first: LocalFeatures, second: LocalFeatures) -> NDArray[np.intp]:
    """
    Pair the points that are each other's nearest and clearly nearer than the next.

    :returns: shape ``(n, 2)``: the index in ``first`` and in ``second`` of every match, n >= 0.
    """
    if len(first) < 2 or len(second) < 2:
        return np.zeros((0, 2), np.intp)
    search = _hamming(first, second) if first.kind == "orb" else _root_sift(first, second)
    nearest, clear = search(np.arange(len(first)), False)
    mine = np.flatnonzero(clear)
    back, as_clear = search(nearest[mine], True)
    # The ratio is asked on both sides, so that (a, b) and (b, a) give the same matches.
    kept = as_clear & (back == mine)
    return np.stack([mine[kept], nearest[mine][kept]], axis=1).astype(np.intp)


Search = Callable[[NDArray[np.intp], bool], tuple[NDArray[np.intp], NDArray[np.bool_]]]
"""For some points of the first picture (True: of the second): the nearest of the other, and whether clearly so."""


def _hamming(first: LocalFeatures, second: LocalFeatures) -> Search:
    def search(points: NDArray[np.intp], back: bool) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        asked, other = (second, first) if back else (first, second)
        if not len(points):
            return points, np.zeros(0, np.bool_)
        distances, indices = cv2.batchDistance(
            asked.descriptors[points], other.descriptors, cv2.CV_32S, normType=cv2.NORM_HAMMING, K=2
        )
        return indices[:, 0].astype(np.intp), distances[:, 0] < RATIO["orb"] * distances[:, 1]

    return search


def _root_sift(first: LocalFeatures, second: LocalFeatures) -> Search:
    """Arandjelović and Zisserman, *Three things everyone should know to improve object retrieval*, CVPR 2012."""

    def rooted(rows: NDArray[np.uint8]) -> NDArray[np.float32]:
        floats = rows.astype(np.float32)
        shares = floats / np.maximum(floats.sum(axis=1, keepdims=True), 1)
        return np.asarray(np.sqrt(shares), np.float32)

    squared = np.maximum(2 - 2 * (rooted(first.descriptors) @ rooted(second.descriptors).T), 0)

    def search(points: NDArray[np.intp], back: bool) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        distances = squared.T[points] if back else squared[points]
        if not len(points):
            return points, np.zeros(0, np.bool_)
        rows, nearest = np.arange(len(points)), distances.argmin(axis=1)
        best = distances[rows, nearest]
        # The second best is the best of the rest: two passes take a tenth of the time of a partial sort.
        distances[rows, nearest] = np.inf
        return nearest, best < RATIO["sift"] ** 2 * distances.min(axis=1)

    return search


def mirror_sift(features: LocalFeatures) -> LocalFeatures:
    """
    The SIFT features that the mirrored picture would have.

    A descriptor is 4 x 4 histograms of 8 directions in the frame of its own point: mirroring exchanges the rows and
    runs through the directions backwards, so nothing need be extracted again.
    """
    histograms = features.descriptors.reshape(-1, 4, 4, 8)
    mirrored = np.ascontiguousarray(histograms[:, ::-1, :, (-np.arange(8)) % 8]).reshape(-1, 128)
    points = project(mirroring(features.width), features.points).astype(np.float32)
    return LocalFeatures("sift", features.width, features.height, points, mirrored)


def mirroring(width: int) -> Matrix:
    """Exchange left and right of a picture ``width`` pixels wide."""
    return np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])


def fit(first: LocalFeatures, second: LocalFeatures) -> Geometry | None:
    """
    The mapping of ``second`` onto ``first`` that most matches follow, or None if there is no believable one.

    MAGSAC: Barath et al., *MAGSAC++, a fast, reliable and accurate robust estimator*, CVPR 2020.
    """
    matches = match(first, second)
    if len(matches) < MIN_CELLS:
        return None
    here, there = first.points[matches[:, 0]], second.points[matches[:, 1]]
    matrix, _ = cv2.findHomography(there, here, params=_estimator())
    if matrix is None:
        return None
    plain, inside = _simplest(matrix.astype(np.float64), here, there)
    cells = min(_cells(here[inside]), _cells(there[inside]))
    if cells < MIN_CELLS or not is_believable(plain, (second.width, second.height)):
        return None
    return Geometry(matrix=plain, matches=len(matches), inliers=int(inside.sum()), cells=cells)


def _estimator() -> cv2.UsacParams:
    params = cv2.UsacParams()
    params.randomGeneratorState = 20210615  # fixed: the same pair always gets the same evidence
    params.sampler = cv2.SAMPLING_UNIFORM
    params.score = cv2.SCORE_METHOD_MAGSAC
    params.loMethod = cv2.LOCAL_OPTIM_SIGMA
    params.final_polisher = cv2.MAGSAC
    params.confidence = 0.999
    params.maxIterations = 3000
    params.threshold = TOLERANCE
    return params


def _simplest(
    matrix: Matrix, here: NDArray[np.float32], there: NDArray[np.float32]
) -> tuple[Matrix, NDArray[np.bool_]]:
    """
    Prefer an affine mapping that explains as much: edits are affine, and perspective fitted to noise drifts far
    from the points.
    """
    inside = _residuals(matrix, here, there) < TOLERANCE
    if int(inside.sum()) < MIN_CELLS:
        return matrix, inside
    affine, kept = matrix, inside
    for _ in range(2):
        affine = _affine(here[kept], there[kept])
        kept = _residuals(affine, here, there) < TOLERANCE
        if int(kept.sum()) < 0.9 * int(inside.sum()):
            return matrix, inside
    return affine, kept


def _affine(here: NDArray[np.float32], there: NDArray[np.float32]) -> Matrix:
    rows = np.column_stack([there, np.ones(len(there))]).astype(np.float64)
    solution, *_ = np.linalg.lstsq(rows, here.astype(np.float64), rcond=None)
    return np.vstack([solution.T, [0.0, 0.0, 1.0]])


def _residuals(matrix: Matrix, here: NDArray[np.float32], there: NDArray[np.float32]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        distances = np.linalg.norm(project(matrix, there) - here, axis=1)
    return np.where(np.isfinite(distances), distances, np.inf)


def _cells(points: NDArray[np.float32]) -> int:
    return len(np.unique((points // CELL).astype(np.int32), axis=0))


def project(matrix: Matrix, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Where ``matrix`` puts ``points``, shape ``(n, 2)``."""
    rows = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(rows[:, :2] / rows[:, 2:], np.float64)


def inverse(matrix: Matrix) -> Matrix:
    """The way back, scaled so that its last number is 1 where the picture's origin stays in front."""
    back = np.linalg.inv(matrix).astype(np.float64)
    return np.asarray(back / back[2, 2], np.float64)


def frame(size: tuple[int, int]) -> Matrix:
    """Relative coordinates to the pixels of a picture of ``size`` (width, height)."""
    return np.array([[size[0], 0, -0.5], [0, size[1], -0.5], [0, 0, 1.0]])


def corners(size: tuple[float, float]) -> NDArray[np.float64]:
    """The outline of a picture of ``size`` (width, height), shape ``(4, 2)``, clockwise from the upper left."""
    width, height = size
    return np.array([[0, 0], [width, 0], [width, height], [0, height]]) - 0.5


def jacobian(matrix: Matrix, point: NDArray[np.float64]) -> NDArray[np.float64]:
    """The affine mapping that ``matrix`` is close to ``point``: shape ``(2, 2)``."""
    x, y, w = matrix @ np.append(point, 1.0)
    return np.asarray((matrix[:2, :2] - np.outer([x / w, y / w], matrix[2, :2])) / w, np.float64)


def is_believable(matrix: Matrix, size: tuple[int, int]) -> bool:
    """
    Whether an edit could have done this to a picture of ``size`` (width, height).

    Not if the plane folds inside the picture, its outline is no longer convex, or it grows, shrinks or stretches
    beyond :data:`SCALES` and :data:`MAX_ANISOTROPY` in any corner.
    """
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-12:
        return False
    outline = corners(size)
    depths = np.column_stack([outline, np.ones(4)]) @ matrix[2]
    if not (depths > 0).all():
        return False
    if not cv2.isContourConvex(project(matrix, outline).astype(np.float32)):
        return False
    for point in (*outline, outline.mean(axis=0)):
        large, small = np.linalg.svd(jacobian(matrix, point), compute_uv=False)
        if small <= 0 or large / small > MAX_ANISOTROPY or not SCALES[0] <= np.sqrt(large * small) <= SCALES[1]:
            return False
    return True
