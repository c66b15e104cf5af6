"""Every page, opened by everybody who may, asks the database at most twelve times."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.access_scene import NOUNS, Scene, scene
from tests.access_table import PAGES, PEOPLE
from tests.doors import body_of
from tests.integration.test_access import pages_of_admin

__all__ = ["scene"]

pytestmark = pytest.mark.django_db

MOST = 12

MORE = {"GET /decisions/<uuid:decision_id>/": 20}
"""What taking a decision back would do is really done, and rolled back."""

FRAMES = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


def opened(table: dict[str, list[int]], most: int) -> Iterator[tuple[str, str]]:
    """Who may look at what: the rows of GET and the people whose status is at most ``most``."""
    for row, statuses in table.items():
        if row.startswith("GET "):
            yield from ((row, who) for who, status in zip(PEOPLE, statuses, strict=True) if status <= most)


def asked(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as found:
        body_of(client.get(address))
    return sum(not query["sql"].startswith(FRAMES) for query in found.captured_queries)


def test_every_page_asks_little(scene: Scene) -> None:
    found = {(row, who): asked(scene.browser(who), scene.fill(row.split()[1])) for row, who in opened(PAGES, 302)}
    assert {page: count for page, count in found.items() if count > MORE.get(page[0], MOST)} == {}


@pytest.mark.parametrize("noun", ["", *NOUNS])
def test_every_page_of_the_admin_asks_little(scene: Scene, noun: str) -> None:
    found = {
        (row, who): asked(scene.browser(who), scene.fill_admin(row.split(maxsplit=1)[1], noun or "user"))
        for row, who in opened(pages_of_admin(noun), 200)
    }
    assert {page: count for page, count in found.items() if count > MOST} == {}
