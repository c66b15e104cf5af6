"""A case on the desk, asked as a browser asks: pictures, reasons, ticks, leases. No script runs here."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from gallery.models import Case, User
from gallery.pictures import checked
from gallery.review import queue
from gallery.verification.evidence import Box
from gallery.views.sitting import COOKIE
from tests import factories, pictures
from tests.at_desk import case, form_of, group, logged_in, members, page, two
from tests.conftest import make_user

__all__ = ["case", "group"]

pytestmark = pytest.mark.usefixtures("media")


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
    assert "B on A · difference" in text


def test_where_nothing_differs_the_dark_picture_says_so(mara: User, lena: User, otto: User) -> None:
    picture = pictures.photograph(3, width=96, height=72, things=12)
    one, other = factories.image(lena, picture), factories.image(otto, picture, quality=50)
    pair = factories.pair(one, other, evidence=factories.evidence(picture, picture))
    text = page(logged_in(mara), reverse("case", args=[factories.case(one, other, pairs=[pair]).pk]))
    assert "B on A · nothing differs" in text


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


@pytest.mark.parametrize("header", ["Purpose", "Sec-Purpose"])
def test_a_page_that_is_only_fetched_ahead_leaves_no_trace(header: str, mara: User, case: Case) -> None:
    client = logged_in(mara)
    client.post(reverse("unskip"))
    client.post(reverse("comment", args=[case.pk]), {"text": "sharp eyes"})  # has something to say on the next page
    ahead = client.get(reverse("case", args=[case.pk]), headers={header: "prefetch"}).content.decode()
    assert "The comment is with the case." not in ahead
    assert queue.lease_of(case, mara).holder is None
    assert COOKIE not in client.cookies
    assert "The comment is with the case." in page(client, reverse("case", args=[case.pk]))
    assert queue.lease_of(case, mara).mine


def test_the_case_before_is_remembered_in_the_browser_of_one_person(
    mara: User, jon: User, lena: User, otto: User, case: Case
) -> None:
    second = factories.case(factories.image(lena, seed=2), factories.image(otto, seed=2, quality=40))
    client = logged_in(mara)
    assert 'data-does="case-previous"' not in page(client, case.get_absolute_url())
    before = dict(client.session)
    text = page(client, second.get_absolute_url())
    assert f'href="{case.get_absolute_url()}" data-does="case-previous"' in text
    assert dict(client.session) == before
    others = logged_in(jon)
    others.cookies[COOKIE] = client.cookies[COOKIE].value
    assert 'data-does="case-previous"' not in page(others, second.get_absolute_url())
