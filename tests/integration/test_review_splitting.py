"""A case of several questions is split: both parts are cases, what lies between waits, and all of it can be undone."""

import uuid

import pytest
from django.db import transaction

from gallery.detection import cases
from gallery.errors import AlreadyDecided, CaseChanged, RuleBroken
from gallery.models import AuditEntry, Case, Decision, Image, Pair, SplitPart, User
from gallery.review import undo
from gallery.review.actions import ANSWERS
from tests.judgement import act, case_of, find, image, states, submit

pytestmark = pytest.mark.django_db
State = Pair.State

Four = tuple[Image, Image, Image, Image]


@pytest.fixture
def four(lena: User, otto: User) -> Four:
    """A – B – C – D; B and C are the least alike."""
    a, b, c, d = (image(owner, name) for owner, name in zip([lena, otto, lena, otto], "abcd", strict=True))
    find(a, b)
    find(b, c, ncc=0.75)
    find(c, d)
    return a, b, c, d


def together(*images: Image) -> bool:
    """Whether these and no others are an open case."""
    wanted = {one.pk for one in images}
    found = [set(case.members.filter(live=True).values_list("image", flat=True)) for case in Case.objects.open()]
    return wanted in found


def refresh() -> None:
    with transaction.atomic():
        cases.refresh(list(Image.objects.values_list("pk", flat=True)))


def test_a_case_comes_apart_at_its_weakest_bridge_and_stays_apart(four: Four, mara: User) -> None:
    a, b, c, d = four
    case = case_of(*four)
    outcome = act("split", case, mara)
    assert outcome.sentence.startswith("Split into 2 and 2.")
    assert (together(a, b), together(c, d)) == (True, True)
    refresh()
    assert Case.objects.open().count() == 2
    assert states(*Pair.objects.order_by("pk")) == [State.OPEN] * 3
    told = AuditEntry.objects.get(verb="decision.split")
    assert told.data["parts"] == [[a.pk, b.pk], [c.pk, d.pk]]


def test_one_may_choose_where(four: Four, mara: User) -> None:
    a, b, c, d = four
    last = Pair.objects.between(c.pk, d.pk).get()
    act("split", case_of(*four), mara, bridge=last.pk)
    assert together(a, b, c)
    assert Case.objects.open().count() == 1  # the other part has nobody to be compared with


def test_what_lies_between_is_asked_when_both_are_answered(four: Four, mara: User) -> None:
    _a, b, c, _d = four
    act("split", case_of(*four), mara)
    act("different", case_of(b), mara)
    assert not Case.objects.open().filter(members__image=b, members__live=True).exists()
    act("different", case_of(c), mara)
    assert together(b, c)


def test_a_merge_and_a_newcomer_do_not_bring_the_parts_together(four: Four, mara: User, lena: User) -> None:
    a, _b, c, d = four
    act("split", case_of(*four), mara)
    act("merge", case_of(a), mara, keeper=a.pk)
    find(a, c)  # what merging a and b carries on of b and c
    assert together(c, d)
    newcomer = image(lena, "e")
    find(newcomer, a)
    find(newcomer, c)
    assert (together(a, newcomer), together(c, d)) == (True, True)


def test_a_split_is_taken_back_and_made_again(four: Four, mara: User) -> None:
    decision = act("split", case_of(*four), mara).decision
    plan = undo.plan(decision)
    assert [line.sentence for line in plan.restored] == [
        "The two parts are one case again, as far as they are still to be decided."
    ]
    assert undo.latest_of(mara) == decision
    back = undo.undo(decision, mara, decision_id=uuid.uuid4())
    assert together(*four)
    undo.undo(back.decision, mara, decision_id=uuid.uuid4())
    assert not together(*four)
    assert SplitPart.objects.count() == 4


def test_two_pictures_are_not_split(lena: User, otto: User, mara: User) -> None:
    a, b = image(lena, "a"), image(otto, "b")
    find(a, b)
    with pytest.raises(RuleBroken, match="Two pictures cannot be split"):
        act("split", case_of(a), mara)


def test_an_answered_match_cannot_be_cut(four: Four, mara: User) -> None:
    a, b, c, _d = four
    first = Pair.objects.between(a.pk, b.pk).get()
    case = case_of(*four)
    act("different", case, mara, images=[a.pk, b.pk])
    with pytest.raises(CaseChanged):
        act("split", case_of(c), mara, bridge=first.pk)


def test_who_answers_what_somebody_has_split_is_told_and_does_not_disagree(four: Four, mara: User, jon: User) -> None:
    case = case_of(*four)
    late = submit(case, keeper=four[0].pk)
    act("split", case, mara)
    with pytest.raises(AlreadyDecided, match="mara split this case"):
        ANSWERS["merge"].run(case, jon, submit=late)
    assert not Decision.objects.filter(dissent=True).exists()


def test_a_split_is_no_answer() -> None:
    assert "split" not in ANSWERS
