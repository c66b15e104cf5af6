"""Answers as a browser sends them: taken, refused, sent twice, or too late."""

import re
from html import unescape

import pytest
from django.urls import reverse

from gallery.models import Case, Decision, Image, Merge, Pair, User, Verdict
from gallery.review import queue
from tests import factories
from tests.at_desk import case, form_of, group, logged_in, members, page

__all__ = ["case", "group"]

pytestmark = pytest.mark.usefixtures("media")


def test_an_answer_is_taken_and_can_be_undone_from_its_toast(mara: User, case: Case) -> None:
    client = logged_in(mara)
    form = form_of(page(client, reverse("case", args=[case.pk])))
    response = client.post(reverse("act", args=[case.pk, "different"]), form)
    assert response.headers["Location"] == reverse("review")
    toast = page(client, reverse("review"))
    assert "Different. 1 decision closed 1 pair." in toast
    assert Pair.objects.get().state == Pair.State.DIFFERENT
    response = client.post(reverse("undo", args=[form["decision_id"]]))
    assert Pair.objects.get().state == Pair.State.OPEN
    assert response.headers["Location"].startswith("/review/")


def test_the_same_form_sent_twice_has_one_effect(mara: User, case: Case) -> None:
    client = logged_in(mara)
    form = form_of(page(client, reverse("case", args=[case.pk])))
    for _time in range(2):
        assert client.post(reverse("act", args=[case.pk, "related"]), form).status_code == 302
    assert Decision.objects.count() == Verdict.objects.count() == 1


def test_merging_keeps_the_chosen_picture(mara: User, case: Case) -> None:
    older, newer = members(case)
    client = logged_in(mara)
    form = form_of(page(client, f"{reverse('case', args=[case.pk])}?keeper={newer.public_id}&file={older.public_id}"))
    client.post(reverse("act", args=[case.pk, "merge"]), form)
    merge = Merge.objects.get()
    assert (merge.keeper, merge.file) == (newer, older.file)
    older.refresh_from_db()
    assert older.merged_into == newer


def test_some_are_merged_and_the_rest_are_different(mara: User, group: Case) -> None:
    a, b, c, d = members(group)
    client = logged_in(mara)
    form = form_of(page(client, f"{reverse('case', args=[group.pk])}?keeper={a.public_id}"))
    ticked = form | {"images": [a.public_id, b.public_id], "rest": "different"}
    client.post(reverse("act", args=[group.pk, "merge"]), ticked)
    assert list(Image.objects.filter(merged_into=a)) == [b]
    assert {pair.state for pair in Pair.objects.filter(left=a, right__in=[c, d])} == {Pair.State.DIFFERENT}


def test_only_the_ticked_ones_are_told_apart(mara: User, group: Case) -> None:
    a, b, _c, _d = members(group)
    client = logged_in(mara)
    form = form_of(page(client, reverse("case", args=[group.pk])))
    client.post(reverse("act", args=[group.pk, "different"]), form | {"images": [a.public_id, b.public_id]})
    assert Pair.objects.filter(state=Pair.State.DIFFERENT).count() == 1
    assert Case.objects.open().get().size == 3


def test_licences_that_differ_are_to_be_chosen_from(mara: User, lena: User, otto: User) -> None:
    one = factories.image(lena, seed=1, licence="CC BY 4.0")
    other = factories.image(otto, seed=1, quality=50, licence="All rights reserved")
    case = factories.case(one, other)
    client = logged_in(mara)
    text = page(client, reverse("case", args=[case.pk]))
    assert "The licences differ" in text
    assert 'name="choice-licence" value="CC BY 4.0"' in text
    form = form_of(text)
    refused = client.post(reverse("act", args=[case.pk, "merge"]), form)
    assert refused.status_code == 409
    assert "The licences differ" in unescape(refused.content.decode())
    client.post(reverse("act", args=[case.pk, "merge"]), form | {"choice-licence": "CC BY 4.0"})
    assert Merge.objects.get().keeper.licence == "CC BY 4.0"


def test_the_second_of_two_moderators_is_told_who_was_faster(mara: User, jon: User, case: Case) -> None:
    address = reverse("case", args=[case.pk])
    first, second = logged_in(mara), logged_in(jon)
    form, late = form_of(page(first, address)), form_of(page(second, address))
    first.post(reverse("act", args=[case.pk, "merge"]), form)
    response = second.post(reverse("act", args=[case.pk, "merge"]), late)
    assert response.status_code == 409
    text = unescape(response.content.decode())
    assert re.search(r"mara merged these \d+ s ago", text)
    assert reverse("decision", args=[form["decision_id"]]) in text
    assert reverse("review_start") in text


def test_a_closed_case_says_what_happened_and_leads_on(mara: User, jon: User, case: Case) -> None:
    client = logged_in(mara)
    address = reverse("case", args=[case.pk])
    client.post(reverse("act", args=[case.pk, "different"]), form_of(page(client, address)))
    text = page(logged_in(jon), address)
    assert "This case is closed" in text
    assert "mara marked these as different" in text
    assert reverse("review_start") in text


@pytest.mark.parametrize(
    "broken", [{"decision_id": "no"}, {"seen_version": ""}, {"images": ["22222222222a"]}, {"seen_version": "99"}]
)
def test_a_form_of_another_page_changes_nothing(broken: dict[str, object], mara: User, case: Case) -> None:
    client = logged_in(mara)
    form = form_of(page(client, reverse("case", args=[case.pk])))
    response = client.post(reverse("act", args=[case.pk, "different"]), form | broken)
    assert response.status_code == 409
    assert "Your answer changed nothing." in unescape(response.content.decode())
    assert not Decision.objects.exists()


def test_an_answer_that_does_not_exist_is_not_found(mara: User, case: Case) -> None:
    assert logged_in(mara).post(reverse("act", args=[case.pk, "burn"])).status_code == 404


def test_an_escalation_needs_a_note_and_leaves_the_queue(mara: User, jon: User, case: Case) -> None:
    client = logged_in(mara)
    assert client.post(reverse("escalate", args=[case.pk]), {"note": " "}).status_code == 409
    client.post(reverse("escalate", args=[case.pk]), {"note": "A licence question."})
    assert queue.waiting(mara) == 0
    text = page(logged_in(jon), reverse("case", args=[case.pk]))
    assert "A licence question." in text
    assert 'id="answer"' in text


def test_a_comment_stays_with_the_case(mara: User, jon: User, case: Case) -> None:
    logged_in(mara).post(reverse("comment", args=[case.pk]), {"text": "Look at the <corner>."})
    response = logged_in(jon).get(reverse("case", args=[case.pk]))
    assert "Look at the &lt;corner&gt;." in response.content.decode()
