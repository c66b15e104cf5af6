"""The page of an image, its pictures, and who may open them."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from gallery.images.renditions import RENDITIONS
from gallery.models import AuditEntry, Image, User
from gallery.views.images import LABELS
from gallery.views.media import SHOWN
from tests import factories
from tests.conftest import make_user
from tests.judgement import act

pytestmark = pytest.mark.django_db

Stage = Image.Stage
Standing = Image.Standing
Visibility = Image.Visibility


@pytest.fixture
def people(lena: User, otto: User, mara: User, jon: User, ada: User) -> dict[str, User | None]:
    auditor = make_user("ruth", "auditor")
    return {
        "nobody": None,
        "owner": lena,
        "other": otto,
        "moderator": mara,
        "senior": jon,
        "admin": ada,
        "auditor": auditor,
    }


def visit(user: User | None, address: str, **form: Any) -> Any:
    client = Client()
    if user:
        client.force_login(user)
    response: Any = client.post(address, form) if form else client.get(address)
    if response.streaming:
        # Read to its end: that closes the file behind it.
        response.body = b"".join(response.streaming_content)
    return response


# --- Access: every address of an image by everybody -------------------------------------------------------------------

LOGIN = 302
ADDRESSES = [
    "/i/{id}/",
    "/media/{id}/thumb/",
    "/media/{id}/view/",
    "/media/{id}/original/",
    "/i/{id}/edit/",
    "/i/{id}/remove/",
]

#                                  page thumb view original edit remove
ACCESS: dict[str, dict[str, list[int]]] = {
    "public": {
        "nobody": [LOGIN] * 6,
        "owner": [200, 200, 200, 200, 200, 200],
        "other": [200, 200, 200, 404, 404, 404],
        "moderator": [200, 200, 200, 200, 403, 403],
        "senior": [200, 200, 200, 200, 403, 200],
        "admin": [200, 200, 200, 200, 403, 403],
        "auditor": [200, 200, 200, 200, 403, 403],
    },
    "private": {
        "nobody": [LOGIN] * 6,
        "owner": [200, 200, 200, 200, 200, 200],
        "other": [404] * 6,
        "moderator": [200, 200, 200, 200, 403, 403],
        "senior": [200, 200, 200, 200, 403, 200],
        "admin": [200, 200, 200, 200, 403, 403],
        "auditor": [200, 200, 200, 200, 403, 403],
    },
    "waiting": {"owner": [200] * 6, "other": [404] * 6, "moderator": [200, 200, 200, 200, 403, 403]},
    "removed": {"owner": [410, 200, 200, 200, 302, 302], "other": [410, 404, 404, 404, 302, 302]},
    "removed in private": {"owner": [410, 200, 200, 200, 302, 302], "other": [404] * 6},
    "merged": {"owner": [302, 200, 200, 200, 302, 302], "other": [302, 404, 404, 404, 302, 302]},
}
FIELDS: dict[str, dict[str, Any]] = {
    "public": {},
    "private": {"visibility": Visibility.PRIVATE},
    "waiting": {"stage": Stage.INDEXED},
    "removed": {"standing": Standing.REMOVED, "removed_at": timezone.now()},
    "removed in private": {
        "standing": Standing.REMOVED,
        "removed_at": timezone.now(),
        "visibility": Visibility.PRIVATE,
    },
    "merged": {"standing": Standing.MERGED},
}


@pytest.mark.parametrize("kind", ACCESS)
def test_every_address_answers_by_who_asks(kind: str, people: dict[str, User | None], lena: User, media: Path) -> None:
    fields = dict(FIELDS[kind])
    if kind == "merged":
        fields["merged_into"] = factories.image(lena, seed=1)
    image = factories.image(lena, seed=2, **fields)
    for name, expected in ACCESS[kind].items():
        answers = [visit(people[name], address.format(id=image.public_id)).status_code for address in ADDRESSES]
        assert answers == expected, f"{name} at {kind}"


def test_nobody_is_sent_to_the_login_and_brought_back(lena: User, media: Path) -> None:
    image = factories.image(lena)
    response = visit(None, f"/i/{image.public_id}/")
    assert response["Location"] == f"/login/?next=/i/{image.public_id}/"


def test_a_contributor_sees_what_absorbed_theirs(lena: User, otto: User, media: Path) -> None:
    keeper = factories.image(lena, visibility=Visibility.PRIVATE)
    keeper.contributors.add(otto)
    assert visit(otto, f"/i/{keeper.public_id}/").status_code == 200
    assert visit(otto, keeper.view_url).status_code == 200
    assert visit(otto, f"/i/{keeper.public_id}/edit/").status_code == 404


def test_an_unknown_image_and_a_forbidden_one_look_the_same(lena: User, otto: User, media: Path) -> None:
    image = factories.image(lena, visibility=Visibility.PRIVATE)
    forbidden = visit(otto, f"/i/{image.public_id}/").content.decode()
    unknown = visit(otto, "/i/zzzzzzzzzzzz/").content.decode()
    assert forbidden.replace(image.public_id, "zzzzzzzzzzzz").count("Nothing here") == unknown.count("Nothing here") > 0


@pytest.mark.parametrize(("name", "status"), [("mara", 200), ("jon", 200), ("ada", 200), ("lena", 403), ("otto", 403)])
def test_the_list_of_all_images_is_for_reviewers(name: str, status: int, people: dict[str, User | None]) -> None:
    assert visit(User.objects.get(username=name), "/images/").status_code == status


def test_a_picture_of_a_pair_is_for_reviewers_and_waits_for_a_worker(lena: User, mara: User, media: Path) -> None:
    pair = factories.pair(factories.image(lena, seed=1), factories.image(lena, seed=1, quality=50))
    address = f"/review/pairs/{pair.pk}/aligned/"
    assert visit(mara, address).status_code == 404
    default_storage.save(pair.rendition_key("aligned"), ContentFile(b"picture"))
    assert visit(mara, address).status_code == 200
    assert visit(lena, address).status_code == 404
    assert visit(mara, f"/review/pairs/{pair.pk}/../../secret/").status_code == 404


# --- Pictures ---------------------------------------------------------------------------------------------------------


def test_the_pages_know_the_renditions_by_their_type() -> None:
    for name, (extension, content_type) in SHOWN.items():
        assert (RENDITIONS[name].extension, RENDITIONS[name].content_type) == (extension, content_type)


def test_a_picture_is_kept_for_ever_only_under_the_address_of_its_file(lena: User, media: Path) -> None:
    image = factories.image(lena)
    assert "immutable" in visit(lena, image.thumb_url)["Cache-Control"]
    plain = visit(lena, f"/media/{image.public_id}/thumb/")
    assert plain["Cache-Control"] == "private, no-cache"
    client = Client(headers={"If-None-Match": plain["ETag"]})
    client.force_login(lena)
    assert client.get(f"/media/{image.public_id}/thumb/").status_code == 304


def test_an_original_is_a_download_in_a_sandbox(lena: User, media: Path) -> None:
    image = factories.image(lena)
    response = visit(lena, f"/media/{image.public_id}/original/")
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox")
    assert response.body[:3] == b"\xff\xd8\xff"


def test_a_picture_that_is_not_made_yet_is_not_there(lena: User, media: Path) -> None:
    image = Image.objects.create(owner=lena)
    assert visit(lena, f"/media/{image.public_id}/thumb/").status_code == 404
    assert visit(lena, f"/media/{image.public_id}/original/").status_code == 404


# --- The page ---------------------------------------------------------------------------------------------------------


def test_a_merged_image_leads_to_its_keeper_for_good_once_its_file_is_gone(lena: User, media: Path) -> None:
    keeper = factories.image(lena, seed=1)
    image = factories.image(lena, seed=2, standing=Standing.MERGED, merged_into=keeper)
    response = visit(lena, f"/i/{image.public_id}/")
    assert (response.status_code, response["Location"]) == (302, keeper.get_absolute_url())
    image.files.update(purged_at=timezone.now())
    response = visit(lena, f"/i/{image.public_id}/")
    assert (response.status_code, response["Location"]) == (301, keeper.get_absolute_url())


def test_with_the_others_file_it_is_the_keepers_own_that_decides(lena: User, mara: User, media: Path) -> None:
    """The keeper shows the file of the image that it absorbed; that one would get the keeper's own."""
    keeper, image = factories.image(lena, seed=1), factories.image(lena, seed=1, quality=50)
    act("merge", factories.case(keeper, image), mara, keeper=keeper.pk, file=image.file_id)
    keeper.files.update(purged_at=timezone.now())
    assert visit(lena, f"/i/{image.public_id}/").status_code == 301


def test_what_is_between_owners_is_not_told_to_strangers(lena: User, otto: User, mara: User, media: Path) -> None:
    image = factories.image(lena, seed=1, title="mine", note="a note for the owner")
    factories.case(image, factories.image(mara, seed=1, quality=50))
    assert "Possible copy" in visit(lena, f"/i/{image.public_id}/").content.decode()
    text = visit(otto, f"/i/{image.public_id}/").content.decode()
    assert "mine" in text
    assert "Possible copy" not in text
    assert "a note for the owner" not in text


def test_a_variant_is_shown_as_see_also(lena: User, otto: User, media: Path) -> None:
    one, other = factories.image(lena, seed=1), factories.image(otto, seed=2)
    hidden = factories.image(otto, seed=3, visibility=Visibility.PRIVATE)
    for variant in (other, hidden):
        pair = factories.pair(one, variant)
        pair.state = pair.State.RELATED
        pair.save()
    text = visit(lena, f"/i/{one.public_id}/").content.decode()
    assert other.get_absolute_url() in text
    assert hidden.public_id not in text


def test_a_sensitive_picture_is_blurred_for_others_until_they_ask(lena: User, otto: User, media: Path) -> None:
    image = factories.image(lena, sensitive=True)
    assert "stage conceal sensitive" in visit(otto, f"/i/{image.public_id}/").content.decode()
    assert "stage conceal sensitive" not in visit(lena, f"/i/{image.public_id}/").content.decode()


def details(image: Image, **changes: Any) -> dict[str, Any]:
    return {"title": "", "visibility": "public", "tags": "", "version": image.version, **changes}


def test_an_owner_edits_words_tags_and_visibility(lena: User, media: Path) -> None:
    image = factories.image(lena)
    form = details(
        image, title="Autumn", tags="Path, autumn,  path ,,deep  forest", visibility="private", sensitive="on"
    )
    assert visit(lena, f"/i/{image.public_id}/edit/", **form).status_code == 302
    image.refresh_from_db()
    assert (image.title, image.visibility, image.sensitive, image.version) == ("Autumn", "private", True, 2)
    assert [tag.name for tag in image.tags.all()] == ["autumn", "deep forest", "path"]


def test_of_two_edits_the_second_is_told_and_keeps_its_words(lena: User, media: Path) -> None:
    image = factories.image(lena)
    form = details(image, title="first")
    visit(lena, f"/i/{image.public_id}/edit/", **form)
    response = visit(lena, f"/i/{image.public_id}/edit/", **{**form, "title": "second"})
    assert response.status_code == 409
    assert "was changed meanwhile" in response.content.decode()
    assert 'value="second"' in response.content.decode()
    image.refresh_from_db()
    assert image.title == "first"


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [(", ".join(f"tag {n}" for n in range(31)), "up to 30 tags"), ("x" * 61, "up to 60 characters")],
)
def test_tags_have_limits(lena: User, media: Path, tags: str, sentence: str) -> None:
    image = factories.image(lena)
    response = visit(lena, f"/i/{image.public_id}/edit/", **details(image, tags=tags))
    assert response.status_code == 422
    assert sentence in response.content.decode()


def test_removing_asks_first_and_can_be_taken_back(lena: User, media: Path) -> None:
    image = factories.image(lena, title="sea")
    address = f"/i/{image.public_id}/remove/"
    assert "Remove this image?" in visit(lena, address).content.decode()
    image.refresh_from_db()
    assert image.standing == Standing.LIVE
    visit(lena, address, sure="yes")
    gone = visit(lena, f"/i/{image.public_id}/")
    assert gone.status_code == 410
    assert "Put it back" in gone.content.decode()
    visit(lena, f"/i/{image.public_id}/restore/", sure="yes")
    assert visit(lena, f"/i/{image.public_id}/").status_code == 200


def test_a_senior_removes_with_a_reason_only(lena: User, jon: User, media: Path) -> None:
    image = factories.image(lena)
    assert visit(jon, f"/i/{image.public_id}/remove/", reason="").status_code == 403
    assert visit(jon, f"/i/{image.public_id}/remove/", reason="asked for by the person shown").status_code == 302
    assert AuditEntry.objects.get(verb="image.remove").data["reason"] == "asked for by the person shown"


def test_a_hold_is_answered_with_its_sentence(lena: User, media: Path) -> None:
    image = factories.image(lena, held=True)
    response = visit(lena, f"/i/{image.public_id}/remove/", sure="yes")
    assert response.status_code == 409
    assert "legal hold" in response.content.decode()


def test_nobody_puts_back_what_is_not_theirs(lena: User, otto: User, jon: User, media: Path) -> None:
    image = factories.image(lena, standing=Standing.REMOVED, removed_at=timezone.now())
    for user in (otto, jon):
        assert visit(user, f"/i/{image.public_id}/restore/", sure="yes").status_code == 404


# --- The list of reviewers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["Autumn", "holiday", "lena"])
def test_images_are_found_by_title_file_name_and_owner(
    lena: User, otto: User, mara: User, media: Path, words: str
) -> None:
    image = factories.image(lena, seed=1, title="autumn path")
    image.files.update(original_name="holiday-17.jpg")
    factories.image(otto, seed=2, title="sea")
    text = visit(mara, f"/images/?q={words}").content.decode()
    assert "autumn path" in text
    assert ">sea<" not in text


def test_a_search_without_a_match_names_what_was_looked_for(mara: User) -> None:
    assert "No image has “unicorn”" in visit(mara, "/images/?q=unicorn").content.decode()


@pytest.mark.parametrize("show", [*LABELS, "nonsense"])
def test_each_filter_answers(mara: User, lena: User, media: Path, show: str) -> None:
    factories.image(lena, first_seen=timezone.now() - dt.timedelta(days=1))
    assert visit(mara, f"/images/?show={show}&before=zzzz").status_code == 200
