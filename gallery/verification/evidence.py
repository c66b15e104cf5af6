"""What verification knows of a pair: plain numbers that can be stored as JSON and read back."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

Surroundings = Literal["nothing", "scene", "plain", "other"]
"""
What lies around the shared part of a picture: nothing; more of the same scene (the other one is cropped); one plain
colour (a border); or other things (a page, a phone's screen, a collage).
"""


@dataclass(frozen=True)
class Box:
    """A rectangle in relative coordinates: 0, 0 is a picture's upper left corner and 1, 1 its lower right."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)


WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Part:
    """
    One picture's side of a pair.

    ``size`` is (width, height) in pixels. ``box`` bounds what the other picture shows of this one, ``share`` is how
    much of this one's area that is (0 to 1). ``changed`` bounds what differs within it, largest first.
    ``grey``: it has no colour; ``lettered``: what differs looks like lettering or drawing on this picture. It stands
    for one of two pictures only where nothing suggests that the other one bears any of its own.
    ``over_black``: it is transparent in part, and the other one is a copy of it with black there.
    """

    size: tuple[int, int]
    box: Box = WHOLE
    share: float = 1.0
    surroundings: Surroundings = "nothing"
    changed: tuple[Box, ...] = ()
    grey: bool = False
    lettered: bool = False
    over_black: bool = False

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        values = data | {
            "size": tuple(data["size"]),
            "box": Box(**data["box"]),
            "changed": tuple(Box(**box) for box in data["changed"]),
        }
        return cls(**values)


@dataclass(frozen=True)
class Transformation:
    """
    What makes the second picture out of the first.

    ``homography``
        3 x 3, row by row: maps relative coordinates of the second picture onto the first.
    ``mirrored``, ``angle``
        the first is mirrored left to right, *then* turned by ``angle`` degrees clockwise, in (-180, 180].
    ``scale``, ``stretch``
        pixels of the second for each pixel of the first, along a side; how much more its width grew than its height.
    ``gain``, ``offset``
        brightness of the second = gain x brightness of the first + offset, both in 0 to 1. Of ``inverted`` pictures
        this, like ``recoloured`` and what is ``changed``, is told of the second once it is inverted back.
    ``saturation``
        colourfulness of the second divided by that of the first, 0 to 10; 1 where either is grey.
    ``recoloured``
        both have colours, and they are not the same ones (sepia, a shifted hue).
    ``changed_share``
        how much of the shared area shows something else, 0 to 1.
    ``reworded``
        in one place both bear lettering, each its own; False where it was not looked for.
    ``inverted``
        the second is a negative of the first: 1 less each colour. False in evidence from before this was looked for.
    """

    homography: tuple[tuple[float, float, float], ...]
    first: Part
    second: Part
    mirrored: bool = False
    angle: float = 0.0
    scale: float = 1.0
    stretch: float = 1.0
    gain: float = 1.0
    offset: float = 0.0
    saturation: float = 1.0
    recoloured: bool = False
    changed_share: float = 0.0
    reworded: bool = False
    inverted: bool = False

    @property
    def lettered_on_one(self) -> bool:
        """
        One of the two was written on, and the other one bears no words of its own: none there, and no page, bar or
        border around it that may bear some.
        """
        if self.reworded or self.first.lettered == self.second.lettered:
            return False
        clean = self.second if self.first.lettered else self.first
        return clean.surroundings in ("nothing", "scene")

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The homography as an array of shape (3, 3)."""
        return np.array(self.homography, np.float64)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        values = data | {
            "homography": tuple(tuple(row) for row in data["homography"]),
            "first": Part.from_dict(data["first"]),
            "second": Part.from_dict(data["second"]),
        }
        return cls(**values)


@dataclass(frozen=True)
class Evidence:
    """
    How well one geometry explains two pictures. What suffices is the policy's business, not decided here.

    ``matches`` local features (of ``method`` "orb" or "sift") were alike, ``inliers`` of them agree on one geometry, in
    ``cells`` distinct places of both pictures. Laid onto each other by it, the pictures correlate by ``ncc`` in the
    median textured cell of an 8 x 8 grid and by ``ncc_overall`` as a whole, both in -1 to 1. Of the textured cells
    ``textured_share`` correlate by more than 0.5. Where only one of them was written on, what was written is left out.
    """

    method: str
    cells: int
    matches: int
    inliers: int
    ncc: float
    ncc_overall: float
    textured_share: float
    transformation: Transformation

    def as_dict(self) -> dict[str, Any]:
        """Only dicts, lists, strings, numbers and booleans: fit for JSON."""
        return {key: _plain(value) for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The evidence that :meth:`as_dict` wrote, also after a trip through JSON."""
        return cls(**(data | {"transformation": Transformation.from_dict(data["transformation"])}))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
