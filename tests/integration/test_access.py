"""
Who may open what: every address of the site by everybody, as a table.

An address without a row fails the test, and so does a row without an address. Each request is taken back before the
next, so that all of them meet the same site.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from gallery.api.root import api
from gallery.models import (
    User,
)
from tests.access_scene import NOUN, NOUNS, Scene, scene
from tests.access_table import ADMIN, ADMIN_LISTS, API, PAGES, PEOPLE
from tests.doors import body_of

__all__ = ["scene"]

pytestmark = pytest.mark.django_db


# --- The site's addresses ---------------------------------------------------------------------------------------------


def routes(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    """Every address that the resolver knows, as it is written there."""
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


def of_row(table: Iterable[str]) -> set[str]:
    """The addresses that a table has rows of."""
    return {row.split()[1] for row in table}


def test_every_page_has_its_rows_and_every_row_its_page() -> None:
    known = {route for route in routes(get_resolver()) if not route.startswith(("/api/", "/admin/"))}
    assert {f"{method} {route}" for route in known for method in ("GET", "POST")} == set(PAGES)


def test_every_operation_has_its_row_and_every_row_its_operation() -> None:
    described = {
        f"{method.upper()} {path}" for path, methods in api.get_openapi_schema()["paths"].items() for method in methods
    }
    assert described | {"GET /api/docs", "GET /api/openapi.json", "GET /api/", "GET /api/{rest}"} == set(API)
    resolved = {route for route in routes(get_resolver()) if route.startswith("/api/")}
    assert {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route) for route in resolved} == {row.split()[1] for row in API}


def test_every_page_of_the_admin_has_its_rows_and_every_row_its_page() -> None:
    known = {route for route in routes(get_resolver()) if route.startswith("/admin/")}
    nouns = {route: named for route in known if (named := NOUN.search(route))}
    assert {named[2] for named in nouns.values()} == set(NOUNS)
    lists = {NOUN.sub("/*/", route) for route in nouns}
    assert of_row(ADMIN_LISTS) <= lists
    assert of_row(ADMIN) <= known
    assert {route for route in known - of_row(ADMIN) if NOUN.sub("/*/", route) not in of_row(ADMIN_LISTS)} == set()


def pages_of_admin(noun: str) -> dict[str, list[int]]:
    """The rows of a noun's pages; for no noun those of the admin's other pages."""
    found = {}
    for route in routes(get_resolver()):
        named = NOUN.search(route)
        if route.startswith("/admin/") and (named[2] if named else "") == noun:
            for method in ("GET", "POST"):
                row = f"{method} {route}"
                found[row] = ADMIN.get(row) or ADMIN_LISTS[NOUN.sub("/*/", row)]
    return found


def asked(call: Callable[[], Any]) -> int:
    """The status of an answer; all that the request did is taken back."""
    with transaction.atomic():
        response = call()
        body_of(response)
        transaction.set_rollback(True)
    return int(response.status_code)


def differences(table: dict[str, list[int]], ask: Callable[[str, str, str], int]) -> list[str]:
    """The rows that are not as the table says, with what was answered, in the table's own form."""
    found = {row: [ask(who, *row.split(maxsplit=1)) for who in PEOPLE] for row in table}
    return [f"{row} {' '.join(map(str, found[row]))}" for row, expected in table.items() if found[row] != expected]


def test_every_page_answers_by_who_asks(scene: Scene) -> None:
    def ask(who: str, method: str, route: str) -> int:
        client, address = scene.browser(who), scene.fill(route)
        if method == "GET":
            return asked(lambda: client.get(address))
        return asked(lambda: client.post(address, scene.form(route)))

    assert differences(PAGES, ask) == []


@pytest.mark.parametrize("way", ["session", "token"])
def test_every_operation_answers_by_who_asks(scene: Scene, way: str) -> None:
    def ask(who: str, method: str, route: str) -> int:
        client, address = Client(), scene.fill(route)
        if way == "session":
            client = scene.browser(who)
        elif who != "nobody":
            client = Client(headers={"Authorization": f"Bearer {scene.tokens[who]}"})
        if method == "GET":
            return asked(lambda: client.get(address))
        if route == "/api/images":
            return asked(lambda: client.post(address, scene.form("/upload/")))
        body = json.dumps(scene.json(route))
        return asked(lambda: client.post(address, body, content_type="application/json"))

    assert differences(API, ask) == []


@pytest.mark.parametrize("noun", ["", *NOUNS])
def test_every_page_of_the_admin_answers_by_who_asks(scene: Scene, noun: str) -> None:
    def ask(who: str, method: str, route: str) -> int:
        client, address = scene.browser(who), scene.fill_admin(route, noun or "user")
        return asked(lambda: client.get(address) if method == "GET" else client.post(address, {}))

    assert differences(pages_of_admin(noun), ask) == []


# --- What a stranger can tell -----------------------------------------------------------------------------------------


def test_a_stranger_cannot_tell_what_is_there_from_what_is_not(scene: Scene) -> None:
    """Addresses with ids answer an uploader the same, whether the id is somebody's or nobody's."""
    client = scene.browser("other")
    never = dict.fromkeys(
        ["case_id", "pair_id", "merge_id", "verdict_id", "appeal_id", "filter_id", "album_id"], "999999"
    )
    never |= {"decision_id": str(uuid.uuid4()), "job_id": str(uuid.uuid4()), "public_id": "2" * 12}
    never |= {"name": "thumb", "action": "different", "column": "0", "row": "0", "rest": "elsewhere"}
    for row in [*PAGES, *API]:
        method, route = row.split(maxsplit=1)
        if "<" not in route and "{" not in route:
            continue
        nowhere = re.sub(r"[<{](?:\w+:)?(\w+)[>}]", lambda found: never[found[1]], route)
        kind = "application/json" if "api" in route else "application/x-www-form-urlencoded"
        there, not_there = (
            client.generic(method, address, content_type=kind) for address in (scene.fill(route), nowhere)
        )
        assert there.status_code == not_there.status_code, row
        if there.status_code == 404:
            assert without_request(there) == without_request(not_there), row


def without_request(response: Any) -> str:
    """A page without what differs from request to request: the token of its forms, and its own address."""
    text = re.sub(r"\b[A-Za-z0-9]{64}\b", "", body_of(response).decode())
    return text.replace(response.request["PATH_INFO"], "")


# --- Rights that end --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "addresses"),
    [
        ("moderator", ["/review/", "/images/", "/decisions/", "/api/cases"]),
        ("senior", ["/review/", "/images/", "/verdicts/", "/api/cases"]),
        ("admin", ["/admin/gallery/image/", "/images/"]),
        ("auditor", ["/admin/gallery/auditentry/", "/images/", "/decisions/"]),
    ],
)
def test_who_is_demoted_has_no_rights_from_the_next_request_on(scene: Scene, who: str, addresses: list[str]) -> None:
    client, user = scene.browser(who), scene.people[who]
    program = Client(headers={"Authorization": f"Bearer {scene.tokens[who]}"})
    assert [client.get(address).status_code for address in addresses] == [200] * len(addresses)
    user.groups.set(Group.objects.filter(name="uploader"))
    User.objects.filter(pk=user.pk).update(is_staff=False)
    assert {client.get(address, follow=True).status_code for address in addresses} == {403}
    assert client.get("/uploads/").status_code == 200
    assert client.get(scene.fill("/i/<slug:public_id>/")).status_code == 404
    assert client.get(scene.fill("/media/<slug:public_id>/original/")).status_code == 404
    assert program.get("/api/cases").status_code == 403
    decide = json.dumps(scene.json("/api/decisions"))
    assert program.post("/api/decisions", decide, content_type="application/json").status_code == 403


def test_whose_account_is_closed_is_out_at_the_next_request(scene: Scene) -> None:
    client, user = scene.browser("senior"), scene.people["senior"]
    assert client.get("/review/").status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/review/")["Location"].startswith("/login/")
    assert Client().get("/api/cases", headers={"Authorization": f"Bearer {scene.tokens['senior']}"}).status_code == 401


def test_a_new_password_ends_the_sessions_of_the_old(scene: Scene) -> None:
    client, user = scene.browser("moderator"), scene.people["moderator"]
    user.set_password("ten brown foxes")
    user.save()
    assert client.get("/review/")["Location"].startswith("/login/")
