"""
Whether the index is in the state that SQL knows.

Each collection bears a mark that SQL knows, too, and that changes with the upkeep of every minute. An index that comes
back empty or from an old copy bears another one or none, and so does the right index beside a database that comes back
from a backup: ids in it may then mean other pictures, and nothing that it says counts until it was put right.
"""

import uuid
from collections.abc import Sequence

import structlog
from django.db import transaction
from django.db.models.functions import Now

from gallery import outbox
from gallery.errors import Unavailable
from gallery.index.base import VectorIndex
from gallery.models import Collection

log = structlog.get_logger(__name__)

_TRIES = 2
"""Between our two questions the upkeep may have put another mark in both places."""


def mark_of(epoch: uuid.UUID) -> int:
    """The mark of an epoch: 62 of its bits, the last of them always 1."""
    return epoch.int >> 66 | 1


def agrees(client: VectorIndex, name: str) -> bool:
    """
    Whether the collection ``name`` bears the mark that SQL has.

    :raises Unavailable: if the index does not answer.
    """
    for _try in range(_TRIES):
        epoch = Collection.objects.filter(name=name).values_list("epoch", flat=True).first()
        if epoch is not None and client.bears(name, mark_of(epoch)):
            return True
    return False


def confirm(client: VectorIndex, names: Sequence[str]) -> None:
    """
    Return if the collections ``names`` are those that SQL knows. To be asked after a search: what was found before the
    answer then came from the right index.

    Else have them compared, and say so wherever people look.

    :raises Unavailable: if one is not, or the index does not answer.
    """
    strange = [name for name in names if not agrees(client, name)]
    if not strange:
        return
    with transaction.atomic():
        Collection.objects.filter(name__in=strange, astray_since=None).update(astray_since=Now())
        ask_for_upkeep()
    log.warning("index_astray", collections=strange)
    raise Unavailable("milvus", "The vector index is not in the state that SQL knows. It is compared with SQL first.")


def ask_for_upkeep() -> None:
    """Have a worker compare the index with SQL. Asking again while that waits changes nothing."""
    outbox.send("reconcile", key="index")


def begin(client: VectorIndex, name: str) -> None:
    """Put the first mark on a collection that is new to SQL. Vectors that are in it already are somebody else's."""
    if not client.count(name):
        client.mark(name, mark_of(Collection.objects.get(name=name).epoch))


def renew(client: VectorIndex, name: str) -> None:
    """
    After the collection was seen to hold what it should: give it another mark, so that copies made before can be told.

    The index gets it before SQL does, and loses the old one last: ended in between, the two still agree.
    """
    row, epoch = Collection.objects.get(name=name), uuid.uuid4()
    client.mark(name, mark_of(epoch))
    won = Collection.objects.filter(name=name, epoch=row.epoch).update(epoch=epoch, astray_since=None)
    client.unmark(name, [mark_of(row.epoch if won else epoch)])


def forget_others(client: VectorIndex, name: str) -> None:
    """Take away what processes that ended in the middle of :func:`renew` left on the collection."""
    ours = mark_of(Collection.objects.get(name=name).epoch)
    client.unmark(name, [mark for mark in client.marks(name) if mark != ours])
