"""How the times of programs that ran in turn are told."""

from pathlib import Path

from gallery.evaluation.labels import Labels
from tests.benchmarks.peers.folders import Labelled
from tests.benchmarks.peers.page import Run, written
from tests.benchmarks.peers.running import Cost


def _costs(*seconds: float) -> list[Cost]:
    return [Cost(spent, spent / 2, 100) for spent in seconds]


def test_the_table_and_the_sentence_tell_one_ratio_of_runs_in_turn() -> None:
    ours = Run("this project", costs=_costs(10, 20, 40))
    rival = Run("rival", costs=_costs(20, 40, 20))
    labelled = Labelled(Path("pictures"), Labels(Path("pictures"), []), "painted pictures")
    told = written(labelled, ours, Run("the network alone"), [rival], 5.0, rounds=3, rival="rival")
    assert "| rival | – | – | – | – | 2.00 | 2.00 | 100 |" in told
    assert "**0.50 times** as long as rival" in " ".join(told.split())
