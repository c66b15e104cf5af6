"""Owners ask for another look on the image's page, seniors answer on theirs; holds are set with a reason."""

from html import unescape
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from gallery.errors import AlreadyDecided
from gallery.models import Appeal, AuditEntry, Case, Decision, Image, Pair, User
from gallery.review import removal
from gallery.review.actions import ACTIONS
from tests import factories
from tests.conftest import make_user
from tests.judgement import act, submit

pytestmark = pytest.mark.usefixtures("media")


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: User, address: str, *, status: int = 200) -> str:
    response = logged_in(user).get(address)
    assert response.status_code == status, response.content[:2000]
    return unescape(response.content.decode())


def send(user: User, address: str, *, status: int = 302, **form: str) -> str:
    """Send a form; the page that it leads to, or that it is answered with."""
    client = logged_in(user)
    response = client.post(address, form)
    assert response.status_code == status, response.content[:2000]
    if status == 302:
        response = client.get(response["Location"], follow=True)
    return unescape(response.content.decode())


@pytest.fixture
def case(lena: User, otto: User, media: Path) -> Case:
    return factories.case(
        factories.image(lena, seed=1, title="Harbour"), factories.image(otto, seed=1, quality=60, title="Port")
    )


@pytest.fixture
def keeper(case: Case) -> Image:
    return Image.objects.get(title="Harbour")


@pytest.fixture
def absorbed(case: Case) -> Image:
    return Image.objects.get(title="Port")


@pytest.fixture
def merge(case: Case, keeper: Image, absorbed: Image, mara: User) -> Decision:
    """Mara merged Otto's port into Lena's harbour."""
    return act("merge", case, mara, keeper=keeper.pk).decision


# --- Owners -----------------------------------------------------------------------------------------------------------


def test_the_owner_of_a_merged_image_asks_on_the_page_that_it_leads_to(
    merge: Decision, keeper: Image, absorbed: Image, otto: User, lena: User
) -> None:
    address = reverse("appeal", args=[absorbed.public_id])
    shown = page(otto, keeper.get_absolute_url())
    assert "Your image in this one" in shown
    assert f'action="{address}"' in shown
    assert address not in page(lena, keeper.get_absolute_url())
    shown = send(otto, address, note="Mine shows the other shore")
    assert "waits for a senior moderator" in shown
    assert "Mine shows the other shore" in shown
    assert address not in shown
    assert Appeal.objects.get().decision == merge
    assert AuditEntry.objects.filter(verb="appeal.ask", actor=otto).count() == 1


def test_asking_twice_or_without_a_word_is_told(merge: Decision, absorbed: Image, otto: User) -> None:
    address = reverse("appeal", args=[absorbed.public_id])
    assert "Say what should be looked at again." in send(otto, address, note=" ", status=409)
    send(otto, address, note="Look")
    assert "You have asked already." in send(otto, address, note="Look", status=409)
    assert Appeal.objects.count() == 1


def test_others_ask_nothing_about_it(merge: Decision, absorbed: Image, lena: User, mara: User) -> None:
    for person in (lena, mara):
        send(person, reverse("appeal", args=[absorbed.public_id]), note="Look", status=404)
        send(person, reverse("image_take_back", args=[absorbed.public_id]), status=404)


def test_an_image_that_was_not_merged_has_nothing_to_ask_for(case: Case, absorbed: Image, otto: User) -> None:
    send(otto, reverse("appeal", args=[absorbed.public_id]), note="Look", status=404)
    assert "Your image in this one" not in page(otto, absorbed.get_absolute_url())


def test_who_lost_the_keeper_takes_their_own_back_without_asking(
    merge: Decision, keeper: Image, absorbed: Image, otto: User, lena: User
) -> None:
    address = reverse("image_take_back", args=[absorbed.public_id])
    send(otto, address, status=403)
    removal.remove(keeper, lena)
    gone = page(otto, keeper.get_absolute_url(), status=410)
    assert f'action="{address}"' in gone
    assert address not in page(lena, keeper.get_absolute_url(), status=410)
    assert "stands for itself again" in send(otto, address, decision_id=str(uuid4()))
    absorbed.refresh_from_db()
    assert (absorbed.standing, absorbed.merged_into) == (Image.Standing.LIVE, None)


# --- Seniors ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def appeal(merge: Decision, absorbed: Image, otto: User) -> Appeal:
    send(otto, reverse("appeal", args=[absorbed.public_id]), note="Mine shows the other shore")
    return Appeal.objects.get()


def test_a_granted_appeal_takes_the_decision_back(
    appeal: Appeal, absorbed: Image, keeper: Image, jon: User, otto: User
) -> None:
    shown = page(jon, reverse("appeals"))
    assert "Mine shows the other shore" in shown
    assert keeper.thumb_url in shown
    address = reverse("appeal_answer", args=[appeal.pk])
    decision_id = str(uuid4())
    told = send(jon, address, note="It does", granted="yes", decision_id=decision_id)
    assert "Taken back, as otto asked." in told
    assert "Nothing waits for you here." in told
    absorbed.refresh_from_db()
    assert absorbed.standing == Image.Standing.LIVE
    assert str(Decision.objects.get(undoes=appeal.decision).pk) == decision_id
    assert "It does" in page(otto, absorbed.get_absolute_url())
    assert "answered meanwhile" in send(jon, address, note="It does", granted="yes", status=409)


def test_a_decision_may_stand_and_its_owner_reads_why(
    appeal: Appeal, absorbed: Image, keeper: Image, jon: User, otto: User
) -> None:
    address = reverse("appeal_answer", args=[appeal.pk])
    assert "Say why: the owner reads it." in send(jon, address, note="", granted="no", status=409)
    assert "The decision stands." in send(jon, address, note="It is the same shore", granted="no")
    absorbed.refresh_from_db()
    assert absorbed.merged_into == keeper
    shown = page(otto, keeper.get_absolute_url())
    assert "It is the same shore" in shown
    assert "Ask again" in shown


def test_an_appeal_never_goes_to_whom_it_is_about(
    case: Case, keeper: Image, absorbed: Image, jon: User, otto: User, mara: User
) -> None:
    act("merge", case, jon, keeper=keeper.pk)
    send(otto, reverse("appeal", args=[absorbed.public_id]), note="Look")
    appeal = Appeal.objects.get()
    assert "Nothing waits for you here." in page(jon, reverse("appeals"))
    send(jon, reverse("appeal_answer", args=[appeal.pk]), note="No", granted="no", status=403)
    ines = make_user("ines", "senior")
    assert "Look" in page(ines, reverse("appeals"))
    for person in (mara, otto):
        page(person, reverse("appeals"), status=403)
        send(person, reverse("appeal_answer", args=[appeal.pk]), note="No", granted="no", status=403)
    appeal.refresh_from_db()
    assert appeal.answered_at is None


def test_two_answers_that_differ_wait_for_a_senior_who_gave_neither(
    case: Case, mara: User, jon: User, lena: User
) -> None:
    ines = make_user("ines", "senior")
    seen = submit(case)
    act("different", case, jon)
    with pytest.raises(Exception, match="will look at both"):
        ACTIONS["merge"].run(case, mara, submit=seen)
    (second,) = Decision.objects.filter(dissent=True)
    assert "Nothing waits for you here." in page(jon, reverse("appeals"))
    shown = page(ines, reverse("appeals"))
    assert "jon: different" in shown
    assert "mara: merged" in shown
    send(jon, reverse("settle", args=[second.pk]), note="Mine", status=403)
    send(ines, reverse("settle", args=[second.pk]), note="They differ")
    assert "Nothing waits for you here." in page(ines, reverse("appeals"))
    assert Pair.objects.get().state == Pair.State.DIFFERENT


# --- Holds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["jon", "ada"])
def test_seniors_and_admins_set_and_lift_a_hold_with_a_reason(
    case: Case, keeper: Image, lena: User, who: str, request: pytest.FixtureRequest
) -> None:
    person = request.getfixturevalue(who)
    address = reverse("image_hold", args=[keeper.public_id])
    assert address in page(person, keeper.get_absolute_url())
    assert "Set a legal hold?" in page(person, address)
    assert "Say what the hold is for." in send(person, address, held="yes", reason=" ", status=409)
    assert "The legal hold is set." in send(person, address, held="yes", reason="A court asks")
    assert "is under a legal hold" in send(lena, reverse("image_remove", args=[keeper.public_id]), status=409)
    shown = page(person, address)
    assert "A court asks" in shown
    assert f"Set by {who}" in shown
    assert "The legal hold is lifted." in send(person, address, held="no", reason="It is done")
    keeper.refresh_from_db()
    assert not keeper.held


def test_a_removed_image_can_be_held_too(case: Case, keeper: Image, lena: User, jon: User) -> None:
    removal.remove(keeper, lena)
    address = reverse("image_hold", args=[keeper.public_id])
    assert address in page(jon, keeper.get_absolute_url(), status=410)
    logged_in(jon).post(address, {"held": "yes", "reason": "A court asks"})
    keeper.refresh_from_db()
    assert keeper.held


@pytest.mark.parametrize(("who", "status"), [("lena", 404), ("otto", 404), ("mara", 403)])
def test_others_set_no_hold(case: Case, keeper: Image, who: str, status: int, request: pytest.FixtureRequest) -> None:
    person = request.getfixturevalue(who)
    address = reverse("image_hold", args=[keeper.public_id])
    page(person, address, status=status)
    send(person, address, held="yes", reason="r", status=status)
    assert address not in page(person, keeper.get_absolute_url())


def test_an_answer_without_effect_shows_what_it_was_about(case: Case, mara: User, jon: User) -> None:
    seen, later = submit(case), submit(case)
    ACTIONS["different"].run(case, mara, submit=seen)
    ines = make_user("ines", "moderator")
    with pytest.raises(AlreadyDecided):
        ACTIONS["merge"].run(case, ines, submit=later)
    second = Decision.objects.get(dissent=True)
    shown = page(jon, reverse("decision", args=[second.pk]))
    assert "<h1>Merge.</h1>" in shown
    assert "Harbour" in shown
    assert "Port" in shown
    assert reverse("decision", args=[seen.decision_id]) in shown
    send(jon, reverse("settle", args=[second.pk]), note="They differ in the boats.")
    assert "jon looked at both on" in page(jon, reverse("decision", args=[second.pk]))
