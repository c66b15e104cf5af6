"""Deciding quickly and safely in a browser: the next case at once, splits, touch, sensitive pictures."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from playwright.sync_api import Page, Route, expect

from gallery import tasks
from gallery.models import AuditEntry, Case, Decision, Image, Pair, User
from tests import factories, pictures
from tests.e2e.conftest import Open
from tests.e2e.desk import address_of, alike

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("media", "site")]

Cases = tuple[Case, Case, Case]


@pytest.fixture
def three(lena: User, otto: User, media: object, site: str) -> Cases:
    first, second, third = (alike(lena, otto, seed=seed) for seed in (1, 2, 3))
    return first, second, third


def ready(page: Page, count: int) -> None:
    """Wait until so many of the next cases have been fetched."""
    expect(page.locator("#answers")).to_have_attribute("data-ready", str(count))


def held(page: Page, addresses: str) -> Callable[[], None]:
    """Hold back what is sent to ``addresses``; the answer lets the first go."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route(addresses, hold)

    def let_go() -> None:
        waiting.pop(0).continue_()

    return let_go


# --- The next case ---


def test_the_next_case_is_shown_while_the_answer_is_on_its_way(mara: User, three: Cases, open_as: Open) -> None:
    page = open_as(mara, address_of(three[0]))
    ready(page, 2)
    let_go = held(page, "**/different/")
    page.keyboard.press("a")
    expect(page.locator(".pane.a .plain")).to_have_attribute("alt", "Lake 2")
    assert not Decision.objects.exists()
    assert page.evaluate("document.querySelector('.pane.a .plain').complete")
    let_go()
    expect(page.locator(".toast")).to_contain_text("1 decision closed 1 pair.")
    page.wait_for_url(f"**{address_of(three[1])}")
    assert Decision.objects.get().case == three[0]
    expect(page.locator("[data-progress]")).to_contain_text("Case 2 of 3")
    page.keyboard.press("r")
    page.wait_for_url(f"**{address_of(three[2])}")
    assert Decision.objects.filter(case=three[1], action="related").exists()
    page.keyboard.press("z")
    expect(page.locator(".pane.a .plain")).to_have_attribute("alt", "Lake 2")


def test_a_case_that_is_only_fetched_is_nobodys(mara: User, three: Cases, open_as: Open) -> None:
    page = open_as(mara, address_of(three[0]))
    ready(page, 2)
    holders = dict(Case.objects.values_list("pk", "lease_holder"))
    assert holders == {three[0].pk: mara.pk, three[1].pk: None, three[2].pk: None}
    page.keyboard.press("a")
    page.wait_for_url(f"**{address_of(three[1])}")
    assert Case.objects.get(pk=three[1].pk).lease_holder == mara


def test_who_was_too_late_is_told_so_after_all(mara: User, jon: User, three: Cases, open_as: Open) -> None:
    page = open_as(mara, address_of(three[0]))
    ready(page, 2)
    slow, quick = page, open_as(jon, address_of(three[0]))
    quick.keyboard.press("m")
    expect(quick.locator(".toast")).to_contain_text("Merged into")
    slow.keyboard.press("a")
    expect(slow.get_by_role("heading", level=1)).to_have_text("Somebody was faster")
    assert Decision.objects.filter(dissent=True).count() == 1


def test_without_a_connection_the_case_comes_back(mara: User, three: Cases, open_as: Open) -> None:
    page = open_as(mara, address_of(three[0]))
    ready(page, 2)
    page.context.set_offline(True)
    page.keyboard.press("a")
    expect(page.locator(".toast")).to_contain_text("That did not go through.")
    expect(page.locator(".pane.a .plain")).to_have_attribute("alt", "Lake 1")
    page.context.set_offline(False)
    page.keyboard.press("a")
    page.wait_for_url(lambda url: not url.endswith(address_of(three[0])))
    expect(page.locator(".toast").last).to_contain_text("1 decision closed 1 pair.")
    assert Decision.objects.get().case == three[0]


# --- Splits ---


@pytest.fixture
def group(lena: User, otto: User, media: object, site: str) -> Case:
    """A – B – C – D; B and C are the least alike."""
    a, b, c, d = (factories.image(owner, seed=1, quality=80 - n) for n, owner in enumerate([lena, otto] * 2))
    pairs = [factories.pair(a, b), factories.pair(b, c, ncc=0.75), factories.pair(c, d)]
    return factories.case(a, b, c, d, pairs=pairs)


@pytest.mark.invariant(11)
def test_a_group_is_drawn_and_split_with_a_key(mara: User, group: Case, open_as: Open) -> None:
    page = open_as(mara, address_of(group))
    expect(page.locator(".graph .node")).to_have_count(4)
    expect(page.locator(".graph .bridge")).to_have_count(1)
    expect(page.locator("[data-does=split]")).to_contain_text("Split: A, B | C, D")
    page.locator(".graph .edge").first.click()
    expect(page.locator(".matches [aria-current]")).to_have_count(1)
    page.keyboard.press("x")
    expect(page.locator(".toast")).to_contain_text("Split into 2 and 2.")
    expect(page.locator(".film li")).to_have_count(2)
    expect(page.locator(".outside")).to_contain_text("1 match leads out of this case.")
    assert sorted(Case.objects.open().values_list("size", flat=True)) == [2, 2]
    page.keyboard.press("z")
    expect(page.locator(".film li")).to_have_count(4)


def test_a_group_is_split_elsewhere_without_a_script(mara: User, group: Case, open_as: Open) -> None:
    page = open_as(mara, address_of(group), script=False)
    page.get_by_role("button", name="Split between C – D").click()
    expect(page.locator(".film li")).to_have_count(3)
    assert Decision.objects.get().action == "split"


def test_a_drawn_group_bars_nobody(mara: User, group: Case, open_as: Open) -> None:
    for width in (1440, 390):
        page = open_as(mara, address_of(group), width=width)
        results = Axe().run(page, options={"resultTypes": ["violations"]})
        assert results.violations_count == 0, results.generate_report()


# --- Touch ---

PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}


def draw(page: Page, share: float) -> None:
    """Draw the bar by ``share`` of its width with a finger."""
    box = page.locator("[data-swipe]").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    finger = page.context.new_cdp_session(page)
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in (0.25, 0.5, 0.75, 1.0):
        at = {"x": x + share * step * box["width"], "y": y}
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize(("share", "action"), [(-0.4, "different"), (0.4, "merge")])
def test_the_bar_is_drawn_to_one_side_to_decide(
    share: float, action: str, mara: User, three: Cases, open_as: Open
) -> None:
    page = open_as(mara, address_of(three[0]), **PHONE)
    draw(page, share / 3)
    expect(page.locator("[data-swipe]")).to_have_attribute("data-side", "")
    draw(page, share)
    expect(page.locator(".toast")).to_contain_text("1 decision closed 1 pair.")
    assert Decision.objects.get().action == action
    page.locator(".toast form button").click()
    expect(page.locator(".toast").last).to_contain_text("Undone")
    assert not Pair.objects.exclude(state=Pair.State.OPEN).exists()


def test_the_bar_is_there_only_for_those_who_want_it(mara: User, three: Cases, open_as: Open) -> None:
    expect(open_as(mara, address_of(three[0])).locator("[data-swipe]")).to_be_hidden()  # nothing to touch
    expect(open_as(mara, address_of(three[0]), **PHONE).locator("[data-swipe]")).to_be_visible()
    User.objects.filter(pk=mara.pk).update(swipe_to_decide=False)
    expect(open_as(mara, address_of(three[0]), **PHONE).locator("[data-swipe]")).to_have_count(0)


# --- Sensitive pictures, and the key on a toast ---


def test_a_sensitive_picture_is_revealed_with_a_key_and_that_is_kept(mara: User, three: Cases, open_as: Open) -> None:
    Image.objects.filter(title="Lake 1").update(sensitive=True)
    page = open_as(mara, address_of(three[0]))
    expect(page.locator(".pane.a .plain")).to_have_css("filter", "blur(32px)")
    page.keyboard.press("b")
    expect(page.locator(".pane.a .plain")).to_have_css("filter", "none")
    assert AuditEntry.objects.filter(verb="image.reveal", actor=mara).count() == 1


def test_the_key_on_a_toast_works_away_from_the_desk(mara: User, lena: User, otto: User, open_as: Open) -> None:
    User.objects.filter(pk=mara.pk).update(keymap={"undo": "q"})
    page = open_as(mara, address_of(alike(lena, otto)))
    page.keyboard.press("a")
    page.wait_for_url("**/review/")
    expect(page.locator(".toast kbd")).to_have_text("Q")
    page.keyboard.press("q")
    expect(page.locator(".toast")).to_contain_text("Undone")
    assert Decision.objects.filter(action="undo").exists()


# --- Real pixels ---


def test_zooming_further_than_the_small_copy_shows_the_originals_pixels(
    mara: User, lena: User, otto: User, open_as: Open
) -> None:
    picture = pictures.photograph(1, width=2100, height=1050, things=12)
    one = factories.image(lena, picture, title="Wide")
    other = factories.image(otto, seed=2)
    page = open_as(mara, address_of(factories.case(one, other)))
    for _step in range(3):
        page.keyboard.press("+")
    with page.expect_response("**/tiles/"):
        page.keyboard.press("+")
    tasks.work_on("tile")
    expect(page.locator(".pane.a .tiles img").first).to_be_visible()
    whole = page.locator(".pane.a .plain").evaluate("picture => picture.naturalWidth")
    assert whole == 1600
    page.keyboard.press("0")
    expect(page.locator(".pane.a .tiles")).to_be_hidden()


def test_zoomed_further_than_its_copy_a_picture_laid_over_says_that_it_is_one(
    mara: User, lena: User, otto: User, open_as: Open
) -> None:
    picture = pictures.photograph(1, width=2100, height=1050, things=12)
    one, other = factories.image(lena, picture), factories.image(otto, picture, quality=50)
    pair = factories.pair(one, other, evidence=factories.evidence(picture, picture))
    default_storage.save(pair.rendition_key("aligned"), ContentFile(pictures.encoded(picture, "WEBP")))
    page = open_as(mara, address_of(factories.case(one, other, pairs=[pair])))
    said = page.locator(".pane.b [data-coarse]")
    expect(page.locator(".pane.b .aligned")).to_be_visible()
    expect(said).to_be_hidden()
    for _step in range(4):
        page.keyboard.press("+")
    expect(said).to_be_visible()
    page.keyboard.press("l")
    expect(said).to_be_hidden()
