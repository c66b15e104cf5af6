"""Copies of one picture beyond what a case holds: one entry of the queue, one answer, one way back."""

from itertools import pairwise

import pytest

from gallery.detection import cases as detection
from gallery.models import Case, Image, Pair, Policy, User
from gallery.review import queue, selection
from gallery.review.selection import Filters
from tests.judgement import act, find, image

pytestmark = pytest.mark.django_db

CAP = 4
COPIES = 15
ALL = Filters(show="all")


@pytest.fixture
def copies(lena: User, otto: User) -> list[Image]:
    """
    Sure copies of one picture, in cases of four at most.

    Ten hang on the first, and four on the last of these.
    """
    Policy.objects.update(case_cap=CAP)
    made = [image((lena, otto)[number % 2], f"copy {number}") for number in range(COPIES)]
    for other in made[1:11]:
        find(made[0], other)
    for other in made[11:]:
        find(made[10], other)
    return made


def open_cases() -> list[Case]:
    return list(Case.objects.open().order_by("pk"))


def test_copies_beyond_one_case_are_one_entry_of_the_queue(mara: User, copies: list[Image]) -> None:
    first, *others = open_cases()
    assert others
    assert (first.batch, first.batch_size) == (None, COPIES)
    assert {(case.batch, case.batch_size) for case in others} == {(first, 0)}
    assert queue.waiting(mara) == 1
    assert list(selection.matching(ALL, mara)) == [first]
    assert queue.following(mara, after=first, limit=3) == []


def test_an_ordinary_case_stands_for_itself(mara: User, lena: User, otto: User) -> None:
    find(image(lena, "one"), image(otto, "other"))
    (case,) = open_cases()
    assert (case.batch, case.batch_size) == (None, 0)


def test_likely_copies_are_no_batch(mara: User, lena: User) -> None:
    """What only looks alike may be another picture: each case is looked at."""
    Policy.objects.update(case_cap=CAP)
    chain = [image(lena, f"link {number}") for number in range(COPIES)]
    for one, other in pairwise(chain):
        find(one, other, ncc=0.8)
    assert set(Pair.objects.values_list("tier", flat=True)) == {Pair.Tier.REVIEW}
    assert len(open_cases()) > 2
    assert queue.waiting(mara) == len(open_cases())


def test_what_a_case_stood_for_is_never_hidden_behind_a_closed_one(mara: User, copies: list[Image]) -> None:
    """Case by case until nothing is left; there is always one to be seen."""
    for _case in range(COPIES):
        if not open_cases():
            break
        waiting = queue.next_for(mara)
        assert waiting is not None
        assert not Case.objects.open().filter(batch__state=Case.State.CLOSED).exists()
        shown = sorted(waiting.members.filter(live=True).values_list("image", flat=True))
        act("merge", waiting, mara, images=shown, keeper=shown[0])
    assert not Pair.objects.awaiting_review().exists()


def test_a_batch_that_shrinks_to_one_case_is_one_case(mara: User, copies: list[Image]) -> None:
    Image.objects.filter(pk__in=[copy.pk for copy in copies[3:]]).update(standing=Image.Standing.REMOVED)
    detection.refresh([copy.pk for copy in copies])
    (case,) = open_cases()
    assert (case.batch, case.batch_size, case.size) == (None, 0, 3)


def test_who_escalates_a_case_of_a_batch_is_heard(mara: User, jon: User, copies: list[Image]) -> None:
    folded = open_cases()[1]
    queue.escalate(folded, mara, note="Is this one the same?")
    assert folded in selection.matching(Filters(show="escalated"), jon)
    assert queue.waiting(jon) == 2
    assert queue.waiting(mara) == 1


def test_a_split_keeps_the_batches_of_its_two_sides_apart(mara: User, copies: list[Image]) -> None:
    home = Case.objects.open().get(members__image=copies[10], members__live=True)
    bridge = Pair.objects.get(left=copies[10], right=copies[11])
    act("split", home, mara, bridge=bridge.pk)
    around = [detection.copies_around({copies[number].pk}, more_than=1) for number in (0, 11)]
    assert around[0] is not None
    assert copies[11].pk not in around[0].images
