"""What was decided, in lists, on a page of its own and on the desk, and the way back."""

import re
import uuid
from html import unescape

import pytest
from django.urls import reverse

from gallery.models import Case, Decision, Merge, Pair, User
from gallery.review import removal
from tests import factories
from tests.at_desk import case, form_of, group, logged_in, members, page
from tests.conftest import make_user

__all__ = ["case", "group"]

pytestmark = pytest.mark.usefixtures("media")


def test_every_change_of_a_merge_is_shown_before_and_after(mara: User, case: Case) -> None:
    client = logged_in(mara)
    text = page(client, reverse("merge_preview", args=[case.pk]))
    assert "What merging into A changes" in text
    partial = client.get(reverse("merge_preview", args=[case.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in partial
    client.post(reverse("act", args=[case.pk, "merge"]), form_of(page(client, reverse("case", args=[case.pk]))))
    text = page(client, reverse("merge", args=[Merge.objects.get().pk]))
    assert "was merged." in text


def test_the_decisions_page_lists_ones_own_and_everybodys(mara: User, jon: User, case: Case) -> None:
    client = logged_in(mara)
    client.post(reverse("act", args=[case.pk, "different"]), form_of(page(client, reverse("case", args=[case.pk]))))
    assert "Different. 1 decision closed 1 pair." in page(client, reverse("decisions"))
    other = logged_in(jon)
    assert "No decisions here." in page(other, reverse("decisions"))
    assert "Different." in page(other, f"{reverse('decisions')}?whose=all&action=different&person=mara")
    assert "No decisions here." in page(other, f"{reverse('decisions')}?whose=all&action=merge")


def test_long_lists_go_on_where_the_page_ended(mara: User) -> None:
    for _number in range(45):
        Decision.objects.create(action=Decision.Action.DIFFERENT, actor=mara)
    client = logged_in(mara)
    first = page(client, reverse("decisions"))
    assert first.count("decision-row") == 40
    older = re.search(r'href="(\?[^"]*before=[^"]*)"', first)
    assert older
    assert page(client, reverse("decisions") + older.group(1)).count("decision-row") == 5


def test_a_decision_shows_what_taking_it_back_would_do(mara: User, jon: User, case: Case) -> None:
    client = logged_in(mara)
    form = form_of(page(client, reverse("case", args=[case.pk])))
    client.post(reverse("act", args=[case.pk, "merge"]), form)
    text = page(client, reverse("decision", args=[form["decision_id"]]))
    assert "Taking it back would" in text
    assert "is an image of its own again." in text
    response = logged_in(jon).post(reverse("undo", args=[form["decision_id"]]))
    assert response.status_code == 403
    assert "Say why you take it back" in unescape(response.content.decode())
    again = {"reason": "mistake", "decision_id": str(uuid.uuid4())}
    logged_in(jon).post(reverse("undo", args=[form["decision_id"]]), again)
    assert "Taken back by jon" in page(client, reverse("decision", args=[form["decision_id"]]))


def test_undoing_the_latest_takes_back_ones_own_last_answer(mara: User, case: Case) -> None:
    client = logged_in(mara)
    assert client.post(reverse("undo_latest")).headers["Location"] == reverse("review")
    client.post(reverse("act", args=[case.pk, "different"]), form_of(page(client, reverse("case", args=[case.pk]))))
    client.post(reverse("undo_latest"))
    assert Pair.objects.get().state == Pair.State.OPEN


def test_verdicts_in_force_are_listed_and_those_taken_back_on_request(mara: User, case: Case) -> None:
    client = logged_in(mara)
    form = form_of(page(client, reverse("case", args=[case.pk])))
    client.post(reverse("act", args=[case.pk, "related"]), form)
    assert reverse("decision", args=[form["decision_id"]]) in page(client, reverse("verdicts"))
    assert reverse("decision", args=[form["decision_id"]]) in page(client, f"{reverse('verdicts')}?person=mara")
    assert "No verdicts here." in page(client, f"{reverse('verdicts')}?person=jon")
    client.post(reverse("undo", args=[form["decision_id"]]))
    assert "No verdicts here." in page(client, reverse("verdicts"))
    assert "taken back by mara" in page(client, f"{reverse('verdicts')}?state=all")


def test_an_auditor_reads_a_case_and_changes_nothing(case: Case) -> None:
    client = logged_in(make_user("vera", "auditor"))
    text = page(client, reverse("case", args=[case.pk]))
    assert "Only moderators decide on cases." in text
    assert client.post(reverse("act", args=[case.pk, "different"])).status_code == 403
    assert client.post(reverse("skip", args=[case.pk])).status_code == 403


def test_what_was_decided_before_is_told_on_the_desk(mara: User, lena: User, otto: User, case: Case) -> None:
    client = logged_in(mara)
    client.post(reverse("act", args=[case.pk, "different"]), form_of(page(client, reverse("case", args=[case.pk]))))
    older, _newer = members(case)
    fresh = factories.image(otto, seed=1, quality=60)
    found = factories.case(older, fresh)
    text = page(client, reverse("case", args=[found.pk]))
    assert "A was told apart from “Lake again” by mara" in text


def test_what_was_decided_about_a_near_copy_is_told(mara: User, lena: User, otto: User) -> None:
    earlier = factories.image(lena, seed=1, title="Lake, first version")
    stranger = factories.image(otto, seed=2, title="Sea")
    before = factories.case(earlier, stranger)
    client = logged_in(mara)
    client.post(reverse("act", args=[before.pk, "different"]), form_of(page(client, reverse("case", args=[before.pk]))))
    version, copy = factories.image(lena, seed=1, quality=70), factories.image(otto, seed=1, quality=50)
    factories.pair(earlier, version)
    removal.remove(earlier, lena)
    case = factories.case(version, copy)
    text = page(client, reverse("case", args=[case.pk]))
    assert "“Lake, first version”, which looks like A, was told apart from “Sea” by mara" in text
