"""The desk in a browser: every key, every way to compare, with a mouse, without a script, on a phone."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from playwright.sync_api import expect

from gallery.models import Case, Decision, Image, Merge, Pair, User
from gallery.views.keys import usual
from tests import factories, pictures
from tests.e2e.conftest import Open
from tests.e2e.desk import address_of, alike, shown, zoom

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("media")]


@pytest.fixture
def case(lena: User, otto: User, media: Path, site: str) -> Case:
    return alike(lena, otto)


@pytest.mark.invariant(11)
@pytest.mark.parametrize(("key", "action"), [("a", "different"), ("r", "related"), ("m", "merge")])
def test_a_key_answers_and_the_next_case_comes(
    key: str, action: str, mara: User, lena: User, otto: User, case: Case, open_as: Open
) -> None:
    following = alike(lena, otto, seed=2)
    page = open_as(mara, address_of(case))
    page.keyboard.press(key)
    page.wait_for_url(f"**{address_of(following)}")
    assert Decision.objects.get().action == action
    expect(page.locator(".toast")).to_contain_text("1 decision closed 1 pair.")


@pytest.mark.invariant(11)
def test_identical_files_are_approved_as_an_intentional_copy(
    mara: User, lena: User, otto: User, open_as: Open, site: str
) -> None:
    twins = factories.image(lena, seed=3), factories.image(otto, seed=3)
    case = factories.case(*twins, same_bytes=True, same_pixels=True)
    page = open_as(mara, address_of(case))
    page.keyboard.press("5")
    expect(page.locator(".for-difference")).to_contain_text("The pixels are the same")
    page.keyboard.press("i")
    page.wait_for_url("**/review/")
    assert Pair.objects.get().state == Pair.State.INTENTIONAL


@pytest.mark.invariant(11)
def test_the_last_answer_is_taken_back_with_a_key(
    mara: User, lena: User, otto: User, case: Case, open_as: Open
) -> None:
    alike(lena, otto, seed=2)
    page = open_as(mara, address_of(case))
    page.keyboard.press("a")
    page.wait_for_url(lambda url: not url.endswith(address_of(case)))
    page.keyboard.press("z")
    expect(page.locator(".toast")).to_contain_text("Undone")
    expect(page.locator(".pane.a .plain")).to_have_attribute("alt", "Lake 1")
    assert not Pair.objects.exclude(state=Pair.State.OPEN).exists()


@pytest.mark.invariant(11)
def test_each_mode_has_its_key_and_stays_for_the_next_case(
    mara: User, lena: User, otto: User, case: Case, open_as: Open
) -> None:
    following = alike(lena, otto, seed=2)
    page = open_as(mara, address_of(case))
    assert shown(page) == {"a", "aligned"}
    page.keyboard.press("5")
    assert shown(page) == {"a", "difference"}
    page.keyboard.press("2")
    assert shown(page) == {"a"}
    page.keyboard.press(" ")
    assert shown(page) == {"aligned"}
    page.keyboard.press("3")
    assert shown(page) == {"a", "aligned"}
    page.keyboard.press("4")
    expect(page.locator("#onion-at")).to_be_visible()
    page.keyboard.press("]")
    page.wait_for_url(f"**{address_of(following)}")
    expect(page.locator("#mode-onion")).to_be_checked()
    page.keyboard.press("[")
    page.wait_for_url(f"**{address_of(case)}")
    page.keyboard.press("1")
    page.keyboard.press("l")
    assert shown(page) == {"a", "b"}


def test_the_swipe_follows_the_pointer_and_the_slider(mara: User, case: Case, open_as: Open) -> None:
    page = open_as(mara, address_of(case))
    page.keyboard.press("3")
    box = page.locator(".panes").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 100)
    page.mouse.up()
    assert float(page.locator("#swipe-at").input_value()) == pytest.approx(25, abs=2)
    page.locator("#swipe-at").fill("80")
    assert page.evaluate("document.querySelector('.panes').style.getPropertyValue('--swipe')") == "80%"


@pytest.mark.invariant(11)
def test_both_pictures_zoom_and_move_together(mara: User, case: Case, open_as: Open) -> None:
    page = open_as(mara, address_of(case))
    page.keyboard.press("+")
    assert zoom(page) == pytest.approx(1.5)
    first, second = (page.locator(f".pane.{name} .view").bounding_box() for name in "ab")
    assert first
    assert second
    assert first["width"] == pytest.approx(second["width"], abs=1)
    page.locator(".panes").focus()
    page.keyboard.press("Shift+ArrowLeft")
    moved = page.locator(".pane.a .view").bounding_box()
    assert moved
    assert moved["x"] > first["x"]
    page.keyboard.press("-")
    page.keyboard.press("0")
    assert zoom(page) == 1


@pytest.mark.invariant(11)
def test_the_changed_places_are_visited_one_after_the_other(mara: User, case: Case, open_as: Open) -> None:
    page = open_as(mara, address_of(case))
    page.keyboard.press("n")
    expect(page.locator("[data-region-count]")).to_have_text("1 of 2 changed regions")
    page.keyboard.press("n")
    expect(page.locator("[data-region-count]")).to_have_text("2 of 2 changed regions")
    assert zoom(page) > 2
    page.keyboard.press("p")
    expect(page.locator("[data-region-count]")).to_have_text("1 of 2 changed regions")


@pytest.mark.invariant(11)
def test_the_arrows_choose_the_keeper_and_f_its_file(mara: User, case: Case, open_as: Open) -> None:
    older, newer = Image.objects.order_by("pk")
    page = open_as(mara, address_of(case))
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-does=merge]")).to_contain_text("Merge into B")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-does=merge]")).to_contain_text("Merge into A")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-does=merge]")).to_contain_text("Merge into B")
    page.keyboard.press("f")
    expect(page.locator(".keeper")).to_contain_text("With the file of A.")
    page.keyboard.press("v")
    expect(page.locator("#changes-dialog")).to_contain_text("What merging into B changes")
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    page.wait_for_url("**/review/")
    merge = Merge.objects.get()
    assert (merge.keeper, merge.file) == (newer, older.file)


@pytest.mark.invariant(11)
def test_skip_escalate_and_comment_have_their_keys(
    mara: User, lena: User, otto: User, case: Case, open_as: Open
) -> None:
    following = alike(lena, otto, seed=2)
    page = open_as(mara, address_of(case))
    page.keyboard.press("c")
    expect(page.locator("#comment")).to_be_focused()
    page.keyboard.type("a sharp eye needed")  # every letter is a key of the desk, and none of them acts here
    page.keyboard.press("Escape")
    expect(page.locator("#comment")).to_be_hidden()
    page.keyboard.press("c")
    page.locator("#comment ~ button").click()
    page.wait_for_load_state()
    expect(page.locator(".beside")).to_contain_text("a sharp eye needed")
    page.keyboard.press("s")
    page.wait_for_url(f"**{address_of(following)}")
    page.keyboard.press("e")
    expect(page.locator("#escalation")).to_be_focused()
    page.keyboard.type("whose licence?")
    page.locator("#escalation ~ button").click()
    page.wait_for_url("**/review/")
    assert Case.objects.get(pk=following.pk).escalation_note == "whose licence?"
    assert not Decision.objects.exists()


@pytest.mark.invariant(11)
@pytest.mark.parametrize(("concealment", "before", "after"), [("none", "none", "blur"), ("blur", "blur", "none")])
def test_pictures_are_concealed_and_revealed(
    concealment: str, before: str, after: str, mara: User, case: Case, open_as: Open
) -> None:
    User.objects.filter(pk=mara.pk).update(concealment=concealment)
    page = open_as(mara, address_of(case))
    picture = page.locator(".pane.a .plain")
    expect(picture).to_have_css("filter", re.compile(before))
    page.keyboard.press("b")
    expect(picture).to_have_css("filter", re.compile(after))


@pytest.mark.invariant(11)
def test_the_sheet_shows_the_keys_and_the_switch_silences_them(mara: User, case: Case, open_as: Open) -> None:
    page = open_as(mara, address_of(case))
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_contain_text("Undo your last decision")
    page.keyboard.press("a")  # behind a dialog nothing is decided
    page.keyboard.press("Escape")
    User.objects.filter(pk=mara.pk).update(single_keys=False)
    page.reload()
    before = shown(page)
    for key in usual():
        page.keyboard.press(key.key)
    page.wait_for_timeout(300)
    assert shown(page) == before
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert page.url.endswith(address_of(case))
    assert not Decision.objects.exists()
    expect(page.locator("[data-does=different] kbd")).to_be_hidden()


@pytest.mark.invariant(11)
def test_a_key_of_ones_own_works(mara: User, case: Case, open_as: Open) -> None:
    User.objects.filter(pk=mara.pk).update(keymap={"different": "d"})
    page = open_as(mara, address_of(case))
    expect(page.locator("[data-does=different] kbd")).to_have_text("D")
    page.keyboard.press("a")
    page.keyboard.press("d")
    page.wait_for_url("**/review/")
    assert Decision.objects.get().action == "different"


def test_ticks_stay_when_another_keeper_is_chosen(mara: User, lena: User, otto: User, open_as: Open, site: str) -> None:
    images = [factories.image(owner, seed=1, quality=80 - n) for n, owner in enumerate([lena, otto, lena])]
    case = factories.case(*images)
    page = open_as(mara, f"{address_of(case)}?keeper={images[0].public_id}")
    page.locator("[data-tick]").nth(2).uncheck()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-does=merge]")).to_contain_text("Merge into B")
    assert [page.locator("[data-tick]").nth(n).is_checked() for n in range(3)] == [True, True, False]
    page.get_by_text("All 3").click()
    expect(page.locator("[data-tick]").nth(2)).to_be_checked()
    page.keyboard.press("a")
    page.wait_for_url("**/review/")
    assert {pair.state for pair in Pair.objects.all()} == {Pair.State.DIFFERENT}


def test_a_picture_that_is_still_being_made_is_waited_for(
    mara: User, lena: User, otto: User, open_as: Open, site: str
) -> None:
    case = alike(lena, otto, drawn=False)
    page = open_as(mara, address_of(case))
    expect(page.locator(".for-missing")).to_be_visible()
    assert shown(page) == {"a", "b"}
    pair = Pair.objects.get()
    copy = pictures.encoded(pictures.photograph(1, width=240, height=160), "WEBP")
    default_storage.save(pair.rendition_key("aligned"), ContentFile(copy))
    expect(page.locator(".pane.b .aligned")).to_be_visible()
    expect(page.locator(".for-missing")).to_be_hidden()


def test_the_desk_works_without_a_script(mara: User, case: Case, open_as: Open) -> None:
    page = open_as(mara, address_of(case), script=False)
    page.locator("label:has(#mode-difference)").click()
    assert shown(page) == {"a", "difference"}
    page.get_by_text("Keep B instead").click()
    expect(page.locator("[data-does=merge]")).to_contain_text("Merge into B")
    page.locator("summary[data-does=escalate]").click()
    expect(page.locator("#escalation")).to_be_visible()
    page.locator("[data-does=merge]").click()
    page.wait_for_url("**/review/")
    assert Merge.objects.get().keeper == Image.objects.order_by("pk")[1]


def test_on_a_phone_the_answers_stay_in_reach_and_large(mara: User, case: Case, open_as: Open) -> None:
    page = open_as(mara, address_of(case), width=390, height=844)
    for mode in ("swipe", "onion", "blink", "difference", "side"):
        page.locator(f"label:has(#mode-{mode})").click()
        assert page.evaluate("document.documentElement.scrollWidth") == 390, mode
    first, second = (page.locator(f".pane.{name}").bounding_box() for name in "ab")
    assert first
    assert second
    assert second["y"] >= first["y"] + first["height"]
    answers = page.locator("#answers").bounding_box()
    assert answers
    assert second["y"] + second["height"] <= answers["y"] + 1, "the second picture is behind the answers"
    for name in ("different", "related", "merge", "skip"):
        box = page.locator(f"[data-does={name}]").bounding_box()
        assert box
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= 844


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_on_the_desk_bars_anybody(width: int, dark: bool, mara: User, case: Case, open_as: Open) -> None:
    page = open_as(mara, address_of(case), width=width, dark=dark)
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    assert results.violations_count == 0, results.generate_report()
