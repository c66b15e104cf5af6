"""Judging what programs find, side by side: groups, thresholds, precision."""

import pytest

from tests.benchmarks.peers.grouping import Pair, at, best, pairs_of, walk

KNOWN = {("a", "b"): "copy", ("a", "c"): "copy", ("b", "c"): "copy", ("d", "e"): "copy", ("x", "y"): "not judged"}


def judge(one: str, other: str) -> str:
    return KNOWN.get((min(one, other), max(one, other)), "false alarm")


def test_pairs_chain_into_groups_and_what_is_in_one_group_is_found() -> None:
    (result,) = walk([("a", "b", 1.0), ("b", "c", 1.0)], judge, copies=4)
    assert (result.found, result.wrong, result.precision, result.recall) == (3, 0, 1.0, 0.75)


def test_a_wrong_link_counts_for_every_pair_that_it_puts_into_one_group() -> None:
    last = walk([("a", "b", 0.9), ("b", "c", 0.9), ("d", "e", 0.8), ("a", "d", 0.1)], judge, copies=4)[-1]
    assert (last.found, last.right, last.wrong) == (4, 4, 6)
    assert last.precision == pytest.approx(0.4)


def test_a_pair_told_twice_or_in_both_directions_counts_once() -> None:
    (result,) = walk([("a", "b", 1.0), ("b", "a", 1.0), ("a", "b", 1.0)], judge, copies=4)
    assert (result.right, result.wrong) == (1, 0)


def test_what_cannot_be_judged_counts_neither_way() -> None:
    (result,) = walk([("x", "y", 1.0), ("a", "b", 1.0)], judge, copies=4)
    assert (result.right, result.wrong, result.precision) == (1, 0, 1.0)


def test_pairs_that_are_equally_sure_come_together() -> None:
    results = walk([("a", "b", 0.5), ("a", "x", 0.5), ("d", "e", 0.7)], judge, copies=4)
    assert [(result.threshold, result.found, result.wrong) for result in results] == [(0.7, 1, 0), (0.5, 2, 2)]


def test_the_best_threshold_finds_most_at_the_precision_wanted() -> None:
    pairs: list[Pair] = [("d", "e", 0.9), ("a", "b", 0.8), ("a", "x", 0.7), ("a", "c", 0.6)]
    results = walk(pairs, judge, copies=4)
    found = best(results, precision=0.99)
    assert found is not None
    assert (found.threshold, found.found) == (0.8, 2)
    loose = best(results, precision=0.5)
    assert loose is not None
    assert (loose.threshold, loose.found) == (0.6, 4)


def test_there_is_no_best_threshold_where_none_is_precise_enough() -> None:
    assert best(walk([("a", "x", 0.9)], judge, copies=4)) is None


def test_at_a_threshold_that_nothing_reaches_nothing_is_found() -> None:
    results = walk([("a", "b", 0.5)], judge, copies=4)
    assert at(results, 0.6, copies=4).found == 0
    assert at(results, 0.5, copies=4).found == 1


def test_groups_become_links_that_make_the_same_groups() -> None:
    (result,) = walk(pairs_of([["a", "b", "c"], ["d", "e"], ["alone"]]), judge, copies=4)
    assert (result.found, result.wrong) == (4, 0)
