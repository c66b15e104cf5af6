"""The desk and the pages around it, asked as a browser asks: forms, links, redirects. No script runs here."""

import re
import uuid
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import Case, Decision, Image, Merge, Pair, User, Verdict
from gallery.pictures import checked
from gallery.review import queue, removal
from gallery.verification.evidence import Box
from tests import factories, pictures
from tests.conftest import make_user

pytestmark = pytest.mark.usefixtures("media")


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, address: str, *, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.content[:2000]
    return unescape(response.content.decode())


def form_of(text: str) -> dict[str, str]:
    """The hidden fields of the answer's form, as a browser would send them."""
    form = re.search(r'<form method="post" id="answer".*?</form>', text, re.DOTALL)
    assert form, "the page has no answers"
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.group())
    return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}


def two(lena: User, otto: User) -> tuple[Image, Image]:
    return factories.image(lena, seed=1, title="Lake"), factories.image(otto, seed=1, quality=40, title="Lake again")


@pytest.fixture
def case(lena: User, otto: User, media: Path) -> Case:
    """Two images of two people that strict geometry found alike."""
    return factories.case(*two(lena, otto))


@pytest.fixture
def group(lena: User, otto: User, media: Path) -> Case:
    """Four images, each alike the first."""
    images = [factories.image(owner, seed=1, quality=80 - n) for n, owner in enumerate([lena, otto, lena, otto])]
    return factories.case(*images)


def members(case: Case) -> list[Image]:
    return list(Image.objects.filter(memberships__case=case).order_by("pk"))


# --- the queue ---


def test_the_queue_shows_what_comes_next_and_why(mara: User, case: Case) -> None:
    text = page(logged_in(mara), reverse("review"))
    assert reverse("case", args=[case.pk]) in text
    assert "lena, otto" in text
    assert "certain" in text
    assert reverse("review_start") in text


def test_an_empty_queue_says_what_is_still_being_compared(mara: User, lena: User) -> None:
    for _number in range(2):
        factories.image(lena, stage=Image.Stage.EMBEDDED)
    text = page(logged_in(mara), reverse("review"))
    assert "Nothing to review." in text
    assert "2 images are still being compared." in text


def test_starting_leads_to_the_first_case_and_back_to_the_queue_after_the_last(mara: User, case: Case) -> None:
    client = logged_in(mara)
    assert client.get(reverse("review_start")).headers["Location"] == reverse("case", args=[case.pk])
    client.post(reverse("skip", args=[case.pk]))
    assert client.get(reverse("review_start")).headers["Location"] == reverse("review")


def test_what_was_skipped_can_be_brought_back(mara: User, case: Case) -> None:
    client = logged_in(mara)
    client.post(reverse("skip", args=[case.pk]))
    assert "You skipped 1 case." in page(client, reverse("review"))
    client.post(reverse("unskip"))
    assert queue.waiting(mara) == 1


@pytest.mark.parametrize(
    ("name", "moderator", "uploader", "auditor"),
    [("review", 200, 403, 403), ("decisions", 200, 403, 200), ("verdicts", 200, 403, 200), ("keys", 200, 403, 403)],
)
def test_only_those_who_may_see_a_page_do(
    name: str, moderator: int, uploader: int, auditor: int, mara: User, lena: User
) -> None:
    watcher = make_user("vera", "auditor")
    for user, status in ((mara, moderator), (lena, uploader), (watcher, auditor)):
        assert logged_in(user).get(reverse(name)).status_code == status
    assert "login" in Client().get(reverse(name)).headers["Location"]


# --- the desk ---


def test_the_desk_shows_both_pictures_the_reason_and_the_facts(mara: User, case: Case) -> None:
    text = page(logged_in(mara), reverse("case", args=[case.pk]))
    older, newer = members(case)
    assert f'alt="{older.title}"' in text
    assert f'alt="{newer.title}"' in text
    assert "Why flagged" in text
    assert "What differs" in text
    assert "Keep A" in text
    assert "Case 1 of 1" in text
    assert "Nobody has decided about either of them." in text


@pytest.mark.invariant(11)
def test_every_key_of_the_sheet_presses_a_control_of_the_page(mara: User, group: Case) -> None:
    """Invariant 11: what the sheet promises is on the page, or comes with another state of the page."""
    text = page(logged_in(mara), reverse("case", args=[group.pk]))
    promised = set(re.findall(r'data-presses="([\w-]+)"', text))
    there = set(re.findall(r'data-does="([\w-]+)"', text))
    elsewhere = {"intentional", "keeper-previous", "region-next", "region-previous", "case-previous", "case-next"}
    assert promised - there <= elsewhere
    assert there <= promised


@pytest.mark.invariant(11)
def test_single_keys_can_be_switched_off(mara: User, case: Case) -> None:
    client = logged_in(mara)
    assert "data-listen" in page(client, reverse("case", args=[case.pk]))
    User.objects.filter(pk=mara.pk).update(single_keys=False)
    assert "data-listen" not in page(client, reverse("case", args=[case.pk]))


def test_the_suggested_answer_comes_first(mara: User, case: Case) -> None:
    text = page(logged_in(mara), reverse("case", args=[case.pk]))
    assert re.search(r'class="btn primary"[^>]*data-does="merge"', text)


def test_an_intentional_copy_is_offered_for_identical_files_only(
    mara: User, lena: User, otto: User, case: Case
) -> None:
    client = logged_in(mara)
    assert 'data-does="intentional"' not in page(client, reverse("case", args=[case.pk]))
    twins = factories.image(lena, seed=7), factories.image(otto, seed=7)
    identical = factories.case(*twins, same_bytes=True, same_pixels=True)
    text = page(client, reverse("case", args=[identical.pk]))
    assert 'data-does="intentional"' in text
    assert "there is no difference to show" in text


def test_a_pair_with_geometry_can_be_laid_over_and_its_changes_visited(mara: User, lena: User, otto: User) -> None:
    picture = pictures.photograph(3, width=96, height=72, things=12)
    one, other = factories.image(lena, picture), factories.image(otto, picture, quality=50)
    found = factories.evidence(picture, picture, changed=[Box(0.1, 0.8, 0.5, 0.95)])
    pair = factories.pair(one, other, evidence=found)
    text = page(logged_in(mara), reverse("case", args=[factories.case(one, other, pairs=[pair]).pk]))
    assert reverse("pair_rendition", args=[pair.pk, "difference"]) in text
    assert 'data-box="0.1000 0.8000 0.5000 0.9500"' in text


def test_without_geometry_the_desk_says_that_there_is_no_difference_to_draw(mara: User, lena: User, otto: User) -> None:
    images = two(lena, otto)
    case = factories.case(*images, cells=0, ncc=None, textured_share=None, similarity=0.97)
    text = page(logged_in(mara), reverse("case", args=[case.pk]))
    assert "No common geometry was found" in text
    assert re.search(r'id="aligned"[^>]*disabled', text)


def test_another_keeper_and_another_file_are_links(mara: User, case: Case) -> None:
    older, newer = members(case)
    client = logged_in(mara)
    address = reverse("case", args=[case.pk])
    text = page(client, f"{address}?keeper={newer.public_id}")
    assert "Keep B" in text
    assert "Merge into B" in text
    assert form_of(text)["file"] == newer.public_id
    text = page(client, f"{address}?keeper={older.public_id}&file={newer.public_id}")
    assert "With the file of B." in text
    assert form_of(text) | {"decision_id": ""} == {
        "decision_id": "",
        "seen_version": str(case.version),
        "keeper": older.public_id,
        "file": newer.public_id,
    }


def test_in_a_group_those_verified_against_the_keeper_are_ticked(mara: User, lena: User, otto: User) -> None:
    a, b, c = (factories.image(owner, seed=1, quality=80 - n) for n, owner in enumerate([lena, otto, lena]))
    case = factories.case(a, b, c, pairs=[factories.pair(a, b), factories.pair(b, c)])
    text = page(logged_in(mara), f"{reverse('case', args=[case.pk])}?keeper={a.public_id}")
    ticked = re.findall(r'name="images" value="(\w+)"[^>]*checked', text)
    assert ticked == [a.public_id, b.public_id]


def test_a_lone_tick_is_no_answer_and_the_desk_still_opens(mara: User, group: Case) -> None:
    first = members(group)[0]
    address = f"{reverse('case', args=[group.pk])}?keeper={first.public_id}&images={first.public_id}"
    text = page(logged_in(mara), address)
    assert len(re.findall(r'name="images" value="(\w+)"[^>]*checked', text)) > 1


def test_any_two_of_a_group_can_be_compared(mara: User, group: Case) -> None:
    _a, _b, c, d = members(group)
    text = page(logged_in(mara), f"{reverse('case', args=[group.pk])}?show={c.public_id}&show={d.public_id}")
    assert "The two are being compared with each other now" in text
    assert re.findall(r"<figcaption>(?:<span class=\"as-is\">)?([A-D])", text) == ["C", "D"]


def test_the_desk_takes_the_lease_and_tells_the_second_person(mara: User, jon: User, case: Case) -> None:
    address = reverse("case", args=[case.pk])
    page(logged_in(mara), address)
    text = page(logged_in(jon), address)
    assert "mara is here" in text
    logged_in(jon).post(reverse("take_over", args=[case.pk]))
    assert "jon is here" in page(logged_in(mara), address)


def test_a_heartbeat_keeps_the_lease_and_stops_with_the_case(mara: User, case: Case) -> None:
    client = logged_in(mara)
    page(client, reverse("case", args=[case.pk]))
    until = Case.objects.get(pk=case.pk).lease_until
    assert client.post(reverse("heartbeat", args=[case.pk])).status_code == 200
    assert until is not None
    assert (Case.objects.get(pk=case.pk).lease_until or timezone.now()) >= until
    members(case)[0].pairs_as_left.all().delete()
    Case.objects.filter(pk=case.pk).update(state=Case.State.CLOSED)
    assert client.post(reverse("heartbeat", args=[case.pk])).status_code == 286


def test_nobody_is_offered_an_answer_about_their_own_image(case: Case) -> None:
    lena = User.objects.get(username="lena")
    lena.groups.add(*make_user("nina", "moderator").groups.all())
    text = page(logged_in(lena), reverse("case", args=[case.pk]))
    assert "One of these images is your own." in text
    assert 'id="answer"' not in text


# --- answers ---


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


# --- afterwards ---


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


def test_what_was_decided_before_is_told_on_the_desk(mara: User, lena: User, otto: User, case: Case) -> None:
    client = logged_in(mara)
    client.post(reverse("act", args=[case.pk, "different"]), form_of(page(client, reverse("case", args=[case.pk]))))
    older, _newer = members(case)
    fresh = factories.image(otto, seed=1, quality=60)
    found = factories.case(older, fresh)
    text = page(client, reverse("case", args=[found.pk]))
    assert "A was told apart from “Lake again” by mara" in text


def test_verdicts_in_force_are_listed_and_those_taken_back_on_request(mara: User, case: Case) -> None:
    client = logged_in(mara)
    form = form_of(page(client, reverse("case", args=[case.pk])))
    client.post(reverse("act", args=[case.pk, "related"]), form)
    assert reverse("decision", args=[form["decision_id"]]) in page(client, reverse("verdicts"))
    client.post(reverse("undo", args=[form["decision_id"]]))
    assert "No verdicts here." in page(client, reverse("verdicts"))
    assert "taken back by mara" in page(client, f"{reverse('verdicts')}?state=all")


def test_an_auditor_reads_a_case_and_changes_nothing(case: Case) -> None:
    client = logged_in(make_user("vera", "auditor"))
    text = page(client, reverse("case", args=[case.pk]))
    assert "Only moderators decide on cases." in text
    assert client.post(reverse("act", args=[case.pk, "different"])).status_code == 403
    assert client.post(reverse("skip", args=[case.pk])).status_code == 403


# --- keys ---


def test_a_key_can_be_changed_and_gives_way_nowhere(mara: User, case: Case) -> None:
    client = logged_in(mara)
    fields = dict(re.findall(r'<input type="text" name="([\w-]+)" value="([^"]*)"', page(client, reverse("keys"))))
    assert fields["different"] == "a"
    assert client.post(reverse("keys"), fields | {"different": "s"}).status_code == 422
    assert client.post(reverse("keys"), fields | {"different": "d"}).status_code == 302
    text = page(client, reverse("case", args=[case.pk]))
    assert re.search(r'data-key="d" data-presses="different"', text)
    assert 'data-key="a"' not in text
    client.post(reverse("keys"), {"usual": "yes"})
    mara.refresh_from_db()
    assert mara.keymap == {}


# --- groups, outlines, and what was decided about near copies ---


def test_any_two_of_a_group_are_picked(mara: User, group: Case) -> None:
    images = members(group)
    text = page(logged_in(mara), reverse("case", args=[group.pk]))
    assert text.count('<select name="show">') == 2
    query = f"?show={images[1].public_id}&show={images[3].public_id}&keeper={images[0].public_id}"
    picked = logged_in(mara).get(reverse("case", args=[group.pk]) + query).context["desk"]
    assert picked.stage == (images[1], images[3])
    assert picked.keeper == images[0]


def test_an_outline_shows_where_a_part_lies(mara: User, lena: User, otto: User) -> None:
    picture = pictures.photograph(1, width=200, height=100, things=12)
    part = checked(picture[:, 50:150])
    found = factories.evidence(picture, part)
    found["transformation"]["homography"] = [[0.5, 0.0, 0.25], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    found["transformation"]["first"] |= {"share": 0.5, "surroundings": "scene"}
    one, other = factories.image(lena, picture), factories.image(otto, part)
    case = factories.case(one, other, pairs=[factories.pair(one, other, evidence=found)])
    text = page(logged_in(mara), reverse("case", args=[case.pk]))
    assert text.count('class="outline"') == 1
    assert '<polygon points="50.0,0.0 150.0,0.0 150.0,100.0 50.0,100.0"/>' in text


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


@pytest.mark.parametrize("header", ["Purpose", "Sec-Purpose"])
def test_a_page_that_is_only_fetched_ahead_leaves_no_trace(header: str, mara: User, case: Case) -> None:
    client = logged_in(mara)
    client.post(reverse("unskip"))
    client.post(reverse("comment", args=[case.pk]), {"text": "sharp eyes"})  # has something to say on the next page
    ahead = client.get(reverse("case", args=[case.pk]), headers={header: "prefetch"}).content.decode()
    assert "The comment is with the case." not in ahead
    assert queue.lease_of(case, mara).holder is None
    assert "trail" not in client.session
    assert "The comment is with the case." in page(client, reverse("case", args=[case.pk]))
    assert queue.lease_of(case, mara).mine
