"""``manage.py reindex``: shows the images that are here to another network, and changes to it without a gap."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from gallery.embedders import EMBEDDERS
from gallery.errors import DedupError
from gallery.models import Policy, User

TRIES = 10
"""Times that images are looked for which the network has not seen, a second apart."""


class Command(BaseCommand):
    help = (
        "Embeds all images with another network, from the stored originals, while the site goes on with its own; new "
        "images are shown to both. Stopped, it goes on where it was. --switch publishes a policy with that network; "
        "restoring the version before rolls back; --drop forgets a network that is not in force."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--embedder", choices=list(EMBEDDERS), help="the network to change to")
        what.add_argument("--drop", choices=list(EMBEDDERS), help="forget this network's vectors")
        parser.add_argument("--switch", action="store_true", help="when all images are embedded, publish it")
        parser.add_argument("--by", metavar="USERNAME", help="who publishes it; needed for --switch")
        parser.add_argument("--note", default="Another network.", help="why, for the policy's history")

    def handle(
        self, *, embedder: str | None, drop: str | None, switch: bool, by: str | None, note: str, **options: Any
    ) -> None:
        from gallery.detection import rollout

        try:
            if drop:
                self.stdout.write(f"{rollout.drop(drop)} vectors of “{drop}” are gone.")
            elif embedder:
                self._bring_in(embedder, _publisher(by) if switch else None, note)
        except DedupError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stderr.write("Stopped. What was embedded is kept; the same command goes on from here.")

    def _bring_in(self, embedder: str, publisher: User | None, note: str) -> None:
        from gallery.detection import rollout, upkeep

        rollout.begin(embedder)
        for _try in range(TRIES):
            left_out = self._fill(embedder)
            upkeep.fill(embedder)
            found = rollout.standing(embedder)
            if found.images - found.embedded <= len(left_out):
                break
            # A worker had images in hand that it took before it knew of the second network.
            time.sleep(1)
        self.stdout.write(
            f"“{embedder}” has seen {found.embedded} of {found.images} images; "
            f"{found.indexed} of {found.vectors} vectors are in the index."
        )
        if publisher is None:
            return
        if Policy.objects.in_force().embedder != embedder:  # else it was stopped after that
            rollout.switch(embedder, publisher, note, left_out=len(left_out))
        # What a worker had in hand while the policy changed.
        self._fill(embedder)
        upkeep.fill(embedder)
        count = rollout.search_again()
        policy = Policy.objects.in_force()
        self.stdout.write(
            self.style.SUCCESS(f"Policy {policy} names “{embedder}”; {count} images are searched again with it.")
        )

    def _fill(self, embedder: str) -> dict[str, str]:
        """Back-fill until nothing is left that can be embedded. Returns which images can't, and why."""
        from gallery.ingest import backfill, pipeline

        left_out: dict[str, str] = {}
        after = 0
        with tqdm(total=backfill.pending(embedder).count(), desc="Embedding", unit="image", disable=None) as bar:
            while batch := backfill.fill_some(embedder, after=after, examine=backfill.examine_stored):
                after = batch.last
                left_out |= batch.left_out
                bar.update(batch.embedded + len(batch.left_out))
        pipeline.end_examiners()
        for image, reason in left_out.items():
            self.stderr.write(f"{image} was left out: {reason}")
        return left_out


def _publisher(name: str | None) -> User:
    if name is None:
        raise CommandError("Say with --by who publishes the policy.")
    try:
        found = User.objects.get(username=name)
    except User.DoesNotExist as error:
        raise CommandError(f"There is no account “{name}”.") from error
    if not found.has_perm("gallery.change_policy"):
        raise CommandError(f"“{name}” may not change the policy.")
    return found
