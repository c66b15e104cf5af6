"""The table of tiers, row by row."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery.detection.scoring import Signals, flagged, score, tier
from gallery.models import Pair, Policy

Tier = Pair.Tier
STRICT = {"cells": 12, "ncc": 0.91, "textured_share": 0.9}
LOOSE = {"cells": 12, "ncc": 0.71, "textured_share": 0.5}


@pytest.fixture
def policy() -> Policy:
    return Policy(version=1)


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        ({"same_bytes": True}, Tier.IDENTICAL),
        ({"same_pixels": True}, Tier.IDENTICAL),
        ({"same_bytes": True, "document_like": True}, Tier.IDENTICAL),
        ({"pdq_distance": 31, "pdq_usable": True}, Tier.CERTAIN),
        ({"pdq_distance": 32, "pdq_usable": True}, Tier.REVIEW),
        ({"pdq_distance": 44, "pdq_usable": True}, Tier.REVIEW),
        ({"pdq_distance": 45, "pdq_usable": True}, Tier.STORED),
        ({"pdq_distance": 0, "pdq_usable": False}, Tier.STORED),
        ({"similarity": 0.31, **STRICT}, Tier.CERTAIN),
        ({"similarity": 0.31, **STRICT, "cells": 11}, Tier.STORED),
        ({"similarity": 0.31, **STRICT, "ncc": 0.9}, Tier.REVIEW),
        ({"similarity": 0.31, **STRICT, "textured_share": 0.89}, Tier.REVIEW),
        ({"similarity": 0.31, **LOOSE}, Tier.REVIEW),
        ({"similarity": 0.31, **LOOSE, "ncc": 0.7}, Tier.STORED),
        ({"similarity": 0.95}, Tier.REVIEW),
        ({"similarity": 0.94}, Tier.WEAK),
        ({"similarity": 0.5}, Tier.WEAK),
        ({"similarity": 0.49}, Tier.STORED),
        ({}, Tier.STORED),
    ],
)
def test_the_tier_follows_from_the_surest_signal(signals: dict[str, object], expected: Tier, policy: Policy) -> None:
    assert tier(Signals(**signals), policy) == expected  # type: ignore[arg-type]  # rows of mixed types


STRICT_DOCUMENT = {"document_like": True, "similarity": 0.96, "cells": 200, "ncc": 0.99, "textured_share": 1.0}


def test_pages_are_never_certain_by_hash_or_geometry(policy: Policy) -> None:
    assert tier(Signals(document_like=True, pdq_distance=0, pdq_usable=True), policy) == Tier.REVIEW
    assert tier(Signals(**STRICT_DOCUMENT, pdq_distance=0, pdq_usable=True), policy) == Tier.REVIEW  # type: ignore[arg-type]  # mixed types


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        ({"pdq_distance": 14}, Tier.CERTAIN),
        ({"pdq_distance": 15}, Tier.REVIEW),
        ({"pdq_distance": 14, "ncc": 0.9}, Tier.REVIEW),
        ({"pdq_distance": 14, "changed_share": 0.001}, Tier.CERTAIN),
        ({"pdq_distance": 14, "changed_share": 0.0011}, Tier.REVIEW),
    ],
)
def test_one_thing_on_a_plain_ground_is_certain_where_hash_and_geometry_agree_and_nothing_differs(
    signals: dict[str, object], expected: Tier, policy: Policy
) -> None:
    known = {**STRICT_DOCUMENT, "one_thing": True, "pdq_usable": True, **signals}
    assert tier(Signals(**known), policy) == expected  # type: ignore[arg-type]  # mixed types


def test_geometry_suffices_for_one_thing_on_a_plain_ground_to_go_to_people(policy: Policy) -> None:
    known = {"document_like": True, "similarity": 0.6, **LOOSE}
    assert tier(Signals(**known, one_thing=True), policy) == Tier.REVIEW  # type: ignore[arg-type]  # mixed types
    assert tier(Signals(**known), policy) == Tier.WEAK  # type: ignore[arg-type]  # mixed types


def test_one_frame_around_two_things_is_no_copy(policy: Policy) -> None:
    around: dict[str, Any] = {"document_like": True, "one_thing": True, **LOOSE}
    assert tier(Signals(**around, similarity=0.49), policy) == Tier.STORED
    assert tier(Signals(**around, similarity=0.50), policy) == Tier.REVIEW
    assert tier(Signals(**{**around, **STRICT}, similarity=0.49), policy) == Tier.REVIEW


def test_documents_are_not_flagged_by_similarity_alone(policy: Policy) -> None:
    assert tier(Signals(document_like=True, similarity=0.96), policy) == Tier.WEAK


@pytest.mark.parametrize("signals", [{"similarity": 0.94}, {"ncc": 0.9}, {"textured_share": 0.89}, {"cells": 11}])
def test_documents_are_not_flagged_because_many_of_their_lines_agree(
    signals: dict[str, object], policy: Policy
) -> None:
    assert tier(Signals(**STRICT_DOCUMENT), policy) == Tier.REVIEW  # type: ignore[arg-type]  # mixed types
    assert tier(Signals(**{**STRICT_DOCUMENT, **signals}), policy) == Tier.WEAK  # type: ignore[arg-type]  # mixed types
    assert tier(Signals(document_like=True, pdq_distance=15, pdq_usable=True), policy) == Tier.STORED


OTHER_WORDS = {"traits": Pair.Trait.CAPTIONED, "changed_share": 0.0011}


@pytest.mark.parametrize(
    "signals", [{"pdq_distance": 0, "pdq_usable": True}, {"cells": 90, "ncc": 1.0, "textured_share": 1.0}]
)
def test_one_picture_with_other_words_is_for_people(signals: dict[str, object], policy: Policy) -> None:
    assert tier(Signals(**signals), policy) == Tier.CERTAIN  # type: ignore[arg-type]  # mixed types
    assert tier(Signals(**signals, **OTHER_WORDS), policy) == Tier.REVIEW  # type: ignore[arg-type]  # mixed types
    policy.certain_changed_share = 0.0011
    assert tier(Signals(**signals, **OTHER_WORDS), policy) == Tier.CERTAIN  # type: ignore[arg-type]  # mixed types


WRITTEN_ON = {"traits": Pair.Trait.CAPTIONED | Pair.Trait.LETTERED_ON_ONE, "cells": 90, "ncc": 1.0}


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        ({"textured_share": 0.9, "changed_share": 0.15}, Tier.CERTAIN),
        ({"textured_share": 0.9, "changed_share": 0.151}, Tier.REVIEW),
        ({"textured_share": 0.89, "changed_share": 0.15}, Tier.REVIEW),
        ({"textured_share": 0.89, "changed_share": 0.15, "pdq_distance": 0, "pdq_usable": True}, Tier.REVIEW),
        ({"textured_share": 1.0, "changed_share": 0.1, "traits": Pair.Trait.CAPTIONED}, Tier.REVIEW),
        ({"textured_share": 1.0, "changed_share": 0.1, "document_like": True, "similarity": 0.96}, Tier.REVIEW),
    ],
)
def test_a_picture_that_was_written_on_is_a_copy_where_all_the_rest_agrees(
    signals: dict[str, object], expected: Tier, policy: Policy
) -> None:
    assert tier(Signals(**{**WRITTEN_ON, **signals}), policy) == expected  # type: ignore[arg-type]  # mixed types


def test_a_policy_may_leave_every_lettered_pair_to_people(policy: Policy) -> None:
    policy.certain_lettered_share = 0
    signals = Signals(**WRITTEN_ON, textured_share=1.0, changed_share=0.0011)  # type: ignore[arg-type]  # mixed types
    assert tier(signals, policy) == Tier.REVIEW


TWO_OF_A_TEMPLATE = {"traits": Pair.Trait.CAPTIONED | Pair.Trait.REWORDED, "changed_share": 0.0011}


@pytest.mark.parametrize(
    "signals",
    [
        {"pdq_distance": 0, "pdq_usable": True},
        {"similarity": 1.0},
        {"cells": 90, "ncc": 1.0, "textured_share": 1.0},
        {"cells": 90, "ncc": 1.0, "textured_share": 1.0, "pdq_distance": 15, "pdq_usable": True},
        {"cells": 90, "ncc": 0.9, "textured_share": 1.0, "pdq_distance": 14, "pdq_usable": True},
    ],
)
def test_one_picture_with_other_words_on_both_is_for_people_only_where_the_policy_says_so(
    signals: dict[str, object], policy: Policy
) -> None:
    assert tier(Signals(**signals, **TWO_OF_A_TEMPLATE), policy) == Tier.WEAK  # type: ignore[arg-type]  # mixed types
    policy.flag_reworded = True
    assert tier(Signals(**signals, **TWO_OF_A_TEMPLATE), policy) == Tier.REVIEW  # type: ignore[arg-type]  # mixed types


def test_a_picture_with_another_number_on_it_is_for_people_but_never_certain(policy: Policy) -> None:
    signals = {"cells": 90, "ncc": 1.0, "textured_share": 1.0, "pdq_distance": 14, "pdq_usable": True}
    assert tier(Signals(**signals, **TWO_OF_A_TEMPLATE), policy) == Tier.REVIEW  # type: ignore[arg-type]  # mixed types
    a_caption = {**TWO_OF_A_TEMPLATE, "changed_share": 0.0051}
    assert tier(Signals(**signals, **a_caption), policy) == Tier.WEAK  # type: ignore[arg-type]  # mixed types
    policy.reworded_share = 0.0
    assert tier(Signals(**signals, **TWO_OF_A_TEMPLATE), policy) == Tier.WEAK  # type: ignore[arg-type]  # mixed types


def test_what_differs_without_being_lettering_leaves_a_pair_certain(policy: Policy) -> None:
    signals = Signals(cells=90, ncc=0.95, textured_share=0.95, changed_share=0.2, traits=Pair.Trait.CROPPED)
    assert tier(signals, policy) == Tier.CERTAIN


def test_equal_pixels_have_equal_words(policy: Policy) -> None:
    assert tier(Signals(same_pixels=True, traits=Pair.Trait.CAPTIONED, changed_share=1.0), policy) == Tier.IDENTICAL


def test_weak_pairs_are_flagged_only_where_the_policy_says_so(policy: Policy) -> None:
    assert not flagged(Tier.WEAK, policy)
    policy.show_weak = True
    assert flagged(Tier.WEAK, policy)
    assert not flagged(Tier.STORED, policy)


SIGNALS = st.builds(
    Signals,
    same_bytes=st.booleans(),
    same_pixels=st.booleans(),
    similarity=st.none() | st.floats(-1, 1),
    pdq_distance=st.none() | st.integers(0, 256),
    pdq_usable=st.booleans(),
    document_like=st.booleans(),
    one_thing=st.booleans(),
    cells=st.none() | st.integers(0, 1600),
    ncc=st.none() | st.floats(-1, 1),
    textured_share=st.none() | st.floats(0, 1),
    changed_share=st.none() | st.floats(0, 1),
    traits=st.integers(0, 511),
)


@given(SIGNALS)
def test_a_score_lies_between_0_and_1_and_only_identical_pairs_have_1(signals: Signals) -> None:
    assert 0 <= score(signals) <= 1
    assert (score(signals) == 1) == (signals.same_bytes or signals.same_pixels)


@given(SIGNALS, st.floats(0, 1))
def test_lowering_the_review_threshold_never_unflags_a_pair(signals: Signals, lower: float) -> None:
    before = Policy(version=1)
    after = Policy(version=2, similarity_review=before.similarity_review * lower, similarity_weak=0)
    if flagged(tier(signals, before), before):
        assert flagged(tier(signals, after), after)
