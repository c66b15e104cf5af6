"""Markup in names, words and metadata, on every page where it is shown, in a real browser: it stays text."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import ConsoleMessage, Page, expect

from gallery.detection import policies
from gallery.models import Image, Policy, User
from gallery.review import actions, queue
from tests import factories, hostile
from tests.e2e.conftest import SignIn
from tests.judgement import submit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SCRIPT = hostile.SCRIPT
QUOTED = "\"><svg onload=window.hacked=2>'"
"""The same out of an attribute."""


class Watched:
    """A page whose console is listened to."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        # A page that answers 404 or 410 is told by the browser too: that is no complaint about the page.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def visit(self, *addresses: str) -> None:
        for address in addresses:
            self.page.goto(address)
            self.page.wait_for_load_state("networkidle")
            assert self.page.evaluate("window.hacked") is None, address
            assert self.page.locator("svg[onload], img[onerror]").count() == 0, address


def spoiled(owner: User, seed: int, **fields: object) -> Image:
    """An image of ``owner`` all of whose words are markup."""
    words = dict.fromkeys(("title", "caption", "alt_text"), f"{SCRIPT}{QUOTED}")
    image = factories.image(owner, seed=seed, **{**words, "licence": QUOTED, **fields})  # type: ignore[arg-type]  # columns
    image.files.update(original_name=f"{SCRIPT}{QUOTED}.jpg")
    return image


def test_markup_is_text_on_every_page(
    sign_in: SignIn, lena: User, otto: User, mara: User, ada: User, media: Path
) -> None:
    User.objects.filter(pk=otto.pk).update(first_name=SCRIPT, last_name=QUOTED)
    refused = Image.objects.create(
        owner=lena, stage=Image.Stage.REJECTED, refusal_code="truncated", refusal=SCRIPT, note=SCRIPT, title=QUOTED
    )
    one, other, third, fourth = (
        spoiled(lena, 1),
        spoiled(otto, 1, quality=60),
        spoiled(lena, 2),
        spoiled(otto, 2, quality=60),
    )
    case, decided = factories.case(one, other), factories.case(third, fourth)
    queue.comment(case, mara, text=f"{SCRIPT}{QUOTED}")
    values = {"reason": "other", "note": f"{SCRIPT}{QUOTED}"}
    decision = actions.run("different", decided, mara, submit=submit(decided, **values)).decision

    owners = Watched(sign_in(lena, "/uploads/"))
    owners.visit(
        "/uploads/?show=all", f"/i/{one.public_id}/", f"/i/{one.public_id}/edit/", f"/i/{one.public_id}/remove/"
    )
    owners.visit(f"/i/{refused.public_id}/")
    owners.page.goto(f"/i/{one.public_id}/")
    expect(owners.page.locator("h1")).to_contain_text(SCRIPT)

    desk = Watched(sign_in(mara, "/review/"))
    desk.visit("/review/", f"/review/{case.pk}/", f"/review/{case.pk}/merge-preview/", f"/review/{decided.pk}/")
    desk.visit(
        "/decisions/", f"/decisions/{decision.pk}/", "/verdicts/", f"/images/?q={SCRIPT}", f"/images/?q={QUOTED}"
    )

    nouns = ("image", "pair", "case", "decision", "verdict", "user", "auditentry")
    admin = Watched(sign_in(ada, "/images/"))
    admin.visit(*(reverse(f"admin:gallery_{noun}_changelist") + f"?q={SCRIPT}" for noun in nouns))
    admin.visit(*(reverse(f"admin:gallery_{noun}_changelist") for noun in nouns))
    admin.visit(
        reverse("admin:gallery_image_change", args=[one.pk]),
        reverse("admin:gallery_case_change", args=[case.pk]),
        reverse("admin:gallery_decision_change", args=[decision.pk]),
        reverse("admin:gallery_user_change", args=[otto.pk]),
    )
    assert owners.complaints + desk.complaints + admin.complaints == []


def test_markup_in_a_file_and_its_name_is_text_in_the_row_that_the_script_adds(
    sign_in: SignIn, lena: User, media: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "<img src=x onerror=window.hacked=1>.jpg"
    photo.write_bytes(hostile.telling_jpeg())
    page_too = tmp_path / "page.jpg"
    page_too.write_bytes(hostile.page_and_jpeg())
    scan = tmp_path / "'\"><svg onload=window.hacked=2>.jpg"
    scan.write_bytes(b"<svg onload=window.hacked=3>")
    watched = Watched(sign_in(lena, "/upload/"))
    watched.page.set_input_files("#files", [photo, page_too, scan])
    expect(watched.page.locator("#rows .pill.wait")).to_have_count(2)
    expect(watched.page.locator("#rows .pill.bad")).to_have_count(1)
    expect(watched.page.locator("#rows")).to_contain_text("<img src=x onerror=window.hacked=1>.jpg")
    assert watched.page.evaluate("window.hacked") is None
    watched.visit("/uploads/")
    assert watched.complaints == []


def test_an_original_that_is_a_page_too_is_a_download_and_never_a_page(
    sign_in: SignIn, lena: User, media: Path, tmp_path: Path
) -> None:
    both = tmp_path / "both.jpg"
    both.write_bytes(hostile.page_and_jpeg())
    watched = Watched(sign_in(lena, "/upload/"))
    watched.page.set_input_files("#files", both)
    expect(watched.page.locator("#rows .pill.wait")).to_have_count(1)
    image = Image.objects.get()
    with watched.page.expect_download() as started:
        watched.page.evaluate(f"window.location = '/media/{image.public_id}/original/'")
    assert started.value.suggested_filename == "both.jpg"
    assert Path(started.value.path()).read_bytes() == both.read_bytes()


def test_the_admin_obeys_the_sites_policy(sign_in: SignIn, lena: User, otto: User, ada: User, media: Path) -> None:
    factories.case(factories.image(lena, seed=1), factories.image(otto, seed=1, quality=60))
    draft = policies.draft_from(Policy.objects.in_force(), ada)
    admin = Watched(sign_in(ada, "/images/"))
    admin.visit("/admin/", *(f"/admin/gallery/{noun}/" for noun in ("image", "pair", "case", "user", "outboxentry")))
    admin.visit("/admin/gallery/user/add/", f"/admin/gallery/user/{otto.pk}/change/", "/admin/password_change/")
    admin.visit("/admin/gallery/policy/", f"/admin/gallery/policy/{draft.pk}/tune/")
    expect(admin.page.locator("[name=similarity_review]").first).to_be_visible()
    # What is drawn is drawn by our own files: without them the page would be unstyled text.
    assert admin.page.evaluate("[...document.styleSheets].every(sheet => sheet.href)")
    assert admin.complaints == []


def test_the_login_obeys_the_sites_policy(sign_in: SignIn, lena: User, media: Path) -> None:
    stranger = Watched(sign_in(lena, "/upload/"))
    stranger.page.context.clear_cookies()
    stranger.visit("/login/", "/admin/login/", f"/login/?next=/upload/{QUOTED}", "/no/such/page/", "/api/docs")
    assert stranger.complaints == []
