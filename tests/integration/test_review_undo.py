"""Taking back: any decision, in any order, and the taking back too."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from gallery.errors import NotAllowed, NothingToUndo, RuleBroken
from gallery.models import Decision, Image, Merge, Pair, StoredFile, Tag, User, Verdict
from gallery.review import dissent, removal, undo
from gallery.review.actions import ACTIONS, Outcome
from gallery.views.states import state_of
from tests.judgement import act, case_of, everything, favour, find, image, states, submit, tag

pytestmark = pytest.mark.django_db
State, Standing = Pair.State, Image.Standing


def take_back(decision: Decision, by: User, **options: object) -> Outcome:
    decision.refresh_from_db()
    return undo.undo(decision, by, decision_id=uuid.uuid4(), **options)  # type: ignore[arg-type]  # reason and force


def merge(keeper: Image, *others: Image, by: User, **values: object) -> Decision:
    for other in others:
        find(keeper, other)
    ids = [keeper.pk, *(other.pk for other in others)]
    return act("merge", case_of(keeper), by, keeper=keeper.pk, images=ids, **values).decision


def test_a_merge_is_undone_without_a_trace(lena: User, otto: User, mara: User) -> None:
    k, a = image(lena, "k", title="", caption="x"), image(otto, "a", caption="y", visibility="private")
    tag(a, "lake")
    favour(a, otto)
    find(k, a)
    before = everything()
    decision = merge(k, a, by=mara, file=a.file_id)
    assert everything() != before
    outcome = take_back(decision, mara)
    assert everything() == before
    assert outcome.sentence == "Undone: merged."
    assert outcome.case == case_of(k)


def test_an_undo_is_undone_and_that_too(lena: User, mara: User) -> None:
    k, a, b = (image(lena, name) for name in "kab")
    tag(a, "lake")
    find(k, a)
    find(k, b)
    before = everything()
    decision = merge(k, a, by=mara, rest="different")
    merged = everything()
    undone = take_back(decision, mara).decision
    assert everything() == before
    redone = take_back(undone, mara)
    assert redone.sentence == "Done again: merged."
    assert without_purge_dates(everything()) == without_purge_dates(merged)
    take_back(redone.decision, mara)
    assert everything() == before
    with pytest.raises(NothingToUndo, match="took this back"):
        take_back(decision, mara)
    with pytest.raises(NothingToUndo, match="changed this again"):
        take_back(undone, mara)
    assert Merge.objects.count() == 1


def without_purge_dates(rows: dict[str, list[dict[str, object]]]) -> dict[str, object]:
    """What is merged again is kept for as long again, and what is said again is a verdict of its own."""
    files = [{**row, "purge_after": row["purge_after"] is not None} for row in rows["files"]]
    return {**rows, "files": files, "pairs": [{**row, "verdict_id": None} for row in rows["pairs"]]}


def test_what_was_changed_since_is_left(lena: User, mara: User) -> None:
    k, a = image(lena, "k", title="", caption=""), image(lena, "a", title="Lake", caption="Dawn")
    tag(a, "lake", "dawn")
    decision = merge(k, a, by=mara)
    Image.objects.filter(pk=k.pk).update(title="Mine now")
    k.tags.remove(Tag.objects.get(name="lake"))
    plan = undo.plan(decision)
    assert [line.sentence for line in plan.changed_since] == [
        "Title of “Mine now” was changed since the merge; before it was “”."
    ]
    assert [line.sentence for line in plan.restored] == [
        "Tags of “Mine now”: dawn is taken away.",
        "“Lake” is an image of its own again.",
        "Caption of “Mine now” is “” again.",
    ]
    take_back(decision, mara)
    k.refresh_from_db()
    assert (k.title, k.caption, k.tags.count()) == ("Mine now", "", 0)


def test_what_was_changed_since_can_be_taken_back_all_the_same(lena: User, mara: User) -> None:
    k, a = image(lena, "k", title=""), image(lena, "a", title="Lake")
    decision = merge(k, a, by=mara)
    Image.objects.filter(pk=k.pk).update(title="Mine now")
    (line,) = undo.plan(decision).changed_since
    take_back(decision, mara, force=[line.entry])
    k.refresh_from_db()
    assert k.title == ""


def test_planning_changes_nothing(lena: User, mara: User) -> None:
    decision = merge(image(lena, "k"), image(lena, "a"), by=mara)
    before, count = everything(), Decision.objects.count()
    versions = list(Image.objects.order_by("pk").values_list("version"))
    plan = undo.plan(decision)
    assert "“a” is an image of its own again." in [line.sentence for line in plan.restored]
    assert (everything(), Decision.objects.count()) == (before, count)
    assert list(Image.objects.order_by("pk").values_list("version")) == versions


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_merges_on_top_of_each_other_are_undone_in_any_order(
    lena: User, otto: User, mara: User, order: tuple[int, ...]
) -> None:
    """K takes A, then B, then goes into Z: each is taken back as if it had never been."""
    z, k, a, b = (
        image(owner, name, caption=name) for owner, name in zip([lena, lena, otto, lena], "zkab", strict=True)
    )
    for one in (z, k, a, b):
        tag(one, f"of {one.title}", "shared")
    favour(a, otto)
    for other in (a, b):
        find(k, other)
    find(z, k)
    before = everything()
    decisions = [merge(k, a, by=mara), merge(k, b, by=mara, file=b.file_id), merge(z, k, by=mara, file=b.file_id)]
    for place in order:
        take_back(decisions[place], mara)
        assert not Image.objects.filter(merged_into__merged_into__isnull=False).exists()
    assert without_purge_dates(everything())["images"] == before["images"]
    assert everything()["files"] == before["files"]


def test_undoing_below_a_later_merge_takes_only_its_own(lena: User, otto: User, mara: User) -> None:
    z, k, a = image(lena, "z"), image(lena, "k"), image(otto, "a")
    tag(a, "from a")
    tag(k, "from k")
    first = merge(k, a, by=mara)
    merge(z, k, by=mara)
    assert set(z.tags.values_list("name", flat=True)) == {"from a", "from k"}
    take_back(first, mara)
    a.refresh_from_db()
    k.refresh_from_db()
    assert (a.standing, a.merged_into, k.merged_into) == (Standing.LIVE, None, z)
    assert set(z.tags.values_list("name", flat=True)) == {"from k"}
    assert not z.contributors.exists()


def test_a_tag_that_two_merges_brought_stays_with_the_other(lena: User, mara: User) -> None:
    k, a, b = (image(lena, name) for name in "kab")
    tag(a, "lake")
    tag(b, "lake")
    first = merge(k, a, by=mara)
    merge(k, b, by=mara)
    take_back(first, mara)
    assert set(k.tags.values_list("name", flat=True)) == {"lake"}


def test_what_a_person_took_away_after_a_later_merge_stays_away(lena: User, mara: User) -> None:
    k, a, b = (image(lena, name) for name in "kab")
    tag(b, "lake")
    first = merge(k, a, by=mara)
    merge(k, b, by=mara)
    k.tags.clear()
    take_back(first, mara)
    assert not k.tags.exists()


def test_a_purged_file_can_not_be_given_back(lena: User, mara: User) -> None:
    k, a, b = (image(lena, name) for name in "kab")
    decision = merge(k, a, b, by=mara)
    StoredFile.objects.filter(image=a).update(purged_at=timezone.now())
    plan = undo.plan(decision)
    assert [line.sentence for line in plan.impossible] == ["“a” stays merged: its file was deleted 0 s ago."]
    take_back(decision, mara)
    a.refresh_from_db()
    b.refresh_from_db()
    assert (a.merged_into, b.standing) == (k, Standing.LIVE)
    StoredFile.objects.filter(image=b).update(purged_at=timezone.now())
    assert undo.is_final(Merge.objects.get())


def test_a_merge_is_final_once_all_files_are_purged(lena: User, mara: User) -> None:
    k, a = image(lena, "k"), image(lena, "a")
    decision = merge(k, a, by=mara)
    StoredFile.objects.filter(image=a).update(purged_at=timezone.now())
    with pytest.raises(NothingToUndo, match="this merge is final"):
        take_back(decision, mara)
    a.refresh_from_db()
    assert a.merged_into == k


def test_a_merge_that_was_partly_undone_is_made_whole_again(lena: User, mara: User) -> None:
    k, a, b = (image(lena, name) for name in "kab")
    decision = merge(k, a, b, by=mara)
    StoredFile.objects.filter(image=a).update(purged_at=timezone.now())
    undone = take_back(decision, mara).decision
    take_back(undone, mara)
    assert set(Image.objects.filter(merged_into=k)) == {a, b}


def test_the_file_of_the_keeper_may_be_the_one_that_is_gone(lena: User, mara: User) -> None:
    """K shows A's file and its own was purged: A stays, or K would have no picture."""
    k, a, b = (image(lena, name) for name in "kab")
    decision = merge(k, a, b, by=mara, file=a.file_id)
    StoredFile.objects.filter(image=k).update(purged_at=timezone.now())
    take_back(decision, mara)
    for one in (k, a, b):
        one.refresh_from_db()
    assert (a.merged_into, b.standing) == (k, Standing.LIVE)
    assert k.file
    assert k.file.image == a


def test_an_author_revokes_for_a_day_and_a_senior_always(lena: User, mara: User, jon: User) -> None:
    pair = find(image(lena, "a"), image(lena, "b"))
    decision = act("different", case_of(pair.left), mara).decision
    Decision.objects.filter(pk=decision.pk).update(at=timezone.now() - dt.timedelta(hours=25))
    with pytest.raises(NotAllowed, match="more than 24 hours"):
        take_back(decision, mara)
    with pytest.raises(NotAllowed, match="Say why"):
        take_back(decision, jon)
    take_back(decision, jon, reason="mistake")
    assert states(pair) == [State.OPEN]
    assert Verdict.objects.get().revoke_reason == "mistake"


def test_others_do_not_undo(lena: User, mara: User, otto: User) -> None:
    decision = merge(image(lena, "k"), image(lena, "a"), by=mara)
    otto.groups.set(mara.groups.all())
    with pytest.raises(NotAllowed, match="Only its author"):
        take_back(decision, otto, reason="mistake")
    assert not undo.may_undo(otto, decision)
    assert undo.may_undo(mara, decision)


def test_the_same_undo_twice_has_one_effect(lena: User, mara: User) -> None:
    decision = merge(image(lena, "k"), image(lena, "a"), by=mara)
    form = uuid.uuid4()
    first = undo.undo(decision, mara, decision_id=form)
    second = undo.undo(decision, mara, decision_id=form)
    assert (first.decision, first.sentence) == (second.decision, second.sentence)
    assert Decision.objects.count() == 2


def test_z_takes_back_one_decision_after_the_other(lena: User, mara: User) -> None:
    a, b, c = (image(lena, name) for name in "abc")
    find(a, b)
    one = act("different", case_of(a), mara).decision
    find(a, c)
    two = act("related", case_of(a), mara).decision
    assert undo.latest_of(mara) == two
    take_back(two, mara)
    assert undo.latest_of(mara) == one
    take_back(one, mara)
    assert undo.latest_of(mara) is None


def test_a_redo_checks_the_rules_again(lena: User, mara: User) -> None:
    k, a = image(lena, "k"), image(lena, "a")
    undone = take_back(merge(k, a, by=mara), mara).decision
    removal.remove(a, lena)
    with pytest.raises(RuleBroken, match="“a” is removed and can't be merged"):
        take_back(undone, mara)


def test_who_lost_the_keeper_takes_their_image_back(lena: User, otto: User, mara: User) -> None:
    k, a = image(lena, "k"), image(otto, "a")
    decision = merge(k, a, by=mara)
    with pytest.raises(NotAllowed):
        take_back(decision, otto)
    removal.remove(k, lena)
    assert "You can take yours back there." in state_of(Image.objects.for_pages().get(pk=a.pk)).sentence
    take_back(decision, otto)
    a.refresh_from_db()
    k.refresh_from_db()
    assert (a.standing, k.standing) == (Standing.LIVE, Standing.REMOVED)
    assert "take yours back" not in state_of(Image.objects.for_pages().get(pk=a.pk)).sentence


def test_a_dissent_is_settled_by_a_senior_or_by_the_undo(lena: User, mara: User, jon: User, otto: User) -> None:
    otto.groups.set(mara.groups.all())
    case = case_of(find(image(lena, "a"), image(lena, "b")).left)
    seen = submit(case)
    first = act("different", case, mara).decision
    with pytest.raises(Exception, match="will look at both"):
        ACTIONS["merge"].run(case, otto, submit=seen)
    assert not dissent.waiting_for(mara)
    (kept,) = dissent.waiting_for(jon)
    with pytest.raises(NotAllowed):
        dissent.settle(kept, otto, note="mine")
    take_back(first, jon, reason="mistake")
    assert not dissent.waiting_for(jon)
