"""All copies of one picture answered in a browser: from the list to the undo."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from gallery import tasks
from gallery.detection import cases
from gallery.models import Image, Policy, User
from tests import factories, pictures
from tests.e2e.conftest import Open

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("media")]

COPIES = 9


@pytest.fixture
def copies(live_server: LiveServer, media: Path, lena: User, otto: User) -> list[Image]:
    """Copies of one picture, more than one case takes; the last ones are copies of the second."""
    Policy.objects.update(case_cap=4)
    lake = pictures.photograph(3, width=320, height=240)
    made = []
    for number in range(COPIES):
        smaller = pictures.resized(lake, 1 - number / 20)
        made.append(factories.image((lena, otto)[number % 2], smaller, title=f"Lake {number}"))
    for number in range(1, COPIES):
        factories.pair(made[0 if number < 6 else 1], made[number])
    with transaction.atomic():
        cases.refresh([one.pk for one in made])
    return made


def test_copies_of_one_picture_are_answered_at_once_and_taken_back(
    open_as: Open, mara: User, copies: list[Image]
) -> None:
    page = open_as(mara, "/review/cases/")
    expect(page.locator("#count")).to_have_text("1 case matches.")
    page.get_by_text(f"{COPIES} copies of one picture").click()
    expect(page.locator(".batch")).to_contain_text(f"These are among {COPIES} copies of one picture.")
    assert _violations(page) == []
    page.get_by_role("link", name="Answer for all of them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{COPIES} copies of one picture")
    expect(page.locator("[name=keeper]").first).to_be_checked()
    assert _violations(page) == []
    page.locator("[name=keeper]").nth(1).check()
    page.get_by_role("button", name=f"Merge {COPIES - 1} pictures into the one to keep").click()
    page.wait_for_url(re.compile(r"/review/bulk/[0-9a-f-]{36}/$"))
    tasks.work_on("bulk")
    expect(page.locator("#sentence")).to_have_text("Done.")
    expect(page.locator("#progress")).to_contain_text(f"{COPIES - 1} of {COPIES - 1} pictures decided.")
    assert Image.objects.live().count() == 1
    page.get_by_role("button", name="Take all of it back").click()
    expect(page.locator("#sentence")).to_have_text("Being taken back.")
    tasks.work_on("bulk")
    expect(page.locator("#sentence")).to_have_text("Taken back.")
    assert Image.objects.live().count() == COPIES


def test_the_page_of_a_batch_fits_a_phone_in_the_dark_and_needs_no_script(
    open_as: Open, mara: User, copies: list[Image]
) -> None:
    page = open_as(mara, "/review/cases/", width=390, height=844, dark=True)
    page.get_by_text(f"{COPIES} copies of one picture").click()
    page.get_by_role("link", name="Answer for all of them").click()
    assert _violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    bare = open_as(mara, page.url, script=False)
    bare.get_by_role("link", name="Related").click()
    bare.get_by_role("button", name=f"Related: {COPIES} pictures").click()
    tasks.work_on("bulk")
    bare.reload()
    expect(bare.locator("#sentence")).to_have_text("Done.")


def _violations(page: Page) -> list[str]:
    return [found["id"] for found in Axe().run(page).response["violations"]]
