"""Everything that is run over one folder: us, and each peer by each of its methods."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.peers import grouping
from tests.benchmarks.peers.folders import Labelled
from tests.benchmarks.peers.grouping import Result
from tests.benchmarks.peers.page import Run
from tests.benchmarks.peers.places import PEERS, SCRIPTS, NotInstalled, Peer, installed
from tests.benchmarks.peers.running import Cost, run

RIVAL = ("immaculate", "sscd")
"""Whose time is ours to beat: it looks through the same network."""

LONGEST_SECONDS = 1800


class Trial:
    """Everything that is run over one folder."""

    def __init__(self, place: Path, labelled: Labelled, rounds: int) -> None:
        self._place, self._labelled, self._rounds = place, labelled, rounds
        self._rival: list[Cost] = []
        self.comparing = 0.0
        """Processor seconds of comparing our candidates with each other, which is not in our time."""

    def ourselves(self) -> tuple[Run, Run]:
        """
        Us, and the same network alone at every threshold. The rival runs in turn with us, so that neither has the
        quieter hour.
        """
        ours = Run("this project")
        for number in range(self._rounds):
            answer = self._ours(compare=number == self._rounds - 1)
            ours.costs.append(Cost(answer["seconds"], answer["processor"], answer["memory"]))
            self._time_rival()
        self.comparing = answer["compare_processor"]
        ours.default, ours.best = self._weighed(answer)
        alone = Run("the network alone, any threshold")
        _none, alone.best = self._weighed({"pairs": answer["alone"]})
        return ours, alone

    def _ours(self, *, compare: bool) -> dict[str, Any]:
        answer = self._place / "ours.json"
        words = [str(self._labelled.folder), str(answer), *(["--compare"] if compare else [])]
        _say(f"ours {'and the comparisons' if compare else ''}…")
        done = run([sys.executable, "-m", "tests.benchmarks.peers.ours", *words], seconds=4 * LONGEST_SECONDS)
        if done.status != 0:
            sys.exit(f"Our own run did not finish: {done.said}")
        found: dict[str, Any] = json.loads(answer.read_text())
        return found

    def _time_rival(self) -> None:
        peer = next(peer for peer in PEERS if peer.name == RIVAL[0])
        try:
            done = self._ask(peer, installed(peer), RIVAL[1])
        except NotInstalled:
            return  # its row says why
        self._rival.append(done[1])

    def peer(self, peer: Peer) -> list[Run]:
        """All methods of ``peer``."""
        left_out = [Run(f"{peer.name} {method}", why=why) for method, why in peer.left_out.items()]
        try:
            python = installed(peer)
        except NotInstalled as reason:
            return [Run(peer.name, why=str(reason)), *left_out]
        return [self._method(peer, python, method) for method in peer.methods] + left_out

    def _method(self, peer: Peer, python: Path, method: str) -> Run:
        found = Run(f"{peer.name} {method}")
        try:
            answer, cost = self._ask(peer, python, method)
            found.costs = self._rival if (peer.name, method) == RIVAL and self._rival else [cost]
            found.default, found.best = self._weighed(answer)
            if "groups" not in answer:
                loose, _cost = self._ask(peer, python, method, "loose")
                _default, found.best = self._weighed(loose)
        except DidNotFinish as reason:
            found.why = str(reason)
        return found

    def _ask(self, peer: Peer, python: Path, method: str, *more: str) -> tuple[dict[str, Any], Cost]:
        _say(f"{peer.name} {method} {' '.join(more)}…")
        answer = self._place / "answer.json"
        answer.unlink(missing_ok=True)
        command = [str(python), str(SCRIPTS / peer.script), method, str(self._labelled.folder), str(answer), *more]
        done = run(command, seconds=LONGEST_SECONDS)
        if done.status is None:
            raise DidNotFinish(f"it was stopped after {LONGEST_SECONDS // 60} minutes")
        if done.status or not answer.is_file():
            last = (done.said.strip().splitlines() or ["nothing was said"])[-1]
            raise DidNotFinish(f"it ended without an answer: {last[:200]}")
        return json.loads(answer.read_text()), done.cost

    def _weighed(self, answer: dict[str, Any]) -> tuple[Result | None, Result | None]:
        """At the default, and at the best threshold."""
        copies, judge = self._labelled.copies, self._labelled.judge
        if "groups" in answer:
            groups = [self._named(group) for group in answer["groups"]]
            results = grouping.walk(grouping.pairs_of(groups), judge, copies=copies)
            return grouping.at(results, 1.0, copies=copies), grouping.best(results)
        pairs = [(*self._named([one, other]), sure) for one, other, sure in answer["pairs"]]
        results = grouping.walk(pairs, judge, copies=copies)
        default = answer.get("default")
        return None if default is None else grouping.at(results, default, copies=copies), grouping.best(results)

    def _named(self, paths: Sequence[str]) -> list[str]:
        return [Path(path).resolve().relative_to(self._labelled.folder.resolve()).as_posix() for path in paths]


class DidNotFinish(Exception):
    """The text says why."""


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
