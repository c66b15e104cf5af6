"""The main job, whole: people upload photographs, a worker finds the copies, a moderator decides, an admin tunes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gallery import embedders
from gallery.models import Case, Image, Pair, Policy, User
from tests import pictures, site
from tests.e2e.conftest import SignIn
from tests.workers import broker

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(embedders.missing("sscd")), reason="the sscd weights are not installed"),
]

__all__ = ["broker"]


@pytest.fixture
def at_work(broker: str, milvus: str, media: Path, tmp_path: Path) -> Iterator[None]:
    """Workers and the scheduler."""
    with site.worker(tmp_path), site.beat(tmp_path):
        yield


def upload(page: Page, *files: Path) -> None:
    page.goto("/upload/")
    page.set_input_files("#files", list(files))
    expect(page.locator("[data-summary]")).to_contain_text(f"{len(files)} of {len(files)} uploaded")


def decided(page: Page) -> str:
    """The toast after a decision."""
    toast = page.locator("[role=status]", has_text="Undo").first
    expect(toast).to_be_visible()
    return toast.inner_text()


def test_from_upload_to_decision_undo_and_threshold(
    at_work: None, sign_in: SignIn, lena: User, otto: User, mara: User, ada: User, tmp_path: Path
) -> None:
    beach, forest = pictures.photograph(31), pictures.photograph(32)
    originals = [
        pictures.written(tmp_path, picture, f"{name}.jpg") for name, picture in (("beach", beach), ("forest", forest))
    ]
    copies = [
        pictures.written(tmp_path, pictures.cropped(beach, 0.7), "beach-detail.jpg", quality=50),
        pictures.written(tmp_path, pictures.rotated(forest, 8), "forest-turned.jpg"),
    ]
    # Two people upload.
    upload(sign_in(lena, "/upload/"), *originals)
    theirs = sign_in(otto, "/upload/")
    upload(theirs, *copies)
    theirs.goto("/uploads/")
    expect(theirs.locator(".pill", has_text="ossible copy")).to_have_count(2, timeout=60_000)
    site.wait_for("all four are compared", site.all_compared(4))

    # A moderator decides: the first case by button, the second by key.
    desk = sign_in(mara, "/review/")
    desk.click("text=Start reviewing")
    expect(desk.get_by_role("heading", name="Is this the same picture?")).to_be_visible()
    expect(desk.locator("#desk")).to_contain_text("Why flagged")
    first = Pair.objects.get(case=int(desk.url.rstrip("/").rsplit("/", 1)[-1]))
    desk.click("[data-does=different]")
    assert "Different" in decided(desk)
    first.refresh_from_db()
    assert first.state == Pair.State.DIFFERENT
    desk.wait_for_url("**/review/*/")
    second = Pair.objects.get(state=Pair.State.OPEN)
    desk.keyboard.press("m")
    decided(desk)
    second.refresh_from_db()
    assert second.state == Pair.State.MERGED
    absorbed = Image.objects.get(standing=Image.Standing.MERGED)
    expect(desk.locator("main")).to_contain_text("Nothing to review")

    # The absorbed image's address leads to its keeper; undo brings it back as it was.
    desk.goto(absorbed.get_absolute_url())
    assert desk.url.endswith(absorbed.merged_into.get_absolute_url() if absorbed.merged_into else "?")
    desk.goto("/decisions/")
    desk.locator("form button", has_text="Undo").first.click()
    expect(desk.locator("[role=status]", has_text="Undone").first).to_be_visible()
    assert not Image.objects.filter(standing=Image.Standing.MERGED).exists()
    second.refresh_from_db()
    assert second.state == Pair.State.OPEN

    # The verdict is not forgotten when the same file comes again.
    assert first.right.file is not None
    upload(sign_in(ada, "/upload/"), tmp_path / first.right.file.original_name)
    site.wait_for("the re-upload is compared", site.all_compared(5))
    again = Image.objects.order_by("pk").last()
    assert again is not None
    first_again = Pair.objects.get(left=first.left, right=again)
    assert first_again.state == Pair.State.DIFFERENT

    # An admin publishes a policy that flags next to nothing, and the queue follows; then the first one again.
    desk.goto("/review/")
    Case.objects.update(lease_holder=None, lease_until=None)  # what is on somebody's screen would wait for them
    admin = sign_in(ada, "/admin/")
    admin.goto("/admin/gallery/policy/")
    admin.click("text=Tune: new version")
    for name, value in (("strict_cells", 500), ("loose_cells", 500), ("pdq_certain", 0), ("pdq_review", 0)):
        admin.fill(f"[name={name}]", str(value))
    admin.fill("[name=similarity_review]", "1")
    admin.fill("[name=note]", "Only identical files.")
    expect(admin.locator("#weight")).to_contain_text("leave")
    admin.click("button[value=publish]")
    site.wait_for("version 2 is in force", lambda: Policy.objects.in_force().version == 2)
    site.wait_for("the pair leaves the queue", Pair.objects.filter(pk=second.pk, state=Pair.State.UNFLAGGED).exists)
    admin.goto(f"/admin/gallery/policy/{Policy.objects.get(version=1).pk}/change/")
    admin.click("text=Restore")
    admin.fill("[name=note]", "Back to the measured thresholds.")
    admin.locator("main button, #content button", has_text="Restore").last.click()
    site.wait_for("the pair is back", Pair.objects.filter(pk=second.pk, state=Pair.State.OPEN).exists)
    assert Policy.objects.in_force().version == 3
