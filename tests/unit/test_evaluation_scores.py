"""Figures of an evaluation, on findings that can be counted by hand."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery.evaluation.labels import Label, Labelled, Labels, ends_of
from gallery.evaluation.report import outline
from gallery.evaluation.scores import Finding, Scores, score
from gallery.models import Pair

Tier = Pair.Tier


def labels(*pairs: tuple[str, str, Label], groups: dict[str, str] | None = None, strength: str = "light") -> Labels:
    names = sorted({name for one, other, _label in pairs for name in (one, other)})
    known = {ends_of(one, other): Labelled(label, strength, "resize") for one, other, label in pairs}
    return Labels(Path(), names, known, {name: {group} for name, group in (groups or {}).items()})


def finding(one: str, other: str, tier: Tier, score: float = 0.9) -> Finding:
    return Finding(ends_of(one, other), tier, score)


def step(scores: Scores, tier: Tier) -> tuple[float | None, float | None]:
    (found,) = [step for step in scores.steps if step.tier == tier]
    return found.found.value, found.right.value


TRIO: tuple[tuple[str, str, Label], ...] = (("a", "b", "duplicate"), ("b", "c", "duplicate"), ("a", "c", "duplicate"))


def test_copies_connected_through_others_are_found_though_not_flagged_themselves() -> None:
    scores = score(labels(*TRIO), [finding("a", "b", Tier.CERTAIN), finding("a", "c", Tier.CERTAIN)])
    certain = scores.steps[1]
    assert (certain.found.part, certain.found.whole) == (3, 3)
    assert (certain.flagged_themselves.part, certain.flagged_themselves.whole) == (2, 3)
    assert scores.average_precision == 1.0
    assert not scores.missed


def test_a_connection_is_as_sure_as_its_least_sure_pair() -> None:
    scores = score(labels(*TRIO), [finding("a", "b", Tier.CERTAIN), finding("b", "c", Tier.REVIEW)])
    assert step(scores, Tier.CERTAIN) == (1 / 3, 1.0)
    assert step(scores, Tier.REVIEW) == (1.0, 1.0)


def test_a_weak_connection_does_not_make_a_copy_found_for_review() -> None:
    scores = score(labels(*TRIO), [finding("a", "b", Tier.CERTAIN), finding("b", "c", Tier.WEAK)])
    assert scores.missed == [("a", "c"), ("b", "c")]
    assert step(scores, Tier.WEAK) == (1.0, 1.0)


def test_what_is_labelled_different_and_what_is_not_listed_are_false_alarms() -> None:
    known = labels(("a", "b", "duplicate"), ("a", "x", "different"), ("y", "z", "related"))
    found = [
        finding("a", "b", Tier.CERTAIN),
        finding("a", "x", Tier.REVIEW),
        finding("b", "y", Tier.REVIEW),
        finding("y", "z", Tier.REVIEW),
    ]
    scores = score(known, found)
    assert step(scores, Tier.REVIEW) == (1.0, 1 / 3)
    assert [alarm.ends for alarm in scores.false_alarms] == [("a", "x"), ("b", "y")]
    assert (scores.steps[2].negatives.part, scores.steps[2].negatives.whole) == (1, 1)


def test_members_of_one_group_that_are_not_listed_are_not_judged() -> None:
    known = labels(("a", "b", "duplicate"), ("c", "d", "duplicate"), groups={"a": "g", "c": "g"})
    scores = score(known, [finding("a", "b", Tier.CERTAIN), finding("a", "c", Tier.REVIEW)])
    assert step(scores, Tier.REVIEW) == (0.5, 1.0)


def test_average_precision_weighs_a_copy_by_what_came_before_it() -> None:
    known = labels(("a", "b", "duplicate"), ("c", "d", "duplicate"), ("a", "x", "different"))
    found = [
        finding("a", "b", Tier.CERTAIN, 0.9),
        finding("a", "x", Tier.CERTAIN, 0.8),
        finding("c", "d", Tier.CERTAIN, 0.7),
    ]
    assert score(known, found).average_precision == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_nothing_found_is_no_recall_and_no_precision_to_speak_of() -> None:
    scores = score(labels(*TRIO), [])
    assert step(scores, Tier.WEAK) == (0.0, None)
    assert scores.average_precision == 0.0
    assert len(scores.missed) == 3


def test_rows_count_by_strength_and_edit() -> None:
    scores = score(labels(*TRIO, ("a", "x", "different")), [finding("a", "b", Tier.CERTAIN)])
    copies, different = scores.rows
    assert (copies.pairs, copies.found[Tier.CERTAIN], copies.found[Tier.IDENTICAL]) == (3, 1, 0)
    assert (different.label, different.pairs, different.found[Tier.WEAK]) == ("different", 1, 0)


def test_large_groups_count_as_much_as_small_ones_by_group() -> None:
    pairs = {ends_of(one, other): Labelled("duplicate", group="large") for one, other, _label in TRIO}
    pairs["x", "y"] = Labelled("duplicate", group="small")
    known = Labels(Path(), list("abcxy"), pairs)
    scores = score(known, [finding("a", "b", Tier.CERTAIN), finding("b", "c", Tier.CERTAIN)])
    assert scores.steps[1].found.value == 0.75
    assert scores.steps[1].by_group == 0.5


names = st.sampled_from("abcdef")


@given(st.lists(st.tuples(names, names, st.sampled_from([Tier.CERTAIN, Tier.REVIEW, Tier.WEAK])), max_size=15))
def test_recall_never_falls_when_less_sure_findings_are_counted_too(found: list[tuple[str, str, Tier]]) -> None:
    known = labels(*TRIO, ("d", "e", "duplicate"))
    unique = {ends_of(one, other): finding(one, other, tier) for one, other, tier in found if one != other}
    scores = score(known, unique.values())
    recalls = [step.found.part for step in scores.steps]
    assert recalls == sorted(recalls)
    assert 0.0 <= scores.average_precision <= 1.0
    assert len(outline(scores.curve).split()) == len(scores.curve)
