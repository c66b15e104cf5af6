"""An image's own page in a browser: its details, its albums and the heart."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gallery.models import Album, Favourite, Image, User
from tests import factories
from tests.e2e.conftest import SignIn

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def image(lena: User, otto: User, media: Path) -> Image:
    made = factories.image(lena, seed=3, title="Harbour", caption="At dawn", alt_text="Boats")
    Album.objects.create(owner=lena, name="Sea")
    Favourite.objects.create(user=otto, image=made)
    return made


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{page.url} {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


def test_an_owner_fills_in_details_and_finds_the_image_in_its_albums(sign_in: SignIn, lena: User, image: Image) -> None:
    page = sign_in(lena, image.get_absolute_url())
    page.click("text=Edit details")
    page.check("text=Sea")
    page.fill("[name=new_album]", "Best of 2026")
    page.fill("[name=sources]", "https://example.org/harbour\nhttp://example.net/")
    assert violations(page) == []
    page.click("text=Save")
    expect(page.locator(".toast")).to_contain_text("Saved.")
    expect(page.locator(".facts")).to_contain_text("Best of 2026, Sea")
    expect(page.get_by_role("link", name="https://example.org/harbour")).to_be_visible()
    page.click("text=Best of 2026")
    expect(page.get_by_role("heading", name="Best of 2026")).to_be_visible()
    page.click("text=Rename or delete this album")
    assert violations(page) == []
    page.click("text=Take out")
    expect(page.locator(".empty")).to_contain_text("This album is empty.")
    page.goto("/albums/")
    expect(page.locator(".names li")).to_have_count(3)
    assert violations(page) == []


@pytest.mark.parametrize("scripted", [True, False], ids=["with the script", "without"])
def test_the_heart_is_pressed_and_released(sign_in: SignIn, lena: User, image: Image, scripted: bool) -> None:
    page = sign_in(lena, image.get_absolute_url(), java_script_enabled=scripted)
    heart = page.locator("#heart")
    expect(heart).to_have_attribute("aria-pressed", "false")
    expect(heart).to_contain_text("1")
    heart.focus()
    page.keyboard.press("Enter")
    expect(heart).to_have_attribute("aria-pressed", "true")
    expect(heart).to_contain_text("2")
    if scripted:
        expect(heart).to_be_focused()
        assert violations(page) == []
    page.goto("/albums/favourites/")
    expect(page.locator(".row")).to_contain_text("Harbour")
    page.click("text=Take the mark away")
    expect(page.locator(".empty")).to_contain_text("Nothing marked yet.")
    assert set(Favourite.objects.values_list("user__username", flat=True)) == {"otto"}


def test_nothing_on_ones_own_pages_bars_anybody_on_a_dark_phone(sign_in: SignIn, lena: User, image: Image) -> None:
    Favourite.objects.create(user=lena, image=image)
    image.albums.add(Album.objects.get())
    options = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    page = sign_in(lena, image.get_absolute_url(), **options)
    album = f"/albums/{Album.objects.get().pk}/"
    for address in ("", f"{image.get_absolute_url()}edit/", "/albums/favourites/", album, "/preferences/password/"):
        if address:
            page.goto(address)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 390, page.url
