"""A browser that takes pictures of pages: small files of the same size every time."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import PIL.Image
from playwright.sync_api import Browser, Page

from tests.screenshots.site import Site

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
QUALITY = 78
"""Of WebP: text stays sharp, a page is about 60 kB."""


class Camera:
    """Writes WebP files into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken: list[Path] = []

    def take(self, page: Page, name: str) -> None:
        """The window as it is, once its pictures are there."""
        page.wait_for_load_state("networkidle")
        page.wait_for_function("[...document.images].every((one) => one.complete || one.loading === 'lazy')")
        path = self.folder / f"{name}.webp"
        with PIL.Image.open(io.BytesIO(page.screenshot())) as picture:
            picture.save(path, "WEBP", quality=QUALITY, method=6)
        self.taken.append(path)


@contextmanager
def signed_in(browser: Browser, site: Site, name: str, *, dark: bool = False, phone: bool = False) -> Iterator[Page]:
    """A page of the site for one of its demo accounts."""
    size = PHONE if phone else WIDE
    context = browser.new_context(
        base_url=site.address,
        viewport={"width": size["width"], "height": size["height"]},
        has_touch=phone,
        is_mobile=phone,
        device_scale_factor=1,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        bypass_csp=True,  # the questions that the camera asks are evaluated
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto("/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", site.passwords[name])
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda address: "/login/" not in address)
    yield page
    context.close()
