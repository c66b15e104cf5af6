"""The tuning page in a real browser: under a slider, without a script, and on a phone."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from gallery.detection import policies
from gallery.models import Pair, Policy, User
from tests import factories
from tests.e2e.conftest import SignIn

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def address(ada: User, lena: User, media: Path) -> str:
    """A draft to tune, in a library with a pair in the queue and one a little below."""
    images = [factories.image(lena, seed=seed) for seed in range(3)]
    for other, state, similarity in ((images[1], "open", 0.97), (images[2], "unflagged", 0.9)):
        Pair.objects.create(left=images[0], right=other, state=state, similarity=similarity, compared_at=timezone.now())
    draft = policies.draft_from(Policy.objects.in_force(), ada)
    return reverse("admin:gallery_policy_tune", args=[draft.pk])


def test_the_answer_follows_the_slider_and_nothing_is_saved(sign_in: SignIn, ada: User, address: str) -> None:
    page = sign_in(ada, address)
    expect(page.locator("#weight")).to_contain_text("1 → 1")
    page.locator("input.wide").fill("0.85")
    expect(page.locator("#id_similarity_review")).to_have_value("0.85")
    expect(page.locator("#weight")).to_contain_text("1 → 2")
    expect(page.locator(".mark.draft")).to_contain_text("0.85")
    expect(page.locator("#samples .pairs li")).to_have_count(1)
    page.locator("#id_similarity_weak").fill("0.9")
    expect(page.locator("#weight")).to_contain_text("Keep this at or below “review from”")
    assert Policy.objects.get(state="draft").similarity_review == 0.95


def test_the_keyboard_moves_a_threshold_and_enter_never_publishes(sign_in: SignIn, ada: User, address: str) -> None:
    page = sign_in(ada, address)
    page.locator("input.wide").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#id_similarity_review")).to_have_value("0.94")
    page.locator("#id_similarity_review").press("Enter")
    expect(page.locator("h1")).to_contain_text("draft")
    assert Policy.objects.in_force().version == 1


def test_without_a_script_a_button_asks_and_another_publishes(sign_in: SignIn, ada: User, address: str) -> None:
    page = sign_in(ada, address, java_script_enabled=False)
    expect(page.locator("input[type=range]").first).to_be_hidden()
    page.locator("#id_similarity_review").fill("0.85")
    page.locator("[data-preview]").click()
    expect(page.locator("#weight")).to_contain_text("1 → 2")
    page.locator("#id_note").fill("Screenshots slip through.")
    page.get_by_role("button", name="Publish v2").click()
    expect(page.locator(".messagelist")).to_contain_text("Policy v2 is in force")
    assert Policy.objects.in_force().similarity_review == 0.85


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone(sign_in: SignIn, ada: User, address: str, scheme: str) -> None:
    page = sign_in(ada, address, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    heights = page.locator(".publish button:visible").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert min(heights) >= 44


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_for_everybody(sign_in: SignIn, ada: User, address: str, scheme: str) -> None:
    page = sign_in(ada, address, color_scheme=scheme)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
