"""Many cases, one submit: what is decided, what is left to people, and the way back."""

import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from gallery import outbox, tasks
from gallery.errors import CaseChanged, NotAllowed, RuleBroken
from gallery.models import AuditEntry, BulkItem, BulkJob, Case, Decision, Image, OutboxEntry, Pair, SavedFilter, User
from gallery.review import bulk, queue, selection
from gallery.review.selection import Filters
from tests.at_desk import page
from tests.judgement import act, case_of, everything, find, image, tag

pytestmark = pytest.mark.django_db

ALL = Filters(show="all")


def make_case(one: User, other: User, name: str, **signals: Any) -> Case:
    images = image(one, f"{name} of {one}"), image(other, f"{name} again")
    find(*images, **signals)
    return case_of(*images)


@pytest.fixture
def cases(lena: User, otto: User) -> list[Case]:
    """Three cases of two, none of a moderator's."""
    return [make_case(lena, otto, str(number)) for number in range(3)]


def send(by: User, action: str = "different", *, filters: Filters = ALL) -> BulkJob:
    found = selection.matching(filters, by)
    seen = selection.seal(found)
    return bulk.start(by, found, job_id=uuid.uuid4(), action=action, filters=filters, seen=seen)


def worked(job: BulkJob) -> BulkJob:
    """The job after a worker has done all of it."""
    tasks.work_on("bulk")
    job.refresh_from_db()
    return job


def left_out(job: BulkJob) -> list[str]:
    return list(job.items.exclude(code="").order_by("number").values_list("code", flat=True))


@pytest.mark.parametrize("action", ["different", "related", "merge"])
def test_every_case_gets_a_decision_of_its_own(action: str, mara: User, cases: list[Case]) -> None:
    job = worked(send(mara, action))
    assert job.state == BulkJob.State.DONE
    assert Decision.objects.filter(actor=mara, action=action).count() == 3
    assert not Case.objects.open().exists()
    assert set(job.items.values_list("pk", flat=True)) == set(Decision.objects.values_list("pk", flat=True))
    assert not OutboxEntry.objects.filter(topic="bulk").exists()


def test_one_undo_takes_all_of_it_back(mara: User, cases: list[Case]) -> None:
    before = everything()
    job = worked(send(mara, "merge"))
    assert everything() != before
    bulk.take_back(job, mara)
    job = worked(job)
    assert job.state == BulkJob.State.UNDONE
    assert everything()["images"] == before["images"]
    assert everything()["cases"] == before["cases"]
    assert Decision.objects.filter(action=Decision.Action.UNDO).count() == 3


def test_what_cannot_be_decided_for_many_is_left_out_and_told(
    mara: User, jon: User, lena: User, otto: User, cases: list[Case]
) -> None:
    own = make_case(mara, otto, "own")
    escalated = make_case(lena, otto, "escalated")
    queue.escalate(escalated, jon, note="Look at the licence.")
    busy = make_case(lena, otto, "busy")
    queue.take(busy, jon)
    held = make_case(lena, otto, "held")
    Image.objects.filter(memberships__case=held, owner=lena).update(held=True)
    licence = make_case(lena, otto, "licence")
    Image.objects.filter(memberships__case=licence, owner=lena).update(licence="CC BY 4.0")
    job = send(mara, "merge")
    act("different", cases[0], jon)
    job = worked(job)
    reasons = dict(job.items.values_list("case", "code"))
    assert reasons == {
        cases[0].pk: "changed",
        cases[1].pk: "",
        cases[2].pk: "",
        own.pk: "own",
        escalated.pk: "escalated",
        busy.pk: "busy",
        held.pk: "held",
        licence.pk: "licence",
    }
    assert Decision.objects.filter(actor=mara).count() == 2
    assert not Decision.objects.filter(dissent=True).exists()
    assert all(job.items.exclude(code="").values_list("sentence", flat=True))


def test_a_job_can_be_stopped_and_what_was_not_decided_stays_open(
    mara: User, cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    job = send(mara)
    claim = outbox.claim("bulk", limit=1, seconds=60)
    assert claim is not None
    bulk.work(claim)
    bulk.stop(job, mara)
    job = worked(job)
    assert job.state == BulkJob.State.CANCELLED
    assert Case.objects.open().count() == 2
    bulk.take_back(job, mara)
    assert worked(job).state == BulkJob.State.UNDONE
    assert Case.objects.open().count() == 3


def test_the_same_form_sent_twice_is_one_job(mara: User, jon: User, cases: list[Case]) -> None:
    found, job_id = selection.matching(ALL, mara), uuid.uuid4()
    seen = selection.seal(found)
    jobs = [bulk.start(mara, found, job_id=job_id, action="different", filters=ALL, seen=seen) for _number in range(2)]
    assert jobs[0] == jobs[1]
    assert BulkItem.objects.count() == 3
    with pytest.raises(NotAllowed):
        bulk.start(jon, found, job_id=job_id, action="different", filters=ALL, seen=seen)


def test_work_that_is_done_twice_has_one_effect(mara: User, cases: list[Case]) -> None:
    job = worked(send(mara))
    job.items.update(state=BulkItem.State.WAITING)
    BulkJob.objects.update(state=BulkJob.State.RUNNING)
    outbox.send("bulk", key=job.pk)
    job = worked(job)
    assert Decision.objects.count() == 3


def test_a_selection_that_changed_since_the_preview_is_not_sent(
    mara: User, lena: User, otto: User, cases: list[Case]
) -> None:
    found = selection.matching(ALL, mara)
    seen = selection.seal(found)
    make_case(lena, otto, "late")
    with pytest.raises(CaseChanged):
        bulk.start(mara, found, job_id=uuid.uuid4(), action="different", filters=ALL, seen=seen)
    with pytest.raises(RuleBroken):
        bulk.start(mara, found.none(), job_id=uuid.uuid4(), action="different", filters=ALL, seen=seen)
    assert not BulkJob.objects.exists()


def test_only_its_author_or_a_senior_with_a_reason_stops_it_or_takes_it_back(
    mara: User, jon: User, lena: User, cases: list[Case]
) -> None:
    job = send(mara)
    with pytest.raises(NotAllowed):
        bulk.stop(job, lena)
    job = worked(job)
    with pytest.raises(NotAllowed):
        bulk.take_back(job, lena)
    with pytest.raises(NotAllowed):
        bulk.take_back(job, jon)
    bulk.take_back(job, jon, reason="Not looked at closely.")
    assert worked(job).state == BulkJob.State.UNDONE
    verbs = AuditEntry.objects.filter(verb__startswith="bulk.").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["bulk.start", "bulk.done", "bulk.undo", "bulk.undone"]


def test_a_case_that_ends_the_work_twice_is_left_out(mara: User, cases: list[Case]) -> None:
    job = send(mara)
    OutboxEntry.objects.filter(topic="bulk").update(attempts=2)
    job = worked(job)
    assert left_out(job) == ["failed"]
    assert Decision.objects.count() == 2


# --- The list and its filters ---


def shown(filters: Filters, user: User) -> Sequence[int]:
    return list(selection.matching(filters, user).values_list("pk", flat=True))


def test_cases_are_found_by_all_that_is_filtered(mara: User, lena: User, otto: User, jon: User) -> None:
    same = make_case(lena, otto, "same", same_pixels=True, similarity=1.0)
    turned = make_case(lena, jon, "turned", traits=Pair.Trait.MIRRORED | Pair.Trait.CROPPED)
    near = make_case(lena, otto, "near", cells=0, ncc=None, pdq_distance=4, pdq_usable=True, similarity=0.2)
    everyone = {same.pk, turned.pk, near.pk}
    assert set(shown(ALL, mara)) == everyone
    assert shown(Filters(signal="pixels"), mara) == [same.pk]
    assert shown(Filters(signal="pdq"), mara) == [near.pk]
    assert set(shown(Filters(signal="geometry"), mara)) == everyone - {near.pk}
    assert shown(Filters(trait="mirrored"), mara) == [turned.pk]
    assert shown(Filters(trait="cropped"), mara) == [turned.pk]
    assert shown(Filters(trait="grey"), mara) == []
    assert shown(Filters(tier="identical"), mara) == [same.pk]
    assert shown(Filters(owner="jon"), mara) == [turned.pk]
    tag(turned.members.all()[0].image, "Sunset")
    assert shown(Filters(tag="sunset"), mara) == [turned.pk]
    assert shown(Filters(most="0.5"), mara) == [near.pk]
    assert shown(Filters(age="over-week"), mara) == []
    assert set(shown(Filters(policy="1"), mara)) == everyone
    queue.skip(same, mara)
    queue.escalate(near, mara, note="Which one stays?")
    assert shown(Filters(show="skipped"), mara) == [same.pk]
    assert shown(Filters(show="escalated"), mara) == [near.pk]
    assert shown(Filters(), mara) == [turned.pk]


@pytest.mark.parametrize(
    "query",
    [
        {"tier": "x", "least": "nan", "most": "7", "signal": "?", "trait": "0", "age": "-1", "policy": "9" * 40},
        {"show": "nothing", "owner": "\0" * 10, "tag": "\0", "least": "1e999", "policy": "-3"},
    ],
)
def test_filters_that_make_no_sense_are_left_out(query: dict[str, str]) -> None:
    assert Filters.read(query) == Filters()


@pytest.mark.parametrize("position", ["x", "1:2", "9:0.5:1", "1:nan:1", f"1:0.5:{2**70}"])
def test_a_position_that_makes_no_sense_shows_the_first_page(position: str, mara: User, cases: list[Case]) -> None:
    assert selection.behind(selection.matching(ALL, mara), position).count() == 3


def test_pages_go_on_behind_the_last_case_although_it_closed(mara: User, jon: User, cases: list[Case]) -> None:
    order = list(selection.matching(ALL, mara))
    position = selection.position_of(order[0])
    act("different", order[0], jon)
    assert list(selection.behind(selection.matching(ALL, mara), position)) == order[1:]


def test_filters_are_kept_under_a_name_and_forgotten(mara: User, jon: User, cases: list[Case]) -> None:
    client, other = Client(), Client()
    client.force_login(mara)
    other.force_login(jon)
    for signal in ("pdq", "geometry"):
        client.post(reverse("keep_filter"), {"name": "Sure ones", "signal": signal})
    (kept,) = SavedFilter.objects.all()
    assert kept.filters == {"signal": "geometry"}
    assert "Sure ones" in page(client, reverse("cases"))
    assert "Sure ones" not in page(other, reverse("cases"))
    assert other.post(reverse("forget_filter", args=[kept.pk])).status_code == 404
    client.post(reverse("forget_filter", args=[kept.pk]))
    assert not SavedFilter.objects.exists()


# --- The pages ---


def test_only_the_ticked_cases_are_decided(mara: User, cases: list[Case]) -> None:
    client = Client()
    client.force_login(mara)
    asked: dict[str, Any] = {
        "show": "all",
        "action": "different",
        "scope": "ticked",
        "case": [cases[0].pk, cases[2].pk],
    }
    response = client.get(reverse("bulk_preview"), asked)
    assert response.context["count"] == 2
    form = {**asked, "job_id": str(response.context["job_id"]), "seal": str(response.context["seal"])}
    job = BulkJob.objects.get(pk=client.post(reverse("bulk_start"), form).headers["Location"].split("/")[-2])
    worked(job)
    assert list(Case.objects.open()) == [cases[1]]
    text = page(client, reverse("bulk", args=[job.pk]))
    assert "2 of 2 cases decided." in text
    assert "Take back all 2 decisions" in text
    assert client.get(reverse("bulk_progress", args=[job.pk])).status_code == 286


def test_a_form_that_came_too_late_shows_the_preview_again(
    mara: User, lena: User, otto: User, cases: list[Case]
) -> None:
    client = Client()
    client.force_login(mara)
    asked = {"show": "all", "action": "merge", "scope": "all"}
    context = client.get(reverse("bulk_preview"), asked).context
    make_case(lena, otto, "late")
    response = client.post(
        reverse("bulk_start"), {**asked, "job_id": str(context["job_id"]), "seal": str(context["seal"])}
    )
    assert response.status_code == 409
    assert "Merge: 4 cases" in response.content.decode()
    assert not BulkJob.objects.exists()


def test_nobody_sees_the_jobs_of_others_but_seniors_and_auditors(
    mara: User, jon: User, lena: User, ada: User, cases: list[Case]
) -> None:
    job = send(mara)
    address = reverse("bulk", args=[job.pk])
    for user, status in ((mara, 200), (jon, 200), (ada, 200), (lena, 403)):
        client = Client()
        client.force_login(user)
        assert client.get(address).status_code == status


def test_ticks_travel_from_page_to_page_and_are_counted_exactly(
    mara: User, cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gallery.views.cases.PAGE", 2)
    client = Client()
    client.force_login(mara)
    listed = reverse("cases")
    first = client.get(listed)
    ticks = [row.case.pk for row in first.context["rows"]]
    query = {"case": [*ticks, ticks[0], "nonsense"], "after": first.context["older"], "action": "merge"}
    second = client.get(listed, query)
    assert second.context["ticked_elsewhere"] == ticks
    assert "2 on other pages" in second.content.decode()
    back = client.get(listed, {"case": ticks})
    assert back.context["ticked_elsewhere"] == []
    assert back.content.decode().count(" checked") == 2
    more = [row.case.pk for row in second.context["rows"]][:1]
    preview = client.get(reverse("bulk_preview"), {"case": [*ticks, *more], "scope": "ticked", "action": "different"})
    assert preview.context["count"] == 3


def test_more_ticks_than_a_form_may_bring_are_refused_and_not_cut(mara: User, cases: list[Case]) -> None:
    client = Client()
    client.force_login(mara)
    many = {"case": [str(number) for number in range(1, 250)], "scope": "ticked", "action": "different"}
    text = page(client, f"{reverse('bulk_preview')}?{urlencode(many, doseq=True)}")
    assert "Up to 200 cases can be ticked at once." in text
    assert 'id="send"' not in text
    response = client.post(reverse("bulk_start"), {**many, "job_id": uuid.uuid4(), "seal": ""})
    assert response.status_code == 409
    assert not BulkJob.objects.exists()
