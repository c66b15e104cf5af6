"""What comes next and who is at it; what is suggested; and taking images off the site."""

import datetime as dt
import uuid

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from gallery.errors import NotAllowed, RuleBroken
from gallery.models import AuditEntry, Case, Image, Pair, Policy, StoredFile, User
from gallery.review import access, appeals, facts, keeper, queue, removal, undo
from gallery.review.purging import purge_due
from tests import factories, pictures
from tests.judgement import act, case_of, favour, find, image, states

pytestmark = pytest.mark.django_db


def cases(lena: User, count: int) -> list[Case]:
    found = []
    for place in range(count):
        pair = find(image(lena, f"l{place}"), image(lena, f"r{place}"), similarity=0.9 - place / 100)
        found.append(case_of(pair.left))
    return found


def test_the_surest_case_comes_first_and_the_next_after_it(lena: User, mara: User) -> None:
    first, second, third = cases(lena, 3)
    assert queue.next_for(mara) == first
    assert queue.next_for(mara, after=first) == second
    assert queue.next_for(mara, after=third) == first
    assert queue.waiting(mara) == 3


def test_what_was_skipped_waits_for_others(lena: User, mara: User, jon: User) -> None:
    first, second = cases(lena, 2)
    queue.skip(first, mara)
    assert (queue.next_for(mara), queue.next_for(jon)) == (second, first)
    assert queue.waiting(mara) == 1
    assert queue.unskip(mara) == 1
    assert queue.next_for(mara) == first


def test_nobody_is_given_an_image_of_their_own(lena: User, mara: User) -> None:
    find(image(mara, "a"), image(lena, "b"))
    assert queue.next_for(mara) is None


def test_nor_one_that_theirs_was_merged_into(lena: User, mara: User, jon: User) -> None:
    k, a, b = image(lena, "k"), image(mara, "a"), image(lena, "b")
    find(k, a)
    act("merge", case_of(k), jon, keeper=k.pk)
    find(k, b)
    assert queue.next_for(mara) is None
    assert not access.may_decide(mara, case_of(k))
    assert queue.next_for(jon) == case_of(k)


def test_a_lease_keeps_others_away_until_it_ends(lena: User, mara: User, jon: User) -> None:
    first, second = cases(lena, 2)
    assert queue.take(first, mara).mine
    assert queue.next_for(jon) == second
    theirs = queue.take(first, jon)
    assert (theirs.holder, theirs.mine) == (mara, False)
    assert queue.who_is_at(first, jon) == "mara is here"
    assert queue.who_is_at(first, mara) == ""
    Case.objects.filter(pk=first.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    assert queue.take(first, jon).mine
    assert not queue.heartbeat(first, mara).mine


def test_a_heartbeat_keeps_the_lease(lena: User, mara: User) -> None:
    (case,) = cases(lena, 1)
    queue.take(case, mara)
    Case.objects.filter(pk=case.pk).update(lease_until=timezone.now() + dt.timedelta(seconds=5))
    lease = queue.heartbeat(case, mara)
    assert lease.until is not None
    assert lease.until > timezone.now() + dt.timedelta(seconds=60)
    queue.release(case, mara)
    assert queue.lease_of(case, mara).holder is None


def test_only_a_senior_steals_a_lease(lena: User, mara: User, jon: User, otto: User) -> None:
    otto.groups.set(mara.groups.all())
    (case,) = cases(lena, 1)
    queue.take(case, mara)
    with pytest.raises(NotAllowed):
        queue.take(case, otto, steal=True)
    assert queue.take(case, jon, steal=True).mine
    assert AuditEntry.objects.get(verb="case.steal").data == {"holder": "mara"}


def test_an_expired_lease_decides_if_nothing_changed(lena: User, mara: User, jon: User) -> None:
    (case,) = cases(lena, 1)
    queue.take(case, mara)
    Case.objects.filter(pk=case.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    queue.take(case, jon)
    act("different", case, mara)
    assert queue.waiting(mara) == 0


def test_an_escalated_case_is_for_seniors(lena: User, mara: User, jon: User) -> None:
    (case,) = cases(lena, 1)
    with pytest.raises(RuleBroken, match="Say what"):
        queue.escalate(case, mara, note=" ")
    queue.escalate(case, mara, note="Whose is it?")
    assert queue.next_for(mara) is None
    with pytest.raises(NotAllowed, match="was escalated"):
        act("different", case, mara)
    assert queue.next_for(jon) == case
    act("different", case, jon)


def test_a_comment_stays_with_the_case(lena: User, mara: User) -> None:
    (case,) = cases(lena, 1)
    queue.comment(case, mara, text="  Two crops?  ")
    assert case.comments.get().text == "Two crops?"
    with pytest.raises(NotAllowed):
        queue.comment(case, lena, text="Mine!")


# --- What to keep -----------------------------------------------------------------------------------------------------


def test_the_suggested_keeper_is_explained(lena: User, mara: User) -> None:
    a, b = image(lena, "a"), image(lena, "b")
    StoredFile.objects.filter(image=b).update(width=400, height=300, quality=40)
    favour(a, mara)
    images = list(Image.objects.select_related("file", "owner").order_by("pk"))
    found = keeper.suggest(images, Pair.objects.none(), Policy.objects.in_force())
    assert found.image == a
    assert found.reasons[:3] == ["4.0 × the pixels of B", "more in use than B", "less compression than B"]
    assert found.scores[a.pk] > found.scores[b.pk]


def test_more_bytes_are_no_reason(lena: User) -> None:
    a, b = image(lena, "a"), image(lena, "b")
    StoredFile.objects.filter(image=b).update(bytes=10**7)
    images = list(Image.objects.select_related("file", "owner").order_by("pk"))
    found = keeper.suggest(images, Pair.objects.none(), Policy.objects.in_force())
    assert found.image == a


def test_the_whole_picture_is_kept_rather_than_a_part(lena: User) -> None:
    a, b = image(lena, "a"), image(lena, "b")
    picture = pictures.photograph(1, width=96, height=72)
    evidence = factories.evidence(picture, picture)
    evidence["transformation"]["second"] |= {"surroundings": "scene", "share": 0.5}
    pair = find(a, b, evidence=evidence)
    images = list(Image.objects.select_related("file", "owner").order_by("pk"))
    found = keeper.suggest(images, [pair], Policy.objects.in_force())
    assert (found.image, found.reasons[0]) == (b, "the whole picture, A is a part of it")


def test_only_what_was_compared_with_the_keeper_is_ticked(lena: User) -> None:
    """Not what is like another member, nor what was only found near, looks little alike, or is decided."""
    k, a, b, near, weak, apart = (image(lena, name) for name in ("k", "a", "b", "near", "weak", "apart"))
    find(k, a)
    find(a, b)
    values = {"left": k, "policy": Policy.objects.in_force()}
    Pair.objects.create(right=near, tier=Pair.Tier.CERTAIN, **values)
    compared = {**values, "compared_at": timezone.now()}
    Pair.objects.create(right=weak, tier=Pair.Tier.WEAK, **compared)
    Pair.objects.create(right=apart, tier=Pair.Tier.CERTAIN, state=Pair.State.DIFFERENT, **compared)
    assert keeper.verified_against(k.pk, Pair.objects.all()) == {a.pk}


def test_facts_say_which_is_better(lena: User) -> None:
    _a, b = image(lena, "a"), image(lena, "b")
    StoredFile.objects.filter(image=b).update(width=1600, height=1200)
    rows = {row.label: row for row in facts.compare(list(Image.objects.select_related("file", "owner").order_by("pk")))}
    assert (rows["Pixels"].values, rows["Pixels"].better) == (["800 × 600", "1600 × 1200"], 1)
    assert rows["Quality"].better is None
    assert not rows["Quality"].differs
    assert rows["First seen"].better == 0
    assert "Caption" not in rows


# --- Off the site -----------------------------------------------------------------------------------------------------


def test_a_removed_image_takes_its_pairs_and_cases_with_it(lena: User, otto: User, mara: User) -> None:
    a, b, c = image(lena, "a"), image(lena, "b"), image(lena, "c")
    pairs = [find(a, b), find(a, c)]
    removal.remove(b, lena)
    assert states(*pairs) == ["moot", "open"]
    assert case_of(a).size == 2
    removal.remove(c, lena)
    assert Case.objects.open().count() == 0
    with pytest.raises(NotAllowed):
        removal.remove(a, otto)
    removal.restore(b, lena)
    assert states(*pairs) == ["open", "moot"]


def test_a_senior_removes_with_a_reason(lena: User, jon: User) -> None:
    a = image(lena, "a")
    with pytest.raises(NotAllowed, match="Say why"):
        removal.remove(a, jon)
    removal.remove(a, jon, reason="Not allowed here")
    removal.remove(a, jon, reason="Not allowed here")
    assert AuditEntry.objects.filter(verb="image.remove").count() == 1


def test_a_hold_keeps_an_image_and_its_file(lena: User, jon: User) -> None:
    a = image(lena, "a")
    removal.hold(a, jon, held=True, reason="Case 12")
    with pytest.raises(RuleBroken, match="legal hold"):
        removal.remove(a, lena)
    removal.hold(a, jon, held=False, reason="Case 12 is closed")
    removal.remove(a, lena)


def test_a_purge_deletes_bytes_and_small_copies(lena: User, media: object) -> None:
    a = factories.image(lena, seed=3)
    assert a.file
    storage = a.file.blob.storage
    storage.save("bystander", ContentFile(b"x"))
    removal.remove(a, lena)
    assert purge_due() == 0
    StoredFile.objects.update(purge_after=timezone.now())
    assert purge_due() == 1
    assert purge_due() == 0
    assert not storage.exists(str(a.file.blob.name))
    assert not storage.exists(a.file.rendition_key("thumb", "jpg"))
    assert storage.exists("bystander")
    with pytest.raises(RuleBroken, match="Upload it again"):
        removal.restore(a, lena)


# --- Appeals ----------------------------------------------------------------------------------------------------------


def test_an_owner_asks_and_another_senior_answers(lena: User, otto: User, jon: User, mara: User) -> None:
    k, a = image(lena, "k"), image(otto, "a")
    find(k, a)
    decision = act("merge", case_of(k), jon, keeper=k.pk).decision
    with pytest.raises(NotAllowed):
        appeals.ask(decision, mara, note="Hm")
    appeal = appeals.ask(decision, otto, note="Mine shows the other shore")
    with pytest.raises(RuleBroken, match="asked already"):
        appeals.ask(decision, otto, note="And?")
    assert not appeals.waiting_for(jon).exists()
    with pytest.raises(NotAllowed):
        appeals.answer(appeal, jon, granted=True, note="ok", decision_id=uuid.uuid4())
    ines = User.objects.create_user("ines")
    ines.groups.set(jon.groups.all())
    appeals.answer(appeal, ines, granted=True, note="It does", decision_id=uuid.uuid4())
    a.refresh_from_db()
    assert a.standing == Image.Standing.LIVE
    decision.refresh_from_db()
    assert decision.undone_by == ines


# --- The audit --------------------------------------------------------------------------------------------------------


def test_the_audit_names_the_first_broken_position(lena: User, mara: User, capsys: pytest.CaptureFixture[str]) -> None:
    for name in "ab":
        removal.remove(image(lena, name), lena, reason=name)
    decision = act("different", case_of(find(image(lena, "c"), image(lena, "d")).left), mara).decision
    undo.undo(decision, mara, decision_id=uuid.uuid4())
    call_command("verify_audit")
    assert "The audit chain is whole: 4 entries" in capsys.readouterr().out
    with connection.cursor() as cursor:
        cursor.execute("UPDATE gallery_auditentry SET actor_name = 'nobody' WHERE position = 2")
    with pytest.raises(CommandError, match="broken at position 2") as stopped:
        call_command("verify_audit")
    assert stopped.value.returncode == 1


@pytest.mark.parametrize(("position", "broken"), [(1, 1), (2, 2), (3, 3)])
def test_a_missing_entry_breaks_the_chain(lena: User, position: int, broken: int) -> None:
    for name in "abc":
        removal.remove(image(lena, name), lena)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM gallery_auditentry WHERE position = %s", [position])
    assert AuditEntry.objects.all().first_break() == broken


def test_audit_entries_are_only_added(lena: User) -> None:
    removal.remove(image(lena, "a"), lena)
    entry = AuditEntry.objects.get()
    for change in (entry.save, entry.delete, AuditEntry.objects.all().delete, AuditEntry.objects.all().update):
        with pytest.raises(TypeError, match="append-only"):
            change()
