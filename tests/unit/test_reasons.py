"""The ladder of signals behind a flag, as moderators read it."""

import pytest

from gallery.detection.reasons import ladder
from gallery.models import Pair, Policy


def kinds(pair: Pair) -> list[str]:
    pair.policy = Policy(version=1)
    return [rung.value for rung in ladder(pair) if rung.label == "kind"]


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (Pair(document_like=False), []),
        (Pair(document_like=True), ["document"]),
        (Pair(document_like=True, one_thing=True), ["one thing on a plain ground"]),
    ],
)
def test_documents_and_things_on_a_plain_ground_are_named(pair: Pair, expected: list[str]) -> None:
    assert kinds(pair) == expected


def test_geometry_that_was_looked_for_and_not_found_speaks_against_a_copy() -> None:
    pair = Pair(cells=0, similarity=0.96, policy=Policy(version=1))
    told = {rung.label: rung.good for rung in ladder(pair)}
    assert told["geometry"] is False
    assert told["similarity"] is True
