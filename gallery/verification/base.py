"""What a verifier promises, and the steps that all of them share once they have a geometry."""

from collections.abc import Callable
from typing import Protocol

from gallery.pictures import Picture
from gallery.verification.appearance import Agreement, agree, overlay
from gallery.verification.changes import find_changes
from gallery.verification.evidence import Evidence, Transformation
from gallery.verification.features import Kind, LocalFeatures, remembered, work_copy
from gallery.verification.geometry import Geometry, Matrix, fit, frame, inverse, mirroring
from gallery.verification.transformation import Size, describe

Features = tuple[LocalFeatures | None, LocalFeatures | None]
"""Of two pictures those that are kept: None where they have to be found."""

ENOUGH_CELLS = 24
"""With so many places agreeing, nobody need ask whether a mirrored picture would fit better."""


class Verifier(Protocol):
    """Decides whether one geometry explains two pictures."""

    key: str
    """Its name in ``VERIFIERS`` and in :attr:`Evidence.method`."""

    def verify(
        self,
        first: Picture,
        second: Picture,
        *,
        features: Features | None = None,
        sizes: tuple[Size, Size] | None = None,
    ) -> Evidence | None:
        """
        Look for the geometry that lays ``second`` onto ``first``.

        The answer is deterministic, and exchanging the pictures gives the same numbers, seen from the other side.

        :param first: of any size; a long side of 640 pixels suffices.
        :param features: of both pictures, if they are kept; those of another kind are not looked at.
        :param sizes: (width, height) of both originals where the pictures given are reduced copies.
        :returns: None if no believable geometry is found, or the pictures share nothing textured.
        """


def weigh(
    kind: Kind,
    first: Picture,
    second: Picture,
    *,
    features: Features | None,
    sizes: tuple[Size, Size] | None,
    mirrored: Callable[[Picture, LocalFeatures], LocalFeatures],
) -> Evidence | None:
    """:meth:`Verifier.verify` for local features of ``kind``; ``mirrored`` gives those of a mirrored picture."""
    if sizes is None:
        sizes = ((first.shape[1], first.shape[0]), (second.shape[1], second.shape[0]))
    first, second = work_copy(first), work_copy(second)
    known = [
        given if given is not None and given.kind == kind else remembered(picture, kind=kind)
        for picture, given in zip((first, second), features or (None, None), strict=True)
    ]
    # Sampling sees the pair in one order, whichever way round it is asked about: so both ways give the same numbers.
    exchanged = (second.shape, second.tobytes()) < (first.shape, first.tobytes())
    here, there = (second, first) if exchanged else (first, second)
    if exchanged:
        known.reverse()
    geometry = _find(known[0], known[1], lambda: mirrored(there, known[1]))
    if geometry is None:
        return None
    matrix = _in_pixels_of(here, known[0]) @ geometry.matrix @ inverse(_in_pixels_of(there, known[1]))
    laid = overlay(here, there, matrix)
    agreement = agree(laid)
    if agreement is None:
        return None
    changes = find_changes(laid)
    if exchanged:
        laid, matrix = laid.swapped(), inverse(matrix)
    transformation = describe(first, second, matrix, laid, changes, sizes=sizes)
    if transformation.lettered_on_one:
        # A caption says nothing about the picture under it.
        agreement = agree(laid, aside=changes.where) or agreement
    return _evidence(kind, geometry, agreement, transformation)


def _evidence(kind: Kind, geometry: Geometry, agreement: Agreement, transformation: Transformation) -> Evidence:
    return Evidence(
        method=kind,
        cells=geometry.cells,
        matches=geometry.matches,
        inliers=geometry.inliers,
        ncc=round(agreement.ncc, 4),
        ncc_overall=round(agreement.ncc_overall, 4),
        textured_share=round(agreement.textured_share, 4),
        transformation=transformation,
    )


def _in_pixels_of(picture: Picture, features: LocalFeatures) -> Matrix:
    """From the pixels that kept features were found in to those of ``picture``: usually the same."""
    return frame((picture.shape[1], picture.shape[0])) @ inverse(frame((features.width, features.height)))


def _find(first: LocalFeatures, second: LocalFeatures, mirrored: Callable[[], LocalFeatures]) -> Geometry | None:
    """The better of the geometry found upright and the one found mirrored."""
    upright = fit(first, second)
    if upright is not None and upright.cells >= ENOUGH_CELLS:
        return upright
    flipped = fit(first, mirrored())
    if flipped is None or (upright is not None and upright.cells >= flipped.cells):
        return upright
    return Geometry(
        matrix=flipped.matrix @ mirroring(second.width),
        matches=flipped.matches,
        inliers=flipped.inliers,
        cells=flipped.cells,
    )
