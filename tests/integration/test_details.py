"""What an owner says of an image, on its page and through the API; favourites and albums."""

import json
import uuid
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from gallery.errors import DetailsError, ImageChanged, NotAllowed, RuleBroken
from gallery.models import Album, Favourite, Image, SourceLink, User
from gallery.review import albums, details, journal_words, removal, undo
from tests import factories
from tests.judgement import act, case_of, favour, find, image, tag

pytestmark = pytest.mark.django_db


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def form(of: Image, **changes: Any) -> dict[str, Any]:
    return {"version": of.version, "visibility": "public", **changes}


def names(found: Image) -> set[str]:
    return set(found.albums.values_list("name", flat=True))


# --- On the page ------------------------------------------------------------------------------------------------------


def test_an_owner_picks_albums_and_names_a_new_one(lena: User, media: Path) -> None:
    made = factories.image(lena)
    for name in ("Sea", "Trips"):
        Album.objects.create(owner=lena, name=name)
    address = f"/i/{made.public_id}/edit/"
    assert logged_in(lena).post(address, form(made, albums=["Sea"], new_album=" Best  of ")).status_code == 302
    assert names(made) == {"Sea", "Best of"}
    made.refresh_from_db()
    assert logged_in(lena).post(address, form(made, albums=["Trips"], new_album="Best of")).status_code == 302
    assert names(made) == {"Trips", "Best of"}
    assert lena.albums.count() == 3


def test_albums_of_others_are_neither_shown_nor_touched(lena: User, otto: User, media: Path) -> None:
    """A merge brings the albums of the other owner along."""
    made = factories.image(lena)
    made.albums.add(Album.objects.create(owner=otto, name="Ottos secret"))
    client = logged_in(lena)
    for address in (f"/i/{made.public_id}/", f"/i/{made.public_id}/edit/"):
        assert "Ottos secret" not in client.get(address).content.decode()
    assert client.post(f"/i/{made.public_id}/edit/", form(made, albums=[])).status_code == 302
    assert names(made) == {"Ottos secret"}
    assert "Ottos secret" in logged_in(otto).get(f"/i/{made.public_id}/").content.decode()


def test_an_album_that_is_not_ones_own_is_not_picked(lena: User, otto: User, media: Path) -> None:
    made = factories.image(lena)
    Album.objects.create(owner=otto, name="Not hers")
    response = logged_in(lena).post(f"/i/{made.public_id}/edit/", form(made, albums=["Not hers"]))
    assert response.status_code == 422
    assert "One of these albums was renamed or deleted meanwhile." in response.content.decode()
    assert not made.albums.exists()


def test_sources_are_kept_one_a_line_and_each_once(lena: User, media: Path) -> None:
    made = factories.image(lena)
    lines = "https://example.org/a\n\n  http://example.org/b \nhttps://example.org/a"
    assert logged_in(lena).post(f"/i/{made.public_id}/edit/", form(made, sources=lines)).status_code == 302
    assert [link.url for link in made.source_links.order_by("pk")] == ["https://example.org/a", "http://example.org/b"]
    page = logged_in(lena).get(f"/i/{made.public_id}/").content.decode()
    assert 'href="http://example.org/b" rel="nofollow noreferrer"' in page


@pytest.mark.parametrize(
    "line", ["javascript:alert(1)", "example.org", "ftp://example.org/", "data:text/html,x", "https://", "//a.b/c"]
)
def test_what_is_no_web_address_is_named(lena: User, media: Path, line: str) -> None:
    made = factories.image(lena)
    response = logged_in(lena).post(f"/i/{made.public_id}/edit/", form(made, sources=f"https://a.example/\n{line}"))
    assert response.status_code == 422
    assert f"“{line}” is no web address. Begin it with https:// or http://." in unescape(response.content.decode())
    assert not made.source_links.exists()


def test_more_than_one_may_add_stays_where_a_merge_brought_it(lena: User, media: Path) -> None:
    made = factories.image(lena)
    tag(made, *(f"tag {number}" for number in range(40)))
    for number in range(25):
        SourceLink.objects.create(image=made, url=f"https://example.org/{number}")
    client, address = logged_in(lena), f"/i/{made.public_id}/edit/"
    shown = client.get(address).context["form"].initial
    sent = form(made, title="Sea", tags=shown["tags"], sources=shown["sources"])
    assert client.post(address, sent).status_code == 302
    made.refresh_from_db()
    more = form(made, tags=shown["tags"] + ", one more", sources=shown["sources"])
    assert "up to 30 tags" in client.post(address, more).content.decode()
    more = form(made, tags=shown["tags"], sources=shown["sources"] + "\nhttps://example.org/more")
    assert "up to 20 sources" in client.post(address, more).content.decode()


def test_one_keeps_a_hundred_albums(lena: User, media: Path) -> None:
    made = factories.image(lena)
    Album.objects.bulk_create(Album(owner=lena, name=f"{number}") for number in range(details.MOST_ALBUMS))
    response = logged_in(lena).post(f"/i/{made.public_id}/edit/", form(made, title="Sea", new_album="One more"))
    assert "One keeps up to 100 albums. Delete one first." in response.content.decode()
    made.refresh_from_db()
    assert (made.title, made.version, lena.albums.count()) == ("", 1, 100)


# --- The rules --------------------------------------------------------------------------------------------------------


def test_nothing_is_kept_of_an_edit_that_does_not_fit(lena: User, otto: User) -> None:
    made = image(lena, "a")
    changes = details.Changes(columns={"title": "Sea"}, tags=["sea"], sources=["nonsense"])
    with pytest.raises(DetailsError, match="“nonsense” is no web address"):
        details.edit(made, lena, changes, seen_version=1)
    with pytest.raises(NotAllowed, match="Only its owner"):
        details.edit(made, otto, details.Changes(columns={"title": "Mine"}), seen_version=1)
    made.refresh_from_db()
    assert (made.title, made.version, made.tags.count()) == ("a", 1, 0)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"title": "x" * 201}, "Title: up to 200 characters are kept"),
        ({"caption": "a\0b"}, "Caption holds a character that can't be kept"),
        ({"visibility": "secret"}, "Choose who may see it"),
    ],
)
def test_a_value_that_can_not_be_kept_is_named(lena: User, columns: dict[str, str], sentence: str) -> None:
    with pytest.raises(DetailsError, match=sentence):
        details.edit(image(lena, "a"), lena, details.Changes(columns=columns), seen_version=1)


def test_what_was_merged_or_removed_meanwhile_is_not_edited(lena: User, mara: User) -> None:
    k, a, b = (image(lena, name) for name in "kab")
    find(k, a)
    act("merge", case_of(k), mara, keeper=k.pk)
    removal.remove(b, lena)
    for one in (a, b):
        one.refresh_from_db()
        with pytest.raises(ImageChanged):
            details.edit(one, lena, details.Changes(columns={"title": "Sea"}), seen_version=one.version)


# --- Favourites -------------------------------------------------------------------------------------------------------


def test_who_may_see_an_image_marks_it(lena: User, otto: User, media: Path) -> None:
    made = factories.image(lena)
    client, address = logged_in(otto), f"/i/{made.public_id}/favourite/"
    for _again in range(2):
        assert client.post(address, {"favourite": "yes"})["Location"] == made.get_absolute_url()
    assert list(made.favourites.values_list("user__username", flat=True)) == ["otto"]
    assert made.public_id in client.get("/albums/favourites/").content.decode()
    assert made.public_id not in logged_in(lena).get("/albums/favourites/").content.decode()
    heart = client.post(address, {"favourite": "no"}, headers={"HX-Request": "true"}).content.decode()
    assert 'aria-pressed="false"' in heart
    assert "<html" not in heart
    assert not Favourite.objects.exists()


def test_what_is_hidden_since_leaves_the_list_of_favourites(lena: User, otto: User, media: Path) -> None:
    made = factories.image(lena, title="Harbour")
    favour(made, otto)
    Image.objects.filter(pk=made.pk).update(visibility="private")
    client = logged_in(otto)
    assert "Harbour" not in client.get("/albums/favourites/").content.decode()
    assert client.post(f"/i/{made.public_id}/favourite/", {"favourite": "yes"}).status_code == 404


def test_the_mark_of_a_merged_image_is_its_keepers(lena: User, otto: User, mara: User) -> None:
    k, a = image(lena, "k"), image(lena, "a")
    find(k, a)
    act("merge", case_of(k), mara, keeper=k.pk)
    a.refresh_from_db()
    assert details.mark(a, otto, favourite=True) == k
    assert list(Favourite.objects.values_list("image", flat=True)) == [k.pk]


def test_a_heart_pressed_on_an_old_page_leads_to_what_is_there_now(lena: User, mara: User, media: Path) -> None:
    k, a, gone = factories.image(lena, seed=1), factories.image(lena, seed=1, quality=50), factories.image(lena, seed=2)
    act("merge", factories.case(k, a), mara, keeper=k.pk)
    removal.remove(gone, lena)
    client, scripted = logged_in(lena), {"HX-Request": "true"}
    answer = client.post(f"/i/{a.public_id}/favourite/", {"favourite": "yes"}, headers=scripted)
    assert (answer["HX-Redirect"], answer.content) == (k.get_absolute_url(), b"")
    answer = client.post(f"/i/{gone.public_id}/favourite/", {"favourite": "yes"}, headers=scripted)
    assert (answer["HX-Refresh"], answer.content) == ("true", b"")
    answer = client.post(f"/i/{gone.public_id}/favourite/", {"favourite": "yes"})
    assert answer.status_code == 409
    assert "not on the site any more" in answer.content.decode()


def test_a_removed_or_a_private_image_is_not_marked(lena: User, otto: User, mara: User) -> None:
    gone, hidden = image(lena, "a"), image(lena, "b", visibility="private")
    removal.remove(gone, lena)
    with pytest.raises(RuleBroken, match="not on the site any more"):
        details.mark(gone, otto, favourite=True)
    with pytest.raises(NotAllowed, match="not shown to you"):
        details.mark(hidden, otto, favourite=True)
    details.mark(hidden, mara, favourite=True)


# --- Albums -----------------------------------------------------------------------------------------------------------


def test_an_album_is_renamed_emptied_and_deleted(lena: User, otto: User, media: Path) -> None:
    sea, trips = (Album.objects.create(owner=lena, name=name) for name in ("Sea", "Trips"))
    made = factories.image(lena, title="Harbour")
    made.albums.add(sea, trips)
    client, address = logged_in(lena), f"/albums/{sea.pk}/"
    assert "Harbour" in client.get(address).content.decode()
    assert client.post(address, {"name": "Trips"}).status_code == 422
    assert "Give the album a name." in client.post(address, {"name": " "}).content.decode()
    assert client.post(address, {"name": "The sea"}).status_code == 302
    assert client.post(f"{address}take-out/", {"image": made.public_id}).status_code == 302
    assert names(made) == {"Trips"}
    assert client.post(f"/albums/{trips.pk}/delete/").status_code == 302
    assert list(lena.albums.values_list("name", flat=True)) == ["The sea"]
    assert client.get(made.get_absolute_url()).status_code == 200
    with pytest.raises(NotAllowed, match="somebody else's"):
        albums.delete(sea, otto)
    with pytest.raises(NotAllowed, match="somebody else's"):
        albums.take_out(made, sea, otto)


def test_an_album_shows_what_absorbed_ones_image_and_nothing_hidden(
    lena: User, otto: User, mara: User, media: Path
) -> None:
    k, a = factories.image(lena, seed=1, title="Keeper"), factories.image(otto, seed=1, quality=50, title="Absorbed")
    hidden = factories.image(lena, seed=3, title="Hidden", visibility="private")
    best = Album.objects.create(owner=otto, name="Best")
    best.images.add(a, hidden)
    act("merge", factories.case(k, a), mara, keeper=k.pk)
    shown = logged_in(otto).get(f"/albums/{best.pk}/").content.decode()
    assert "Keeper" in shown
    assert "Absorbed" not in shown
    assert "Hidden" not in shown


def test_an_album_that_was_deleted_since_a_merge_is_told_and_missed_by_no_undo(
    lena: User, otto: User, mara: User
) -> None:
    k, a = image(lena, "k"), image(otto, "a")
    best, sea = (Album.objects.create(owner=otto, name=name) for name in ("Best", "Sea"))
    a.albums.add(best, sea)
    find(k, a)
    decision = act("merge", case_of(k), mara, keeper=k.pk).decision
    albums.delete(best, otto)
    (entry,) = decision.merges.get().journal.filter(field="albums")
    told = journal_words.done(entry, journal_words.Names.of([entry]))
    assert told == "Albums of “k”: added Sea and what was deleted since."
    undone = undo.undo(decision, mara, decision_id=uuid.uuid4()).decision
    assert names(k) == set()
    assert names(a) == {"Sea"}
    undo.undo(undone, mara, decision_id=uuid.uuid4())
    assert names(k) == {"Sea"}


# --- Through the API --------------------------------------------------------------------------------------------------


def send(user: User, address: str, body: dict[str, Any]) -> Any:
    return logged_in(user).post(address, json.dumps(body), content_type="application/json")


def test_a_program_reads_and_changes_details(lena: User, otto: User, media: Path) -> None:
    made = factories.image(lena, title="Harbour", caption="At dawn")
    favour(made, otto)
    address = f"/api/images/{made.public_id}/details"
    seen = logged_in(lena).get(address).json()
    assert (seen["version"], seen["favourites"], seen["favourite"]) == (1, 1, False)
    body = {
        "seen_version": 1,
        "title": "Port",
        "tags": ["Sea", "sea "],
        "albums": ["Best"],
        "sources": ["https://a.example/"],
    }
    changed = send(lena, address, body).json()
    assert {name: changed[name] for name in ("title", "caption", "tags", "albums", "sources", "version")} == {
        "title": "Port",
        "caption": "At dawn",
        "tags": ["sea"],
        "albums": ["Best"],
        "sources": ["https://a.example/"],
        "version": 2,
    }
    stale = send(lena, address, body)
    assert (stale.status_code, stale.json()["code"]) == (409, "image_changed")
    wrong = send(lena, address, {"seen_version": 2, "sources": ["mailto:a@b.c"]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "details")
    assert logged_in(otto).get(address).json()["albums"] == []


def test_a_program_marks_and_keeps_albums(lena: User, media: Path) -> None:
    made, other = factories.image(lena, seed=1), factories.image(lena, seed=2)
    best = Album.objects.create(owner=lena, name="Best")
    best.images.add(made, other)
    assert send(lena, f"/api/images/{made.public_id}/favourite", {"favourite": True}).json()["favourite"] is True
    client = logged_in(lena)
    marked = client.get("/api/images", {"favourites": True}).json()["items"]
    assert [item["id"] for item in marked] == [made.public_id]
    assert len(client.get("/api/images", {"album": best.pk}).json()["items"]) == 2
    assert client.get("/api/albums").json() == {"items": [{"id": best.pk, "name": "Best", "images": 2}]}
    assert send(lena, f"/api/albums/{best.pk}/rename", {"name": "Sea"}).json()["name"] == "Sea"
    left = send(lena, f"/api/albums/{best.pk}/take-out", {"image": other.public_id}).json()
    assert left["images"] == 1
    assert send(lena, f"/api/albums/{best.pk}/delete", {}).status_code == 204
    assert not Album.objects.exists()


def test_a_program_does_not_see_into_albums_of_others(lena: User, otto: User, media: Path) -> None:
    made = factories.image(lena)
    best = Album.objects.create(owner=lena, name="Best")
    best.images.add(made)
    assert logged_in(otto).get("/api/images", {"album": best.pk}).json()["items"] == []
    assert send(otto, f"/api/albums/{best.pk}/delete", {}).status_code == 404
