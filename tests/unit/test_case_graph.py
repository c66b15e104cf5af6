"""The drawing of a case, and the outline of a part: where things go."""

import numpy as np
import pytest

from gallery.models import Image, Pair, StoredFile
from gallery.views.frames import frames_of
from gallery.views.graph import Graph, Tie, drawn


def graph_of(count: int, ends: list[tuple[int, int]]) -> Graph:
    images = [Image(pk=number) for number in range(count)]
    ties = [
        Tie(
            pair=Pair(pk=number, left_id=left, right_id=right, tier=3, score=0.5),
            words="",
            address="",
            on_stage=False,
            is_bridge=number == 0,
        )
        for number, (left, right) in enumerate(ends)
    ]
    letters = {number: str(number) for number in range(count)}
    return drawn(images, ties, letters=letters, addresses=letters, stage=images[:2])


@pytest.mark.parametrize("count", [3, 6, 12, 30, 200])
def test_every_picture_has_a_place_of_its_own_inside_the_drawing(count: int) -> None:
    graph = graph_of(count, [(0, other) for other in range(1, count)])
    assert len({(node.x, node.y) for node in graph.nodes}) == count
    for node in graph.nodes:
        assert 0 <= node.left <= node.left + node.size <= graph.width
        assert 0 <= node.top <= node.foot <= graph.height
    assert graph.with_pictures == (count <= 12)


@pytest.mark.parametrize("count", range(3, 13))
def test_a_line_between_neighbours_can_be_seen(count: int) -> None:
    for edge in graph_of(count, [(number, (number + 1) % count) for number in range(count)]).edges:
        across, down = abs(edge.ends[0] - edge.ends[2]), abs(edge.ends[1] - edge.ends[3])
        size = 52 if count <= 6 else 36
        assert np.hypot(across, down) * (1 - size / max(across, down)) > 12


def test_a_chain_is_drawn_as_a_ring_without_crossings() -> None:
    graph = graph_of(6, [(0, 3), (3, 1), (1, 5), (2, 5), (2, 4)])
    step = max(np.hypot(edge.ends[0] - edge.ends[2], edge.ends[1] - edge.ends[3]) for edge in graph.edges)
    across = max(np.hypot(one.x - two.x, one.y - two.y) for one in graph.nodes for two in graph.nodes)
    assert step < across * 0.6
    assert [edge.is_bridge for edge in graph.edges] == [True, False, False, False, False]


def test_a_mapping_with_a_horizon_has_no_outline() -> None:
    whole = {"size": [100, 100], "box": {"left": 0, "top": 0, "right": 1, "bottom": 1}, "changed": []}
    tilted = {
        "homography": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-2.0, 0.0, 1.0]],
        "first": {**whole, "share": 0.5},
        "second": {**whole, "share": 1.0},
    }
    stored = StoredFile(width=100, height=100)
    found = frames_of(Pair(evidence={"transformation": tilted}), stored, stored)
    assert (found.on_a, found.on_b) == (None, None)
