"""What was done to a picture, as flags that lists are filtered by."""

from dataclasses import replace

import pytest

from gallery.detection.traits import traits_of
from gallery.models import Pair
from gallery.verification.evidence import Part, Transformation

Trait = Pair.Trait

NOTHING = Transformation(
    homography=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), first=Part((640, 480)), second=Part((640, 480))
)


@pytest.mark.parametrize(
    ("found", "flags"),
    [
        (NOTHING, 0),
        (replace(NOTHING, mirrored=True), Trait.MIRRORED),
        (replace(NOTHING, inverted=True), Trait.INVERTED),
        (replace(NOTHING, inverted=True, angle=90.0), Trait.INVERTED | Trait.ROTATED),
        (replace(NOTHING, second=Part((640, 480), grey=True)), Trait.GREY),
    ],
)
def test_each_thing_done_has_its_flag(found: Transformation, flags: int) -> None:
    assert traits_of(found) == flags


def test_every_flag_is_a_bit_of_its_own() -> None:
    assert sum(Trait) == 511
