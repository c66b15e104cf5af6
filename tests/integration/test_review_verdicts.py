"""Approving: what it closes, what it leaves alone, and who is told what."""

import uuid

import pytest

from gallery.errors import AlreadyDecided, CaseChanged, NotAllowed, RuleBroken
from gallery.models import AuditEntry, Case, Decision, Image, Pair, User, Verdict
from gallery.review import undo
from gallery.review.actions import ACTIONS, offered
from tests.judgement import act, case_of, everything, find, image, states, submit

pytestmark = pytest.mark.django_db
State = Pair.State


def test_a_pair_is_approved_as_different(lena: User, mara: User) -> None:
    pair = find(image(lena, "a"), image(lena, "b"))
    outcome = act("different", case_of(pair.left), mara, reason="look_alike")
    assert states(pair) == [State.DIFFERENT]
    assert outcome.sentence == "Different. 1 decision closed 1 pair."
    assert Case.objects.open().count() == 0
    assert AuditEntry.objects.filter(verb="decision.different", actor=mara).count() == 1


@pytest.mark.parametrize(("action", "state"), [("different", State.DIFFERENT), ("related", State.RELATED)])
def test_one_verdict_closes_a_whole_case(lena: User, mara: User, action: str, state: str) -> None:
    images = [image(lena, name) for name in "abcd"]
    pairs = [find(images[0], other) for other in images[1:]]
    outcome = act(action, case_of(*images), mara)
    assert states(*pairs) == [state] * 3
    assert outcome.pairs_closed == 3
    assert Verdict.objects.get().contents.count() == 4
    later = find(images[1], images[3])
    assert later.state == state


def test_a_set_never_covers_images_that_join_later(lena: User, mara: User) -> None:
    images = [image(lena, name) for name in "abc"]
    find(images[0], images[1])
    act("different", case_of(*images), mara)
    assert find(images[0], images[2]).state == State.OPEN


def test_only_the_chosen_pair_is_approved(lena: User, mara: User) -> None:
    a, b, c = (image(lena, name) for name in "abc")
    one, other = find(a, b), find(a, c)
    act("different", case_of(a), mara, images=[a.pk, b.pk])
    assert states(one, other) == [State.DIFFERENT, State.OPEN]
    assert set(case_of(a).members.filter(live=True).values_list("image", flat=True)) == {a.pk, c.pk}


def test_identical_files_are_approved_as_intentional_only(lena: User, otto: User, mara: User) -> None:
    pair = find(image(lena, "a"), image(otto, "a"), same_bytes=True)
    case = case_of(pair.left)
    assert [action.name for action in offered([pair.left, pair.right])] == ["intentional", "merge"]
    with pytest.raises(RuleBroken, match="are the same file"):
        act("different", case, mara)
    act("intentional", case, mara)
    assert states(pair) == [State.INTENTIONAL]


def test_different_files_are_no_intentional_copy(lena: User, mara: User) -> None:
    pair = find(image(lena, "a"), image(lena, "b"))
    with pytest.raises(RuleBroken, match="These files differ"):
        act("intentional", case_of(pair.left), mara)
    assert Decision.objects.count() == 0


def test_the_same_submit_twice_has_one_effect(lena: User, mara: User) -> None:
    case = case_of(find(image(lena, "a"), image(lena, "b")).left)
    form = submit(case)
    first = ACTIONS["different"].run(case, mara, submit=form)
    second = ACTIONS["different"].run(case, mara, submit=form)
    assert (first.decision, first.sentence, first.pairs_closed) == (
        second.decision,
        second.sentence,
        second.pairs_closed,
    )
    assert Verdict.objects.count() == 1


def test_somebody_elses_form_is_refused(lena: User, mara: User, jon: User) -> None:
    case = case_of(find(image(lena, "a"), image(lena, "b")).left)
    form = submit(case)
    ACTIONS["different"].run(case, mara, submit=form)
    with pytest.raises(NotAllowed, match="Somebody else has sent this form"):
        ACTIONS["different"].run(case, jon, submit=form)


def test_who_comes_second_is_told_who_was_first(lena: User, mara: User, jon: User) -> None:
    case = case_of(find(image(lena, "a"), image(lena, "b")).left)
    seen = submit(case)
    first = act("different", case, mara)
    with pytest.raises(AlreadyDecided, match=r"mara marked these as different \d s ago\.$") as told:
        ACTIONS["different"].run(case, jon, submit=seen)
    assert told.value.decision == first.decision.pk
    assert Decision.objects.count() == 1


def test_an_opposite_answer_that_comes_second_is_kept_as_dissent(lena: User, mara: User, jon: User) -> None:
    pair = find(image(lena, "a"), image(lena, "b"))
    case = case_of(pair.left)
    seen = submit(case)
    act("different", case, mara)
    for _again in range(2):
        with pytest.raises(AlreadyDecided, match="a senior moderator will look at both"):
            ACTIONS["merge"].run(case, jon, submit=seen)
    assert states(pair) == [State.DIFFERENT]
    dissent = Decision.objects.get(dissent=True)
    assert (dissent.actor, dissent.action) == (jon, "merge")
    assert not undo.may_undo(jon, dissent)


def test_a_case_that_grew_is_not_decided_unseen(lena: User, mara: User) -> None:
    a, b, c = (image(lena, name) for name in "abc")
    find(a, b)
    case = case_of(a)
    seen = submit(case)
    find(a, c)
    with pytest.raises(CaseChanged, match="joined or left"):
        ACTIONS["different"].run(case, mara, submit=seen)


def test_nobody_decides_on_an_image_of_their_own(mara: User, lena: User) -> None:
    case = case_of(find(image(mara, "a"), image(lena, "b")).left)
    with pytest.raises(NotAllowed, match="is your own"):
        act("different", case, mara)


@pytest.mark.parametrize("name", ["lena", "ada"])
def test_only_moderators_decide(request: pytest.FixtureRequest, otto: User, name: str) -> None:
    case = case_of(find(image(otto, "a"), image(otto, "b")).left)
    with pytest.raises(NotAllowed, match="Only moderators"):
        act("different", case, request.getfixturevalue(name))


def test_changed_pixels_are_a_new_question(lena: User, mara: User) -> None:
    a, b = image(lena, "a"), image(lena, "b")
    find(a, b)
    act("different", case_of(a), mara)
    assert find(a, image(lena, "b2")).state == State.OPEN


@pytest.mark.invariant(1)
def test_the_same_pixels_saved_anew_are_not(lena: User, mara: User) -> None:
    a, b = image(lena, "a"), image(lena, "b")
    find(a, b)
    act("different", case_of(a), mara)
    assert find(a, image(lena, "b saved again", pixels="b")).state == State.DIFFERENT


def test_revoking_opens_the_pairs_again(lena: User, mara: User) -> None:
    pair = find(image(lena, "a"), image(lena, "b"))
    before = everything()
    act("different", case_of(pair.left), mara)
    verdict = Verdict.objects.get()
    outcome = undo.revoke(verdict, mara, decision_id=uuid.uuid4())
    assert everything() == before
    assert outcome.sentence == "Undone: different."
    assert outcome.case == case_of(pair.left)
    verdict.refresh_from_db()
    assert verdict.revoked_by == mara


def test_a_premise_that_is_revoked_reopens_what_was_inferred(lena: User, mara: User) -> None:
    k, a, b = (image(lena, name) for name in "kab")
    ab = find(a, b)
    decision = act("different", case_of(a), mara).decision
    find(k, a)
    act("merge", case_of(k), mara, keeper=k.pk)
    kb = find(k, b)
    assert (kb.state, kb.is_inferred) == (State.DIFFERENT, True)
    assert states(ab) == [State.MOOT]
    undo.undo(decision, mara, decision_id=uuid.uuid4())
    assert states(kb) == [State.OPEN]


def test_an_unknown_reason_is_refused(lena: User, mara: User) -> None:
    case = case_of(find(image(lena, "a"), image(lena, "b")).left)
    with pytest.raises(RuleBroken, match="Choose one of these reasons"):
        act("different", case, mara, reason="because")


def test_approving_changes_no_image(lena: User, mara: User) -> None:
    case = case_of(find(image(lena, "a"), image(lena, "b")).left)
    before = list(Image.objects.order_by("pk").values())
    act("related", case, mara)
    assert list(Image.objects.order_by("pk").values()) == before
