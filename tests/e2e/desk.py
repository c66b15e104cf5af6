"""What tests of the desk in a browser share: a case, and what can be seen of it."""

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from playwright.sync_api import Page

from gallery.models import Case, User
from gallery.verification.evidence import Box
from tests import factories, pictures


def alike(lena: User, otto: User, *, seed: int = 1, drawn: bool = True) -> Case:
    """A case of two: the second has two changed places, and is laid onto the first."""
    picture = pictures.photograph(seed, width=240, height=160, things=12)
    changed = pictures.captioned(picture)
    one = factories.image(lena, picture, title=f"Lake {seed}")
    other = factories.image(otto, changed, quality=60, title=f"Lake {seed} again")
    found = factories.evidence(picture, changed, changed=[Box(0.0, 0.86, 1.0, 1.0), Box(0.1, 0.1, 0.2, 0.2)])
    pair = factories.pair(one, other, evidence=found)
    if drawn:
        for name in ("aligned", "difference"):
            default_storage.save(pair.rendition_key(name), ContentFile(pictures.encoded(changed, "WEBP")))
    return factories.case(one, other, pairs=[pair])


def address_of(case: Case) -> str:
    return reverse("case", args=[case.pk])


def shown(page: Page) -> set[str]:
    """Which of the pictures can be seen: a, b, aligned, difference."""
    names = {
        ".pane.a .plain": "a",
        ".pane.b .plain": "b",
        ".pane.b .aligned": "aligned",
        ".pane.b .difference": "difference",
    }
    return {name for selector, name in names.items() if page.locator(selector).is_visible()}


def zoom(page: Page) -> float:
    return float(page.evaluate("getComputedStyle(document.querySelector('.panes')).getPropertyValue('--zoom')"))
