"""One answer to all copies of a picture: who is left out, what one mistake does not hold up, and the way back."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from gallery import outbox, tasks
from gallery.errors import CaseChanged, NotAllowed, RuleBroken
from gallery.models import BulkItem, BulkJob, Case, Decision, Image, Merge, Pair, User, Verdict
from gallery.review import batch_jobs, batches, bulk, queue
from gallery.review.batch_jobs import Seen
from tests.at_desk import logged_in, page
from tests.integration.test_batches import COPIES, copies, open_cases
from tests.judgement import act, everything, find, image

__all__ = ["copies"]

pytestmark = pytest.mark.django_db

MOST = 20  # with savepoints; for any number of copies


def entry() -> Case:
    """The case that stands for the batch."""
    return Case.objects.open().get(batch_size__gt=0)


def send(by: User, action: str = "merge", *, keeper: Image | None = None, job_id: uuid.UUID | None = None) -> BulkJob:
    case = entry()
    batch = batches.of(case)
    assert batch is not None
    return batch_jobs.start(
        by,
        case,
        job_id=job_id or uuid.uuid4(),
        action=action,
        seen=str(Seen.of(batch)),
        keeper=keeper.pk if keeper else None,
    )


def worked(job: BulkJob) -> BulkJob:
    """The job after a worker has done all of it."""
    tasks.work_on("bulk")
    job.refresh_from_db()
    return job


def left_out(job: BulkJob) -> dict[str, set[int]]:
    """What was left out, by the code of the reason."""
    found: dict[str, set[int]] = {}
    for code, images in job.items.exclude(code="").values_list("code", "images"):
        found.setdefault(code, set()).update(images)
    return found


def live() -> set[int]:
    return set(Image.objects.live().values_list("pk", flat=True))


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "PART", 3)


@pytest.mark.parametrize("place", [0, 10, 7])
def test_a_merge_of_a_batch_leaves_one_picture_and_asks_nothing_more(
    place: int, mara: User, copies: list[Image], small_parts: None
) -> None:
    job = worked(send(mara, keeper=copies[place]))
    assert (job.state, job.total) == (BulkJob.State.DONE, COPIES - 1)
    assert live() == {copies[place].pk}
    assert set(Image.objects.exclude(merged_into=None).values_list("merged_into", flat=True)) == {copies[place].pk}
    assert open_cases() == []
    assert not Pair.objects.awaiting_review().exists()
    assert Decision.objects.filter(actor=mara, action="merge").count() == 5
    assert not job.items.exclude(state=BulkItem.State.DECIDED).exists()


def test_one_undo_takes_the_whole_merge_back(mara: User, copies: list[Image], small_parts: None) -> None:
    before = everything()
    job = worked(send(mara, keeper=copies[0]))
    bulk.take_back(job, mara)
    job = worked(job)
    assert job.state == BulkJob.State.UNDONE
    after = everything()
    assert after["images"] == before["images"]
    assert (entry().batch_size, live()) == (COPIES, {copy.pk for copy in copies})


@pytest.mark.parametrize(("action", "state"), [("related", "related"), ("different", "different")])
def test_an_approval_of_a_batch_is_one_verdict_about_all(
    action: str, state: str, mara: User, copies: list[Image]
) -> None:
    job = worked(send(mara, action))
    (verdict,) = Verdict.objects.all()
    assert verdict.contents.count() == COPIES
    assert set(Pair.objects.values_list("state", flat=True)) == {state}
    assert open_cases() == []
    find(copies[3], copies[13])  # two of which no pair was known
    assert open_cases() == []
    bulk.take_back(job, mara)
    assert worked(job).state == BulkJob.State.UNDONE
    assert entry().batch_size == COPIES


def test_identical_files_are_merged_or_intended_and_nothing_else(mara: User, copies: list[Image]) -> None:
    def names() -> list[str]:
        return [action.name for action in batches.offered([copy.pk for copy in copies])]

    assert names() == ["merge", "related", "different"]
    copies[2].files.update(sha256=copies[1].files.get().sha256)
    assert names() == ["merge"]
    with pytest.raises(RuleBroken):
        send(mara, "related")
    for copy in copies:
        copy.files.update(sha256=copies[1].files.get().sha256)
    assert names() == ["intentional", "merge"]
    worked(send(mara, "intentional"))
    assert set(Pair.objects.values_list("state", flat=True)) == {"intentional"}


def test_the_case_that_somebody_is_at_is_left_out_and_told(mara: User, jon: User, copies: list[Image]) -> None:
    held = open_cases()[-1]
    theirs = set(held.members.filter(live=True).values_list("image", flat=True))
    queue.take(held, jon)
    job = worked(send(mara, keeper=copies[0]))
    assert left_out(job) == {"busy": theirs}
    assert live() == {copies[0].pk} | theirs
    act("different", Case.objects.open().get(pk=held.pk), jon)
    assert live() == {copies[0].pk} | theirs


def test_a_case_that_somebody_opens_after_the_form_was_sent_is_left_out_too(
    mara: User, jon: User, copies: list[Image]
) -> None:
    job = send(mara, keeper=copies[0])
    held = open_cases()[-1]
    theirs = set(held.members.filter(live=True).values_list("image", flat=True))
    queue.take(held, jon)
    job = worked(job)
    assert left_out(job) == {"busy": theirs}
    assert job.total == sum(job.items.values_list("size", flat=True)) == COPIES - 1


def test_what_somebody_decided_first_stays_decided(mara: User, jon: User, copies: list[Image]) -> None:
    job = send(mara, keeper=copies[0])
    faster = open_cases()[-1]
    theirs = sorted(faster.members.filter(live=True).values_list("image", flat=True))
    act("different", faster, jon)
    job = worked(job)
    assert Decision.objects.filter(actor=jon).count() == 1
    apart = set(theirs) & live()
    assert left_out(job).get("changed", set()) <= set(theirs)
    assert len(apart) >= len(theirs) - 1
    assert not Merge.objects.filter(by=jon).exists()
    assert set(Verdict.objects.filter(by=jon).values_list("revoked_at", flat=True)) == {None}


def test_of_an_approval_everybody_is_told_why_theirs_was_left_out(mara: User, jon: User, copies: list[Image]) -> None:
    job = send(mara, "related")
    held = open_cases()[-1]
    theirs = set(held.members.filter(live=True).values_list("image", flat=True))
    queue.take(held, jon)
    gone = next(copy for copy in copies[1:] if copy.pk not in theirs)
    Image.objects.filter(pk=gone.pk).update(standing=Image.Standing.REMOVED)
    job = worked(job)
    assert left_out(job) == {"busy": theirs, "changed": {gone.pk}}
    assert Verdict.objects.get().contents.count() == COPIES - len(theirs) - 1


def test_a_keeper_that_was_merged_meanwhile_stops_the_rest(mara: User, jon: User, copies: list[Image]) -> None:
    job = send(mara, keeper=copies[0])
    home = Case.objects.open().get(members__image=copies[0], members__live=True)
    shown = sorted(home.members.filter(live=True).values_list("image", flat=True))
    act("merge", home, jon, images=shown, keeper=shown[-1])
    job = worked(job)
    assert job.state == BulkJob.State.DONE
    assert not Decision.objects.filter(actor=mara).exists()
    assert left_out(job) == {"changed": {copy.pk for copy in copies[1:]}}


def test_one_picture_that_may_not_be_merged_does_not_hold_up_the_others(
    mara: User, jon: User, copies: list[Image]
) -> None:
    Image.objects.filter(pk=copies[4].pk).update(held=True)
    Image.objects.filter(pk=copies[5].pk).update(licence="CC BY 4.0")
    job = send(mara, keeper=copies[0])
    Image.objects.filter(pk=copies[6].pk).update(licence="CC0")
    job = worked(job)
    assert left_out(job) == {"held": {copies[4].pk}, "licence": {copies[5].pk, copies[6].pk}}
    assert live() == {copies[number].pk for number in (0, 4, 5, 6)}


def test_a_rule_against_two_of_them_is_found_by_halves(mara: User, copies: list[Image]) -> None:
    """Two whose contents were approved as different: one of them stays out, and no other."""
    approved = image(copies[0].owner, "approved", pixels="copy 4")
    find(approved, copies[7])
    job = send(mara, keeper=copies[0])
    home = Case.objects.open().get(members__image=copies[7], members__live=True)
    act("different", home, mara, images=[approved.pk, copies[7].pk])
    job = worked(job)
    assert job.state == BulkJob.State.DONE
    assert left_out(job) == {"changed": {copies[7].pk, approved.pk}}
    assert live() == {copies[0].pk, copies[7].pk, approved.pk}
    assert job.items.filter(state=BulkItem.State.DECIDED).count() > 1  # it was refused as one


def test_copies_that_come_later_are_no_part_of_it(mara: User, copies: list[Image]) -> None:
    case = entry()
    batch = batches.of(case)
    assert batch is not None
    seen = str(Seen.of(batch))
    late = image(copies[0].owner, "late")
    find(copies[0], late)
    job = batch_jobs.start(mara, entry(), job_id=uuid.uuid4(), action="merge", seen=seen, keeper=copies[0].pk)
    assert worked(job).total == COPIES - 1
    assert late.pk in live()


def test_a_form_about_copies_that_were_decided_since_is_not_sent(mara: User, jon: User, copies: list[Image]) -> None:
    batch = batches.of(entry())
    assert batch is not None
    seen = str(Seen.of(batch))
    act("different", open_cases()[-1], jon)
    for given in (seen, "", "3-x"):
        with pytest.raises(CaseChanged):
            batch_jobs.start(mara, entry(), job_id=uuid.uuid4(), action="related", seen=given)
    assert not BulkJob.objects.exists()


def test_nobody_merges_into_or_away_an_image_of_their_own(mara: User, copies: list[Image]) -> None:
    own = image(mara, "own")
    find(copies[0], own)
    with pytest.raises(NotAllowed):
        send(mara, keeper=own)
    job = worked(send(mara, keeper=copies[0]))
    assert left_out(job) == {"own": {own.pk}}


def test_the_same_form_sent_twice_is_one_job(mara: User, jon: User, copies: list[Image]) -> None:
    job_id = uuid.uuid4()
    assert send(mara, job_id=job_id, keeper=copies[0]) == send(mara, job_id=job_id, keeper=copies[0])
    with pytest.raises(NotAllowed):
        send(jon, job_id=job_id, keeper=copies[0])


def test_it_can_be_stopped_and_what_was_merged_stays_merged(
    mara: User, copies: list[Image], small_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 1)
    job = send(mara, keeper=copies[0])
    claim = outbox.claim("bulk", limit=1, seconds=60)
    assert claim is not None
    bulk.work(claim)
    bulk.stop(job, mara)
    job = worked(job)
    assert job.state == BulkJob.State.CANCELLED
    assert len(live()) == COPIES - 3
    assert entry().batch_size == COPIES - 3


def test_two_who_answer_the_same_batch_have_one_effect(mara: User, jon: User, copies: list[Image]) -> None:
    one, other = send(mara, keeper=copies[0]), send(jon, "related")
    worked(one)
    assert worked(other).state == BulkJob.State.DONE
    assert Decision.objects.count() == 1
    assert sum(job.items.filter(state=BulkItem.State.DECIDED).count() for job in (one, other)) == 1
    assert Verdict.objects.filter(kind=Verdict.Kind.RELATED).count() + Merge.objects.count() == 1


# --- The page ---


@pytest.mark.usefixtures("media")
def test_the_page_shows_how_many_sends_once_and_leads_to_the_job(mara: User, copies: list[Image]) -> None:
    client = logged_in(mara)
    assert f"{COPIES} copies of one picture" in page(client, reverse("cases"))
    desk = page(client, reverse("case", args=[open_cases()[1].pk]))
    address = reverse("batch", args=[entry().pk])
    assert address in desk
    response = client.get(address)
    assert f"Merge {COPIES - 1} pictures into the one to keep" in response.content.decode()
    context = response.context
    form = {"action": "merge", "job_id": str(context["job_id"]), "seen": str(context["seen"])}
    form["keeper"] = context["sight"].keepers[1].public_id
    job = BulkJob.objects.get(pk=client.post(address, form).headers["Location"].split("/")[-2])
    assert job.keeper == context["sight"].keepers[1]
    worked(job)
    text = page(client, job.get_absolute_url())
    assert f"{COPIES - 1} of {COPIES - 1} pictures decided." in text
    assert "Take all of it back" in text
    assert client.get(address).status_code == 404


@pytest.mark.usefixtures("media")
def test_a_form_that_came_too_late_shows_the_page_again(mara: User, jon: User, copies: list[Image]) -> None:
    client, address = logged_in(mara), reverse("batch", args=[entry().pk])
    context = client.get(address).context
    form = {"action": "merge", "job_id": str(context["job_id"]), "seen": str(context["seen"])}
    act("different", open_cases()[-1], jon)
    response = client.post(address, {**form, "keeper": copies[0].public_id})
    assert response.status_code == 409
    assert "Somebody decided about some of these" in response.content.decode()
    assert not BulkJob.objects.exists()


@pytest.mark.usefixtures("media")
def test_what_will_be_left_out_is_said_before(mara: User, jon: User, copies: list[Image]) -> None:
    queue.take(open_cases()[-1], jon)
    client = logged_in(mara)
    for action in ("merge", "related"):
        text = page(client, f"{reverse('batch', args=[entry().pk])}?action={action}")
        assert "somebody is looking at it" in text


@pytest.mark.usefixtures("media")
def test_the_page_asks_the_database_no_more_often_for_more_copies(
    mara: User, copies: list[Image], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client: Client = logged_in(mara)
    for number in range(2):
        with django_assert_max_num_queries(MOST):
            assert client.get(reverse("batch", args=[entry().pk])).status_code == 200
        for extra in range(12):
            find(copies[extra], image(copies[1].owner, f"more {number} {extra}"))
