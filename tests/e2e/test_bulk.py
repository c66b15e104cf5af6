"""Many cases answered in a browser: from the filter to the undo."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from gallery import tasks
from gallery.models import BulkJob, Case, Decision, User
from tests import factories
from tests.e2e.conftest import SignIn

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("media")]


@pytest.fixture
def cases(live_server: LiveServer, media: Path, lena: User, otto: User) -> list[Case]:
    """Three cases of identical pixels and one of geometry alone."""
    return [
        factories.case(
            factories.image(lena, seed=seed, title=f"Lake {seed}"),
            factories.image(otto, seed=seed, quality=60, title=f"Lake {seed} again"),
            same_pixels=seed < 3,
        )
        for seed in range(4)
    ]


def test_a_bulk_job_from_the_filter_to_the_undo(sign_in: SignIn, mara: User, cases: list[Case]) -> None:
    page = sign_in(mara, "/review/cases/", reduced_motion="reduce")
    expect(page.locator("#count")).to_have_text("4 cases match.")
    page.select_option("[name=signal]", "pixels")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#count")).to_have_text("3 cases match.")
    page.locator("[data-tick-all]").check()
    expect(page.locator("[data-ticked]")).to_have_text("3 ticked")
    page.locator("input[name=case]").first.uncheck()
    expect(page.locator("[data-ticked]")).to_have_text("2 ticked")
    page.fill("#main [name=name]", "Same pixels")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("link", name="Same pixels")).to_have_attribute("aria-current", "true")
    assert _violations(page) == []

    page.select_option("#bulk [name=action]", "merge")
    page.get_by_role("button", name="Preview for all 3 that match").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Merge: 3 cases")
    assert _violations(page) == []
    page.get_by_role("button", name="Merge: 3 cases").click()
    page.wait_for_url(re.compile(r"/review/bulk/[0-9a-f-]{36}/$"))
    expect(page.locator("#sentence")).to_have_text("Waiting for its turn.")

    tasks.work_on("bulk")
    expect(page.locator("#sentence")).to_have_text("Done.")  # by itself: the page asks how far it is
    expect(page.locator("#progress")).to_contain_text("3 of 3 cases decided.")
    assert Case.objects.open().count() == 1
    assert _violations(page) == []

    page.get_by_role("button", name="Take back all 3 decisions").click()
    expect(page.locator("#sentence")).to_have_text("Being taken back.")
    tasks.work_on("bulk")
    expect(page.locator("#sentence")).to_have_text("Taken back.")
    assert Case.objects.open().count() == 4
    assert Decision.objects.filter(action=Decision.Action.UNDO).count() == 3
    assert BulkJob.objects.get().state == BulkJob.State.UNDONE


def test_ticks_are_sent_without_a_script(sign_in: SignIn, mara: User, cases: list[Case]) -> None:
    page = sign_in(mara, "/review/cases/", java_script_enabled=False)
    page.locator("input[name=case]").nth(1).check()
    page.get_by_role("button", name="Preview for those ticked").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Different: 1 case")
    page.get_by_role("button", name="Different: 1 case").click()
    tasks.work_on("bulk")
    page.reload()
    expect(page.locator("#sentence")).to_have_text("Done.")


@pytest.mark.parametrize("script", [True, False])
def test_ticks_go_along_to_the_next_page(
    script: bool, sign_in: SignIn, mara: User, cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gallery.views.cases.PAGE", 2)
    page = sign_in(mara, "/review/cases/", java_script_enabled=script)
    for number in range(2):
        page.locator("input[name=case][form=bulk]").nth(number).check()
    page.get_by_role("button", name="More").click()
    expect(page.locator(".elsewhere")).to_contain_text("2 on other pages")
    page.locator("input[name=case][form=bulk]").first.check()
    if script:
        expect(page.locator("[data-ticked]")).to_have_text("3 ticked")
    page.get_by_role("button", name="Preview for those ticked").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Different: 3 cases")


def test_the_dashboard_is_accessible(sign_in: SignIn, mara: User, cases: list[Case]) -> None:
    for scheme in ("light", "dark"):
        page = sign_in(mara, "/review/", color_scheme=scheme, viewport={"width": 390, "height": 844})
        assert page.locator(".chart svg").get_attribute("role") == "img"
        assert _violations(page) == []
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider == 0


def _violations(page: Page) -> list[str]:
    return [found["id"] for found in Axe().run(page).response["violations"]]
