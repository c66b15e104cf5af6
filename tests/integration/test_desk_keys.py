"""Keys of the desk: on the sheet, changed, and switched off."""

import re

import pytest
from django.urls import reverse

from gallery.models import Case, User
from tests.at_desk import case, group, logged_in, page

__all__ = ["case", "group"]

pytestmark = pytest.mark.usefixtures("media")


def test_a_key_can_be_changed_and_gives_way_nowhere(mara: User, case: Case) -> None:
    client = logged_in(mara)
    fields = dict(re.findall(r'<input type="text" name="([\w-]+)" value="([^"]*)"', page(client, reverse("keys"))))
    assert fields["different"] == "a"
    assert client.post(reverse("keys"), fields | {"different": "s"}).status_code == 422
    assert client.post(reverse("keys"), fields | {"different": "d"}).status_code == 302
    text = page(client, reverse("case", args=[case.pk]))
    assert re.search(r'data-key="d" data-presses="different"', text)
    assert 'data-key="a"' not in text
    client.post(reverse("keys"), {"usual": "yes"})
    mara.refresh_from_db()
    assert mara.keymap == {}


@pytest.mark.invariant(11)
def test_every_key_of_the_sheet_presses_a_control_of_the_page(mara: User, group: Case) -> None:
    """Invariant 11: what the sheet promises is on the page, or comes with another state of the page."""
    text = page(logged_in(mara), reverse("case", args=[group.pk]))
    promised = set(re.findall(r'data-presses="([\w-]+)"', text))
    there = set(re.findall(r'data-does="([\w-]+)"', text))
    elsewhere = {"intentional", "keeper-previous", "region-next", "region-previous", "case-previous", "case-next"}
    assert promised - there <= elsewhere
    assert there <= promised


@pytest.mark.invariant(11)
def test_single_keys_can_be_switched_off(mara: User, case: Case) -> None:
    client = logged_in(mara)
    assert "data-listen" in page(client, reverse("case", args=[case.pk]))
    User.objects.filter(pk=mara.pk).update(single_keys=False)
    assert "data-listen" not in page(client, reverse("case", args=[case.pk]))
