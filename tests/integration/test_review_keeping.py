"""How long files are kept: after a merge, a removal, an undo, and under a legal hold until it is lifted."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from gallery.models import Decision, Image, Merge, StoredFile, User
from gallery.review import removal, undo
from gallery.review.keeping import is_held
from gallery.review.purging import purge_due
from tests import factories
from tests.judgement import act, case_of, everything, find, image

pytestmark = pytest.mark.django_db


def date_of(one: Image) -> dt.datetime | None:
    """Until when the file is kept that ``one`` shows."""
    return StoredFile.objects.get(shown_by=one).purge_after


def is_soon(date: dt.datetime | None) -> bool:
    return date is not None and dt.timedelta(days=29) < date - timezone.now() < dt.timedelta(days=30)


def merge(k: Image, a: Image, by: User, **values: object) -> Decision:
    find(k, a)
    return act("merge", case_of(k), by, keeper=k.pk, **values).decision


@pytest.mark.parametrize("which", ["absorbed", "keeper"])
@pytest.mark.parametrize("swapped", [False, True], ids=["own files", "the other's file"])
def test_what_was_merged_under_a_hold_is_kept_for_a_while_once_it_is_lifted(
    lena: User, otto: User, mara: User, jon: User, which: str, swapped: bool
) -> None:
    k, a = image(lena, "k"), image(otto, "a")
    held = {"absorbed": a, "keeper": k}[which]
    find(k, a)
    removal.hold(held, jon, held=True, reason="A court asks")
    before = everything()
    decision = merge(k, a, mara, file=a.file_id if swapped else None)
    assert (date_of(k), date_of(a)) == (None, None)
    removal.hold(held, jon, held=False, reason="The court is done")
    assert date_of(k) is None
    assert is_soon(date_of(a))
    removal.hold(held, jon, held=True, reason="It asks again")
    removal.hold(held, jon, held=False, reason="And is done again")
    assert Merge.objects.get().journal.filter(model="storedfile", reverted_at=None).count() == 1
    removal.hold(held, jon, held=True, reason="As it was")
    undone = undo.undo(decision, mara, decision_id=uuid.uuid4()).decision
    assert everything() == before
    removal.hold(held, jon, held=False, reason="Done")
    undo.undo(undone, mara, decision_id=uuid.uuid4())
    assert is_soon(date_of(a))


def test_a_hold_lifted_below_a_later_merge_leaves_that_merge_the_later_one(
    lena: User, otto: User, mara: User, jon: User
) -> None:
    """Its entry is younger than the later merge, but the merge that it belongs to is not."""
    z, k, a = image(lena, "z"), image(lena, "k"), image(otto, "a", held=True)
    find(z, k)
    find(k, a)
    before = everything()
    first = act("merge", case_of(k), mara, keeper=k.pk, images=[k.pk, a.pk], file=a.file_id).decision
    later = act("merge", case_of(z), mara, keeper=z.pk, file=a.file_id).decision
    removal.hold(a, jon, held=False, reason="Done")
    assert is_soon(date_of(a))
    undo.undo(first, mara, decision_id=uuid.uuid4())
    a.refresh_from_db()
    k.refresh_from_db()
    assert (a.standing, k.merged_into, date_of(a)) == (Image.Standing.LIVE, z, None)
    assert is_soon(date_of(k))
    undo.undo(later, mara, decision_id=uuid.uuid4())
    assert everything()["files"] == before["files"]


def test_a_hold_that_still_covers_the_file_keeps_it(lena: User, mara: User, jon: User) -> None:
    k, a = image(lena, "k", held=True), image(lena, "a", held=True)
    merge(k, a, mara)
    removal.hold(a, jon, held=False, reason="Done")
    assert date_of(a) is None
    removal.hold(k, jon, held=False, reason="Done too")
    assert is_soon(date_of(a))


def test_the_hold_on_a_keeper_covers_what_it_absorbed_also_when_it_is_merged_onward(
    lena: User, mara: User, jon: User
) -> None:
    z, k, a = image(lena, "z"), image(lena, "k", held=True), image(lena, "a")
    merge(k, a, mara)
    merge(z, k, mara)
    assert (date_of(k), date_of(a)) == (None, None)
    theirs = StoredFile.objects.filter(image__in=[k, a])
    assert all(is_held(file) for file in theirs)
    theirs.update(purge_after=timezone.now())
    assert purge_due() == 0
    theirs.update(purge_after=None)
    removal.hold(k, jon, held=False, reason="Done")
    assert is_soon(date_of(k))
    assert is_soon(date_of(a))


def test_what_was_removed_while_a_hold_covered_its_file_is_kept_for_a_while(lena: User, mara: User, jon: User) -> None:
    """The keeper shows the file of the image that is held."""
    k, a = image(lena, "k"), image(lena, "a", held=True)
    merge(k, a, mara, file=a.file_id)
    removal.remove(k, lena)
    assert date_of(k) is None
    removal.hold(a, jon, held=False, reason="Done")
    assert is_soon(date_of(k))


def test_files_follow_who_shows_them_when_the_keeper_was_removed(lena: User, otto: User, mara: User) -> None:
    k, a = image(lena, "k"), image(otto, "a")
    decision = merge(k, a, mara, file=a.file_id)
    removal.remove(k, lena)
    undo.undo(decision, otto, decision_id=uuid.uuid4())
    assert date_of(a) is None
    assert is_soon(date_of(k))
    removal.restore(k, lena)
    assert date_of(k) is None


def test_what_is_due_is_deleted_after_the_hold_and_the_merge_is_final(
    lena: User, mara: User, jon: User, media: object
) -> None:
    k, a = factories.image(lena, seed=1), factories.image(lena, seed=2, held=True)
    decision = merge(k, a, mara)
    removal.hold(a, jon, held=False, reason="Done")
    assert purge_due() == 0
    StoredFile.objects.exclude(purge_after=None).update(purge_after=timezone.now())
    assert purge_due() == 1
    assert undo.is_final(decision.merges.get())
