"""The promises of docs/moderation.md that live in the review: one or more tests each, by number."""

import datetime as dt
import itertools
import threading
import uuid
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from gallery.detection import cases, pairs
from gallery.detection.candidates import Candidate, Neighbourhood
from gallery.detection.projection import project
from gallery.errors import AlreadyDecided, DedupError, ReviewError
from gallery.models import (
    AuditEntry,
    Case,
    Decision,
    Fingerprint,
    Image,
    Merge,
    Pair,
    Policy,
    StoredFile,
    User,
    Verdict,
)
from gallery.review import removal, undo
from gallery.review.actions import ACTIONS
from gallery.review.purging import purge, purge_due
from tests import factories
from tests.judgement import act, case_of, everything, favour, find, image, states, submit, tag

pytestmark = pytest.mark.django_db
State, Standing = Pair.State, Image.Standing


@pytest.mark.invariant(1)
@pytest.mark.parametrize("action", ["different", "related"])
def test_1_an_approved_pair_is_never_opened_again(lena: User, otto: User, mara: User, action: str) -> None:
    a, b = image(lena, "a"), image(lena, "b")
    pair = find(a, b)
    act(action, case_of(a), mara)
    surer = {
        "similarity": 0.99,
        "pdq_distance": 4,
        "pdq_usable": True,
        "model_key": "another",
        "compared_at": timezone.now(),
    }
    Pair.objects.filter(pk=pair.pk).update(**surer)
    cases.refresh([a.pk, b.pk])
    Policy.objects.filter(pk=Policy.objects.in_force().pk).update(show_weak=True, similarity_review=0.5)
    project(Pair.objects.all())
    cases.connect([a.pk, b.pk])
    assert states(pair) == [action]
    removal.remove(b, lena)
    again = image(otto, "b")
    assert find(a, again).state == action
    assert Case.objects.open().count() == 0


@pytest.mark.invariant(1)
def test_1_nor_an_intentional_copy(lena: User, otto: User, mara: User) -> None:
    a, b = image(lena, "a"), image(otto, "a")
    find(a, b, same_bytes=True)
    act("intentional", case_of(a), mara)
    removal.remove(b, otto)
    assert find(a, image(otto, "a"), same_bytes=True).state == State.INTENTIONAL


@pytest.mark.invariant(1)
def test_1_by_its_bytes_also_when_a_new_decoder_sees_other_pixels(lena: User, otto: User, mara: User) -> None:
    a, b = image(lena, "a"), image(lena, "b")
    pair = find(a, b)
    act("different", case_of(a), mara)
    again = image(otto, "b")
    for number, found in enumerate(Fingerprint.objects.all()):
        Fingerprint.objects.filter(pk=found.pk).update(pixel_hash=f"{number:064}", decoder_version=2)
    cases.refresh([a.pk, b.pk])
    assert states(pair) == [State.DIFFERENT]
    assert find(a, again).state == State.DIFFERENT


@pytest.mark.invariant(2)
def test_2_merge_then_undo_leaves_every_row_equal(lena: User, otto: User, mara: User) -> None:
    k, a, b = image(lena, "k", title=""), image(otto, "a", caption="A", licence=""), image(lena, "b")
    image(otto, "outside")
    for one in (a, b):
        tag(one, f"of {one.title}")
    favour(a, otto, lena)
    find(k, a)
    find(k, b)
    find(a, Image.objects.get(title="outside"))
    before = everything()
    ids = [k.pk, a.pk, b.pk]
    decision = act("merge", case_of(k), mara, keeper=k.pk, images=ids, file=a.file_id, rest="different").decision
    assert everything() != before
    undo.undo(decision, mara, decision_id=uuid.uuid4())
    assert everything() == before


@pytest.mark.invariant(3)
def test_3_undo_after_a_later_merge_restores_what_the_absorbed_image_had(lena: User, otto: User, mara: User) -> None:
    z, k, a = image(lena, "z"), image(lena, "k"), image(otto, "a")
    favour(a, otto)
    tag(a, "lake")
    find(k, a)
    first = act("merge", case_of(k), mara, keeper=k.pk, file=a.file_id).decision
    find(z, k)
    act("merge", case_of(z), mara, keeper=z.pk, file=a.file_id)
    undo.undo(first, mara, decision_id=uuid.uuid4())
    for one in (z, k, a):
        one.refresh_from_db()
    assert (a.standing, a.merged_into, k.merged_into) == (Standing.LIVE, None, z)
    assert [one.file.image for one in (z, k, a) if one.file] == [z, k, a]
    assert (a.tags.count(), a.favourites.count()) == (1, 1)
    assert (z.tags.count(), z.favourites.count(), z.contributors.count()) == (0, 0, 0)


@pytest.mark.invariant(4)
def test_4_no_redirect_chain_is_longer_than_one(lena: User, mara: User) -> None:
    images = [image(lena, name) for name in "abcde"]
    for older, newer in itertools.pairwise(images):
        find(older, newer)
        act("merge", case_of(older), mara, keeper=newer.pk)
        assert not Image.objects.filter(merged_into__merged_into__isnull=False).exists()
    assert set(Image.objects.exclude(merged_into=None).values_list("merged_into", flat=True)) == {images[-1].pk}


@pytest.mark.invariant(6)
@pytest.mark.parametrize("action", ["different", "merge"])
def test_6_no_case_has_fewer_than_two_live_members(lena: User, mara: User, action: str) -> None:
    images = [image(lena, name) for name in "abcd"]
    for other in images[1:]:
        find(images[0], other)
    ids = [one.pk for one in images[:2]]
    act(action, case_of(images[0]), mara, images=ids, **({"keeper": ids[0]} if action == "merge" else {}))
    _check_cases()
    for one in images[2:]:
        removal.remove(one, lena)
        _check_cases()
    assert Case.objects.open().count() == 0


def _check_cases() -> None:
    for case in Case.objects.open():
        live = Image.objects.filter(memberships__case=case, memberships__live=True)
        assert live.count() == case.size >= 2
        assert not live.exclude(standing=Standing.LIVE).exists()


@pytest.mark.invariant(7)
@pytest.mark.parametrize("which", ["removed", "absorbed", "keeper", "shown"])
def test_7_no_file_under_hold_is_ever_purged(lena: User, mara: User, jon: User, media: object, which: str) -> None:
    k, a = factories.image(lena, seed=1), factories.image(lena, seed=2)
    if which == "removed":
        removal.remove(a, lena)
        held = a
    else:
        find(k, a)
        act("merge", case_of(k), mara, keeper=k.pk, file=a.file_id if which == "shown" else None)
        held = {"absorbed": a, "keeper": k, "shown": a}[which]
    removal.hold(held, jon, held=True, reason="A court asks")
    StoredFile.objects.exclude(purge_after=None).update(purge_after=timezone.now() - dt.timedelta(days=1))
    assert purge_due() == 0
    # Nor one by one: the hold may have been set after the list of what is due was read.
    assert not any(purge(file.pk) for file in StoredFile.objects.all())
    assert not StoredFile.objects.exclude(purged_at=None).exists()
    removal.hold(held, jon, held=False, reason="The court is done")
    assert purge_due() == 1


@pytest.mark.invariant(9)
def test_9_approving_changes_no_image_row(lena: User, mara: User) -> None:
    for number, action in enumerate(("different", "related", "intentional")):
        a, b = image(lena, f"a{number}"), image(lena, f"a{number}" if action == "intentional" else f"b{number}")
        find(a, b, same_bytes=action == "intentional")
        before = list(Image.objects.order_by("pk").values())
        act(action, case_of(a), mara)
        assert list(Image.objects.order_by("pk").values()) == before


# --- 4 and 5: races, with real threads and transactions ---------------------------------------------------------------

race = pytest.mark.django_db(transaction=True)


def at_once(*jobs: Callable[[], object]) -> list[object]:
    """Run all jobs at the same moment, each with a connection of its own. Their results, or the refusals."""
    results: list[object] = [None] * len(jobs)
    ready = threading.Barrier(len(jobs))

    def work(place: int, job: Callable[[], object]) -> None:
        try:
            ready.wait(timeout=20)
            results[place] = job()
        except DedupError as refusal:
            results[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(place, job)) for place, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return results


def refusals(results: list[object]) -> int:
    return sum(isinstance(result, ReviewError) for result in results)


@pytest.mark.invariant(5)
@race
@pytest.mark.parametrize(("one", "other"), [("different", "different"), ("different", "merge"), ("merge", "merge")])
def test_5_two_racing_decisions_have_one_effect(lena: User, mara: User, jon: User, one: str, other: str) -> None:
    for number in range(3):
        pair = find(image(lena, f"a{number}"), image(lena, f"b{number}"))
        case = case_of(pair.left)
        first, second = submit(case), submit(case)
        results = at_once(
            lambda case=case, form=first: ACTIONS[one].run(case, mara, submit=form),  # type: ignore[misc]  # bound now
            lambda case=case, form=second: ACTIONS[other].run(case, jon, submit=form),  # type: ignore[misc]
        )
        # Who comes second is told who was first; that the case is closed by then would stop them, too.
        assert sum(isinstance(result, AlreadyDecided) for result in results) == 1, results
        assert Decision.objects.filter(case=case, dissent=False).count() == 1
        assert Verdict.objects.filter(decision__case=case).count() == 1
        assert Merge.objects.filter(decision__case=case).count() <= 1


@pytest.mark.invariant(5)
@race
def test_5_one_form_sent_twice_at_once_has_one_effect(lena: User, mara: User) -> None:
    pair = find(image(lena, "a"), image(lena, "b"))
    case = case_of(pair.left)
    form = submit(case)
    results = at_once(*[lambda: ACTIONS["merge"].run(case, mara, submit=form)] * 4)
    assert refusals(results) == 0, results
    assert len({str(getattr(result, "sentence", "")) for result in results}) == 1
    assert (Merge.objects.count(), Decision.objects.count()) == (1, 1)


@pytest.mark.invariant(4)
@race
def test_4_merging_both_ways_at_once_makes_no_cycle(lena: User, mara: User, jon: User) -> None:
    for number in range(3):
        a, b = image(lena, f"a{number}"), image(lena, f"b{number}")
        find(a, b)
        case = case_of(a)
        first, second = submit(case, keeper=a.pk), submit(case, keeper=b.pk)
        at_once(
            lambda case=case, form=first: ACTIONS["merge"].run(case, mara, submit=form),  # type: ignore[misc]
            lambda case=case, form=second: ACTIONS["merge"].run(case, jon, submit=form),  # type: ignore[misc]
        )
        assert Image.objects.filter(pk__in=[a.pk, b.pk], standing=Standing.LIVE).count() == 1
        assert Image.objects.filter(pk__in=[a.pk, b.pk], merged_into__in=[a.pk, b.pk]).count() == 1


@pytest.mark.invariant(5)
@race
def test_5_merging_while_the_owner_removes_has_one_effect(lena: User, mara: User) -> None:
    for number in range(3):
        a, b = image(lena, f"a{number}"), image(lena, f"b{number}")
        find(a, b)
        case = case_of(a)
        form = submit(case, keeper=a.pk)
        results = at_once(
            lambda case=case, form=form: ACTIONS["merge"].run(case, mara, submit=form),  # type: ignore[misc]
            lambda image=b: removal.remove(image, lena),  # type: ignore[misc]
        )
        assert refusals(results) == 1, results
        b.refresh_from_db()
        assert (b.standing == Standing.MERGED) == (b.merged_into == a)
        assert Case.objects.open().count() == 0


@pytest.mark.invariant(8)
@race
def test_8_two_searches_that_find_each_other_at_once_write_one_pair(lena: User) -> None:
    policy = Policy.objects.in_force()

    def search(one: Image, other: Image) -> None:
        found = {one.pk: Neighbourhood({other.pk: Candidate(other.pk, similarity=0.9)})}
        pairs.propose(found, policy, "sscd")
        Pair.objects.touching([one.pk]).update(
            compared_at=timezone.now(), cells=40, matches=90, ncc=0.96, textured_share=0.97
        )
        with transaction.atomic():
            cases.refresh([one.pk, other.pk])

    for number in range(5):
        a, b = image(lena, f"a{number}"), image(lena, f"b{number}")
        at_once(partial(search, a, b), partial(search, b, a))
        assert list(Pair.objects.touching([a.pk]).values_list("left", "right", "state")) == [(a.pk, b.pk, State.OPEN)]
        assert case_of(a, b).size == 2


@pytest.mark.invariant(5)
@race
@pytest.mark.parametrize("action", ["different", "merge"])
def test_5_two_undos_at_once_have_one_effect(lena: User, mara: User, jon: User, action: str) -> None:
    k, a = image(lena, "k"), image(lena, "a")
    find(k, a)
    decision = act(action, case_of(k), mara).decision
    results = at_once(
        lambda: undo.undo(decision, mara, decision_id=uuid.uuid4()),
        lambda: undo.undo(decision, jon, decision_id=uuid.uuid4(), reason="mistake"),
    )
    assert refusals(results) == 1, results
    assert not Image.objects.exclude(standing=Standing.LIVE).exists()
    assert Decision.objects.filter(action="undo").count() == 1


@pytest.mark.invariant(12)
@race
def test_12_the_audit_chain_holds_when_many_write_at_once(lena: User) -> None:
    images = [image(lena, name) for name in "abcdef"]
    at_once(*[lambda one=one: removal.remove(one, lena) for one in images])
    assert AuditEntry.objects.count() == 6
    assert AuditEntry.objects.all().first_break() is None
