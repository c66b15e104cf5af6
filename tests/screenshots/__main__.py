"""
Starts the site on the sample pictures, lets people work on it, and takes a picture of every page and way to compare.

``python -m tests.screenshots FOLDER``; the folder's old pictures go.
"""

import io
import re
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect, sync_playwright

from gallery.management.samples import photographs
from tests.browsers import chromium
from tests.screenshots.camera import Camera, signed_in
from tests.screenshots.site import Site, running

MODES = ("side", "blink", "swipe", "onion", "difference")


def more_copies() -> list[FilePayload]:
    """Copies of one picture, for a case that is worth drawing."""
    cat = photographs()["chelsea"].opened()
    width, height = cat.size
    copies = {
        "cat_small.jpg": cat.resize((width * 2 // 3, height * 2 // 3)),
        "cat_left.jpg": cat.crop((0, 0, width * 3 // 4, height)),
        "cat_top.jpg": cat.crop((width // 8, 0, width, height * 4 // 5)),
    }
    files: list[FilePayload] = []
    for name, picture in copies.items():
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=70)
        files.append({"name": name, "mimeType": "image/jpeg", "buffer": out.getvalue()})
    return files


def wait_until_compared(page: Page) -> None:
    """Until nothing waits; the dashboard says so."""
    until = time.monotonic() + 300
    while time.monotonic() < until:
        page.goto("/review/")
        if page.locator("[aria-labelledby=index] .pill.good").count():
            return
        page.wait_for_timeout(1000)
    raise TimeoutError("the pictures are still being compared")


def open_case(page: Page, title: str) -> None:
    """The case that has a picture of this title in its row."""
    page.goto("/review/cases/?show=all")
    page.locator(".case-row", has=page.get_by_alt_text(title, exact=True)).first.click()
    expect(page.locator(".pane.a .plain")).to_be_visible()


def upload(page: Page, camera: Camera) -> None:
    page.goto("/upload/")
    camera.take(page, "upload")
    page.set_input_files("input[type=file]", more_copies())
    page.wait_for_timeout(1500)
    camera.take(page, "upload-under-way")


def own_images(page: Page, camera: Camera) -> None:
    page.goto("/uploads/")
    camera.take(page, "my-uploads")
    page.locator("a.name", has_text="Summer colours").click()
    camera.take(page, "image")
    page.get_by_role("link", name="Edit details").click()
    camera.take(page, "image-edit")


def look(page: Page, camera: Camera, suffix: str) -> None:
    """The desk in each mode, with a sheet and a dialog."""
    open_case(page, "But first, coffee")
    expect(page.locator(".for-missing")).to_be_hidden()
    for mode in MODES:
        page.locator(f"label:has(#mode-{mode})").click()
        camera.take(page, f"desk-{mode}{suffix}")
    page.locator("label:has(#mode-side)").click()


def decide(page: Page, camera: Camera) -> None:
    page.keyboard.press("?")
    camera.take(page, "desk-keys")
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    expect(page.locator("#changes-dialog")).to_be_visible()
    camera.take(page, "desk-changes")
    page.keyboard.press("Escape")
    open_case(page, "Chelsea the cat")
    expect(page.locator(".for-missing")).to_be_hidden(timeout=60_000)
    camera.take(page, "desk-group")
    page.keyboard.press("x")
    expect(page.locator(".toast")).to_contain_text("Split into")
    camera.take(page, "desk-split")
    page.keyboard.press("z")
    expect(page.locator(".toast")).to_contain_text("Undone")
    open_case(page, "Gravel texture")
    page.keyboard.press("m")
    expect(page.locator(".toast")).to_contain_text("Merged into")
    camera.take(page, "desk-after-a-merge")
    open_case(page, "Coins for the wall")
    page.keyboard.press("r")
    expect(page.locator(".toast")).to_contain_text("Related")


def lists(page: Page, camera: Camera) -> None:
    for name, address in {
        "review": "/review/",
        "decisions": "/decisions/",
        "verdicts": "/verdicts/",
        "images": "/images/",
        "keys": "/preferences/keys/",
        "preferences": "/preferences/",
    }.items():
        page.goto(address)
        camera.take(page, name)
    page.goto("/decisions/")
    page.get_by_text("Merged into").first.click()
    camera.take(page, "decision")
    page.goto("/review/cases/")
    for number in range(2):
        page.locator("input[name=case][form=bulk]").nth(number).check()
    camera.take(page, "cases")
    page.get_by_role("button", name="Preview for those ticked").click()
    camera.take(page, "bulk-preview")
    page.get_by_role("button", name=re.compile("^Different: ")).click()
    expect(page.locator("#sentence")).to_have_text("Done.")
    camera.take(page, "bulk")
    page.get_by_role("button", name=re.compile("^Take back")).click()
    expect(page.locator("#sentence")).to_have_text("Taken back.")


def administer(page: Page, camera: Camera) -> None:
    page.goto("/admin/")
    camera.take(page, "admin")
    page.goto("/admin/gallery/policy/")
    page.locator("form[action$='/new-version/'] button").first.click()
    page.wait_for_url(re.compile("/tune/"))
    camera.take(page, "tuning")


def take_all(site: Site, folder: Path) -> Camera:
    camera = Camera(folder)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        with signed_in(browser, site, "lena") as page:
            upload(page, camera)
        with signed_in(browser, site, "mara") as page:
            wait_until_compared(page)
            look(page, camera, "")
            decide(page, camera)
            lists(page, camera)
        with signed_in(browser, site, "mara", dark=True) as page:
            look(page, camera, "-dark")
            page.goto("/review/")
            camera.take(page, "review-dark")
        with signed_in(browser, site, "mara", phone=True) as page:
            open_case(page, "But first, coffee")
            camera.take(page, "phone-desk")
            page.goto("/review/")
            camera.take(page, "phone-review")
        with signed_in(browser, site, "lena") as page:
            own_images(page, camera)
        with signed_in(browser, site, "lena", phone=True) as page:
            page.goto("/uploads/")
            camera.take(page, "phone-my-uploads")
        with signed_in(browser, site, "ada") as page:
            administer(page, camera)
        browser.close()
    return camera


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dedup-") as data, running(Path(data)) as site:
        camera = take_all(site, folder)
    for old in {*folder.iterdir()} - {*camera.taken}:
        old.unlink()
    size = sum(path.stat().st_size for path in camera.taken)
    sys.stdout.write(f"{len(camera.taken)} pictures, {size / 1e6:.1f} MB, are in {folder}.\n")


if __name__ == "__main__":
    main()
