"""Uploading in a real browser: the script, the row that moves on, and what is said when the connection is gone."""

from pathlib import Path
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

from gallery.models import Image, User
from tests import pictures
from tests.e2e.conftest import SignIn

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(sign_in: SignIn, lena: User, media: Path) -> Page:
    """The upload page, as Lena sees it."""
    return sign_in(lena, "/upload/")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return pictures.written(tmp_path, pictures.photograph(4, width=200, height=150, things=12), "sea.png")


def test_each_file_gets_its_row_and_the_row_moves_on(page: Page, photo: Path, tmp_path: Path) -> None:
    scan = tmp_path / "scan.jpg"
    scan.write_bytes(b"II*\x00\x08\x00\x00\x00" + bytes(100))
    page.set_input_files("#files", [photo, scan])
    expect(page.locator("#rows .pill.bad")).to_have_text("Refused")
    expect(page.locator("#rows .bad", has_text="TIFF")).to_be_visible()
    expect(page.locator("#rows .pill.wait")).to_have_text("Received")
    expect(page.locator("[data-summary]")).to_have_text("2 of 2 uploaded · 1 refused")
    # The picture that the browser has is shown before ours is made.
    assert page.locator("#rows .thumb img").evaluate("picture => picture.complete && picture.naturalWidth") == 200

    Image.objects.filter(stage=Image.Stage.STORED).update(stage=Image.Stage.COMPARED)
    expect(page.locator("#rows .pill.good")).to_have_text("No copy found")
    # Nothing waits any more, so the page stops asking; another upload wakes it.
    expect(page.locator("[data-poll][data-stopped]")).to_have_count(1)
    other = pictures.written(tmp_path, pictures.photograph(5, width=200, height=150, things=12), "other.png")
    page.set_input_files("#files", other)
    expect(page.locator("#rows .pill.wait")).to_have_text("Received")
    expect(page.locator("[data-poll]:not([data-stopped])")).to_have_count(1)


def test_of_very_many_files_those_that_wait_are_asked_about_first(page: Page, photo: Path) -> None:
    page.set_input_files("#files", photo)
    expect(page.locator("#rows .pill.wait")).to_have_text("Received")
    with page.expect_request("**/uploads/progress/") as asked:
        page.evaluate(
            """() => {
              const row = document.querySelector("#rows li");
              for (let number = 0; number < 290; number += 1) {
                for (const name of ["shown", "waiting"]) {
                  const field = document.createElement("input");
                  row.append(Object.assign(field, { type: "hidden", name, value: `${number}:` }));
                }
              }
            }"""
        )
    sent = parse_qs(asked.value.post_data or "", keep_blank_values=True)
    assert (len(sent["waiting"]), len(sent["shown"])) == (291, 9)


def test_a_lost_connection_is_told_and_the_file_can_be_sent_again(page: Page, photo: Path) -> None:
    page.context.set_offline(True)
    expect(page.locator("[data-offline]")).to_be_visible()
    page.set_input_files("#files", photo)
    expect(page.locator("[data-sentence]")).to_have_text("The connection was lost. Try again when it is back.")
    page.context.set_offline(False)
    page.click("[data-retry]")
    expect(page.locator("#rows .pill.wait")).to_have_text("Received")
    assert Image.objects.count() == 1


def test_a_picture_is_pasted(page: Page, photo: Path) -> None:
    page.evaluate(
        """async (bytes) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" }));
            document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }));
        }""",
        list(photo.read_bytes()),
    )
    expect(page.locator("#rows .name", has_text="pasted.png").first).to_be_visible()
    expect(page.locator("#rows .pill.wait")).to_have_text("Received")


def test_the_appearance_changes_without_a_reload_and_stays(page: Page) -> None:
    page.click(".appearance")
    expect(page.locator("html")).to_have_attribute("data-appearance", "light")
    with page.expect_response(lambda response: "\r\n\r\ndark\r\n" in (response.request.post_data or "")):
        page.click(".appearance")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-appearance", "dark")


def test_the_page_obeys_its_own_policy(page: Page) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    for address in ("/upload/", "/uploads/", "/preferences/"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
    assert problems == []
