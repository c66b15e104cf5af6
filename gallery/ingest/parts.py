"""
What of a picture the network is shown: the whole, the content of a screenshot, what is transparent over black, and for
deep search its quarters.
"""

import io

import numpy as np
from PIL import Image as Pixels

from gallery.images.examination import Examination
from gallery.images.region import MIN_SIDE, Box
from gallery.images.scaling import squashed
from gallery.models import Embedding
from gallery.pictures import Picture, checked

View = Embedding.View


def parts_of(facts: Examination, *, deep: bool) -> dict[Embedding.View, Picture]:
    """
    The squares of an examined file that are embedded, the whole first.

    :param deep: the four quarters, too, where they are large enough to be recognised by.
    """
    found = {View.WHOLE: facts.whole}
    if facts.region is not None:
        found[View.REGION] = facts.region
    if facts.over_black is not None:
        found[View.OVER_BLACK] = facts.over_black.square
    if deep:
        found |= _quarters(facts)
    return found


def _quarters(facts: Examination) -> dict[Embedding.View, Picture]:
    with Pixels.open(io.BytesIO(facts.renditions["view"])) as opened:  # ours, written in the sandbox
        picture = checked(np.asarray(opened.convert("RGB")))
    height, width = picture.shape[:2]
    across, down = width // 2, height // 2
    boxes = {
        View.Q1: Box(0, 0, across, down),
        View.Q2: Box(width - across, 0, width, down),
        View.Q3: Box(0, height - down, across, height),
        View.Q4: Box(width - across, height - down, width, height),
    }
    side = facts.whole.shape[0]
    return {view: squashed(box.cut(picture), side) for view, box in boxes.items() if box.short_side >= MIN_SIDE}
