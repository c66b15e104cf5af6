"""How the pictures of a case hang together: its open matches, where it is weakest, and what a split would make."""

from dataclasses import dataclass
from functools import cached_property

from gallery.models import Pair
from gallery.review.splitting import Cut, weakest_cut
from gallery.views.desk import Desk
from gallery.views.graph import Graph, Tie, drawn


@dataclass
class Ties:
    """Of a case as the desk shows it. A case of two has one match, which is on the stage."""

    desk: Desk

    @cached_property
    def cut(self) -> Cut | None:
        """Where a group falls apart first."""
        return weakest_cut(self._open)

    @cached_property
    def _open(self) -> list[Pair]:
        """What makes these a case. A pair that a split cuts is open too, and of no case."""
        desk = self.desk
        return [pair for pair in desk.pairs if pair.state == Pair.State.OPEN and pair.case_id == desk.case.pk]

    @cached_property
    def rows(self) -> list[Tie]:
        """The matches of a group, surest first, to be looked at one by one."""
        desk = self.desk
        if not desk.is_group:
            return []
        by_pk = {image.pk: image for image in desk.images}
        return [
            Tie(
                pair=pair,
                words=f"{desk.letters[pair.left_id]} – {desk.letters[pair.right_id]}",
                address=desk.address(show=(by_pk[pair.left_id], by_pk[pair.right_id])),
                on_stage=pair == desk.pair,
                is_bridge=self.cut is not None and pair == self.cut.at,
            )
            for pair in self._open
        ]

    @cached_property
    def graph(self) -> Graph:
        desk = self.desk
        addresses = {member.image.pk: member.address for member in desk.members}
        return drawn(desk.images, self.rows, letters=desk.letters, addresses=addresses, stage=desk.stage)

    @property
    def parts(self) -> str:
        """What a split at the weakest bridge makes: "A, B | C"."""
        letters = self.desk.letters
        sides = self.cut.parts if self.cut else ()
        return " | ".join(
            ", ".join(letters[image.pk] for image in self.desk.images if image.pk in side) for side in sides
        )

    @cached_property
    def outside(self) -> int:
        """Open matches that lead out of the case: they wait until both of their pictures have no other question."""
        touching = self.desk.belongings.names_of("questions", self.desk.images)
        return len(touching.keys() - {pair.pk for pair in self._open})
