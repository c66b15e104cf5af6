"""Every page of the site in a browser, in light and in dark: nothing on it bars anybody, and it fits a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.access_scene import Scene, scene
from tests.access_table import PAGES, PEOPLE
from tests.e2e.conftest import Open

__all__ = ["scene"]

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

NO_PAGES = ("/media/", "/healthz", "/readyz", "/review/pairs/", "/review/bulk/<uuid:job_id>/progress/")


def pages_of(who: str) -> list[str]:
    """The addresses that ``who`` is the first of :data:`PEOPLE` to open: each page is looked at once."""
    place = PEOPLE.index(who)
    opened = {row.split()[1]: statuses for row, statuses in PAGES.items() if row.startswith("GET ") and 200 in statuses}
    return [route for route, found in opened.items() if found.index(200) == place and not route.startswith(NO_PAGES)]


@pytest.mark.parametrize("who", ["owner", "moderator", "senior"])
def test_every_page_bars_nobody_and_fits_a_phone(who: str, scene: Scene, open_as: Open) -> None:
    page = open_as(scene.people[who], "/preferences/")
    found, wide = [], []
    for route in pages_of(who):
        page.goto(scene.fill(route))
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            barred = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
            found += [f"{route} in {scheme}: {one['id']}: {one['nodes'][0]['html'][:200]}" for one in barred]
        page.set_viewport_size({"width": 390, "height": 844})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(route)
        page.set_viewport_size({"width": 1440, "height": 900})
    assert found == []
    assert wide == []
