"""A case of three or more as a small drawing: its pictures on a ring, a line for each open match."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gallery.models import Image, Pair

WIDTH = 300
"""Of the drawing, in its own units."""

HEIGHTS = {3: 170, 4: 200, 5: 240, 6: 240}
"""By the number of pictures; so much that between neighbours there is a line to be seen."""

SHOWN = 12
"""Up to so many pictures are drawn; of more only their letters."""

THINNEST, THICKEST = 1.0, 5.0


@dataclass(frozen=True, kw_only=True)
class Node:
    """A picture: its middle and half its width, in units of the drawing."""

    image: Image
    letter: str
    x: float
    y: float
    radius: float
    address: str
    on_stage: bool

    @property
    def left(self) -> float:
        return self.x - self.radius

    @property
    def top(self) -> float:
        return self.y - self.radius

    @property
    def size(self) -> float:
        return 2 * self.radius

    @property
    def foot(self) -> float:
        return self.y + self.radius


@dataclass(frozen=True, kw_only=True)
class Edge:
    """An open match: ``weight`` is the width of its line, ``is_bridge`` marks where the case is weakest."""

    ends: tuple[float, float, float, float]
    weight: float
    words: str
    address: str
    is_bridge: bool
    on_stage: bool

    @property
    def middle(self) -> tuple[float, float]:
        x1, y1, x2, y2 = self.ends
        return (x1 + x2) / 2, (y1 + y2) / 2


@dataclass(frozen=True, kw_only=True)
class Graph:
    nodes: list[Node]
    edges: list[Edge]
    width: int
    height: int
    with_pictures: bool


@dataclass(frozen=True, kw_only=True)
class Tie:
    """An open match as the desk lists it."""

    pair: Pair
    words: str
    address: str
    on_stage: bool
    is_bridge: bool


def drawn(
    images: Sequence[Image],
    ties: Sequence[Tie],
    *,
    letters: Mapping[int, str],
    addresses: Mapping[int, str],
    stage: Sequence[Image],
) -> Graph:
    """The drawing of ``images``, in the order in which they hang together."""
    with_pictures = len(images) <= SHOWN
    radius = 26.0 if len(images) <= SHOWN // 2 else 18.0 if with_pictures else 9.0
    height = HEIGHTS.get(len(images), 280)
    places = _ring(len(images), width=WIDTH, height=height, margin=radius + 8)
    at = {image.pk: place for image, place in zip(_in_order(images, ties), places, strict=True)}
    nodes = [
        Node(
            image=image,
            letter=letters[image.pk],
            x=at[image.pk][0],
            y=at[image.pk][1],
            radius=radius,
            address=addresses[image.pk],
            on_stage=image in stage,
        )
        for image in images
    ]
    edges = [
        Edge(
            ends=(*at[tie.pair.left_id], *at[tie.pair.right_id]),
            weight=THINNEST + (THICKEST - THINNEST) * min(1.0, max(0.0, tie.pair.score)),
            words=tie.words,
            address=tie.address,
            is_bridge=tie.is_bridge,
            on_stage=tie.on_stage,
        )
        for tie in ties
    ]
    return Graph(nodes=nodes, edges=edges, width=WIDTH, height=height, with_pictures=with_pictures)


def _ring(count: int, *, width: int, height: int, margin: float) -> list[tuple[float, float]]:
    """``count`` places on an ellipse, the first on the left, clockwise."""
    across, down = width / 2 - margin, height / 2 - margin
    turns = [math.pi + 2 * math.pi * number / count for number in range(count)]
    return [
        (round(width / 2 + across * math.cos(turn), 1), round(height / 2 + down * math.sin(turn), 1)) for turn in turns
    ]


def _in_order(images: Sequence[Image], ties: Sequence[Tie]) -> list[Image]:
    """Neighbours beside each other, the surest first, so that few lines cross."""
    by_pk = {image.pk: image for image in images}
    near: dict[int, list[int]] = {pk: [] for pk in by_pk}
    for tie in sorted(ties, key=lambda tie: (-tie.pair.tier, -tie.pair.score, tie.pair.pk)):
        near[tie.pair.left_id].append(tie.pair.right_id)
        near[tie.pair.right_id].append(tie.pair.left_id)
    found: dict[int, None] = {}
    waiting = [image.pk for image in reversed(images)]
    while waiting:
        at = waiting.pop()
        if at not in found:
            found[at] = None
            waiting += reversed(near[at])
    return [by_pk[pk] for pk in found]
