"""Two people decide at the same moment: one has an effect, the other is told."""

import time
import uuid
from collections.abc import Iterator
from functools import partial

import pytest

from gallery import outbox
from gallery.errors import ReviewError
from gallery.models import BulkItem, BulkJob, Case, Decision, Image, Merge, Policy, User, Verdict
from gallery.review import batch_jobs, batches, bulk
from gallery.review.actions import ACTIONS
from gallery.review.batch_jobs import Seen
from tests.faults.ledger import Entry, note
from tests.judgement import case_of, find, image, submit
from tests.racing import Racers, racers

WAYS = [("different", "merge"), ("merge", "merge"), ("related", "different")]
ROUNDS = 40
BATCHES = 10
COPIES = 12


@pytest.fixture
def race() -> Iterator[Racers]:
    with racers() as both:
        yield both


def test_two_moderators_on_one_case_have_one_effect(lena: User, mara: User, jon: User, race: Racers) -> None:
    since, twice = time.monotonic(), 0
    for number in range(ROUNDS):
        for one, other in WAYS:
            left, right = image(lena, f"left {one} {other} {number}"), image(lena, f"right {one} {other} {number}")
            find(left, right)
            case = case_of(left)
            first, second = submit(case, keeper=left.pk), submit(case, keeper=right.pk)
            results = race.at_once(
                partial(ACTIONS[one].run, case, mara, submit=first),
                partial(ACTIONS[other].run, case, jon, submit=second),
            )
            refused = [result.status for result in results if isinstance(result, ReviewError)]
            effects = Decision.objects.filter(case=case, dissent=False).count()
            twice += (effects, refused) != (1, [409])
    rounds = ROUNDS * len(WAYS)
    seconds = (time.monotonic() - since) / rounds
    note(Entry(16, "Two decisions at the same moment", f"{rounds} times", twice, seconds))
    assert twice == 0


def job_of(by: User, action: str, case: Case) -> BulkJob:
    batch = batches.of(case)
    assert batch is not None
    keeper = min(batch.images)
    return batch_jobs.start(by, case, job_id=uuid.uuid4(), action=action, seen=str(Seen.of(batch)), keeper=keeper)


def work_until_done(job: BulkJob) -> None:
    """What a worker does, until the job has come to its end."""
    while BulkJob.objects.get(pk=job.pk).is_at_work:
        if claim := outbox.claim(bulk.TOPIC, limit=1, seconds=60):
            bulk.work(claim)


def test_two_answers_to_all_copies_of_a_picture_have_one_effect(
    lena: User, mara: User, jon: User, race: Racers, monkeypatch: pytest.MonkeyPatch, rows_of_migrations: None
) -> None:
    monkeypatch.setattr(batches, "PART", 3)
    Policy.objects.update(case_cap=4)
    since, twice = time.monotonic(), 0
    for number in range(BATCHES):
        copies = [image(lena, f"copy {number} {copy}") for copy in range(COPIES)]
        for copy in copies[1:]:
            find(copies[0], copy)
        case = case_of(copies[0])
        jobs = [job_of(mara, "merge", case), job_of(jon, "related" if number % 2 else "merge", case)]
        race.at_once(*(partial(work_until_done, job) for job in jobs))
        twice += counted_twice(copies, jobs)
    seconds = (time.monotonic() - since) / BATCHES
    note(Entry(17, f"Two answers to the same {COPIES} copies", f"{BATCHES} times", twice, seconds))
    assert twice == 0


def counted_twice(copies: list[Image], jobs: list[BulkJob]) -> int:
    """Images that both jobs decided about, or neither, or that lead to no keeper that is live."""
    ids = {copy.pk for copy in copies[1:]}
    decided: list[int] = []
    for item in BulkItem.objects.filter(job__in=jobs, state=BulkItem.State.DECIDED):
        decided += [pk for pk in item.images if pk in ids]
    merged = Image.objects.filter(pk__in=ids).exclude(merged_into=None)
    assert not merged.exclude(merged_into__standing=Image.Standing.LIVE).exists()
    effects = Merge.objects.filter(decision__in=BulkItem.objects.filter(job__in=jobs).values("pk")).count()
    effects += Verdict.objects.filter(
        kind=Verdict.Kind.RELATED, decision__in=[item.pk for item in jobs[1].items.all()]
    ).count()
    assert effects == BulkItem.objects.filter(job__in=jobs, state=BulkItem.State.DECIDED).count()
    return len(decided) - len(set(decided)) + len(ids - set(decided))
