"""Which mappings of the plane an edit could have made, and taking them apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery.verification.geometry import inverse, is_believable
from gallery.verification.transformation import decompose

SIZE = (640, 480)


def _matrix(*rows: tuple[float, float, float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array(rows, np.float64)


@pytest.mark.parametrize(
    "matrix",
    [
        _matrix((1, 0, 0), (0, 1, 0), (0, 0, 1)),
        _matrix((-1, 0, 640), (0, 1, 0), (0, 0, 1)),
        _matrix((0.1, 0, 5), (0, 0.1, 9), (0, 0, 1)),
        _matrix((1, 0.1, 0), (-0.1, 1, 0), (0.0001, 0, 1)),
    ],
)
def test_edits_are_believable(matrix: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    assert is_believable(matrix, SIZE)
    assert is_believable(inverse(matrix), SIZE)


@pytest.mark.parametrize(
    "matrix",
    [
        pytest.param(_matrix((1, 0, 0), (0, 1, 0), (-0.002, 0, 1)), id="folded"),
        pytest.param(_matrix((0.05, 0, 0), (0, 0.05, 0), (0, 0, 1)), id="too small"),
        pytest.param(_matrix((13, 0, 0), (0, 13, 0), (0, 0, 1)), id="too large"),
        pytest.param(_matrix((5, 0, 0), (0, 1, 0), (0, 0, 1)), id="too stretched"),
        pytest.param(_matrix((1, 1, 0), (1, 1, 0), (0, 0, 1)), id="flat"),
        pytest.param(_matrix((float("nan"), 0, 0), (0, 1, 0), (0, 0, 1)), id="nothing"),
    ],
)
def test_impossible_mappings_are_not_believed(matrix: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    assert not is_believable(matrix, SIZE)


@given(
    mirrored=st.booleans(),
    angle=st.floats(-179, 179),
    scale=st.floats(0.1, 10),
    stretch=st.floats(0.4, 2.5),
)
def test_a_mapping_is_taken_apart_into_what_made_it(mirrored: bool, angle: float, scale: float, stretch: float) -> None:
    turn = np.radians(angle)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    grown = np.diag([scale * stretch**0.5, scale / stretch**0.5])
    linear = rotation @ grown @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    found = decompose(linear)
    assert found[0] is mirrored
    assert found[1] == pytest.approx(angle, abs=1e-6)
    assert found[2:] == pytest.approx((scale, stretch), rel=1e-6)
