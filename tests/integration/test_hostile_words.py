"""Words that no form would send: in addresses, queries and bodies. All are answered, and none is a fault of ours."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from gallery.models import Case, Image, User
from tests import factories, hostile
from tests.doors import body_of

pytestmark = pytest.mark.django_db

WORDS = {
    "NUL": "a\0b",
    "a half of a letter": "\ud800",
    "a huge number": "9" * 400,
    "another number": "٣²",
    "below nothing": "-1",
    "no number": "NaN",
    "markup": hostile.SCRIPT,
    "SQL": "' OR 1=1; DROP TABLE gallery_image --",
    "wildcards": "%_%\\",
    "long": "x" * 5_000,
    "a number beyond all columns": "9" * 40,
    "bidi": "\u202egnp.exe",
    "a template": "{{ settings.SECRET_KEY }}{% debug %}",
}

QUERIES = {
    "/uploads/": ["show", "before"],
    "/images/": ["q", "show", "before"],
    "/decisions/": ["whose", "person", "action", "before"],
    "/decisions/?whose=all&": ["person", "action", "before"],
    "/verdicts/": ["state", "kind", "person", "before"],
    "/review/cases/": ["show", "tier", "least", "most", "signal", "owner", "tag", "policy", "age", "trait", "after"],
    "/review/{case}/batch/": ["action", "keeper"],
    "/review/{case}/": ["a", "b", "left", "right", "view", "pair"],
    "/review/{case}/merge-preview/": ["keeper", "file", "images"],
    "/media/{image}/thumb/": ["file"],
    "/login/": ["next"],
    "/api/images": ["after", "limit", "mine"],
    "/api/cases/next": ["after"],
    "/api/cases": ["limit"],
    "/api/images/{word}": [],
    "/api/cases/{word}": [],
    "/api/decisions/{word}": [],
    "/i/{word}/": [],
    "/no/such/{word}": [],
}


@pytest.fixture
def case(lena: User, otto: User, media: Path) -> Case:
    return factories.case(factories.image(lena, seed=1), factories.image(otto, seed=1, quality=60))


@pytest.fixture
def page(mara: User) -> Client:
    client = Client()
    client.force_login(mara)
    return client


def percent(word: str) -> str:
    """``word`` in an address, byte by byte; a half of a letter as three bytes that are none."""
    return "".join(f"%{byte:02X}" for byte in word.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_an_address_is_answered_whatever_it_says(word: str, page: Client, case: Case) -> None:
    image = Image.objects.first()
    assert image is not None
    for address, names in QUERIES.items():
        path = address.format(case=case.pk, image=image.public_id, word=percent(word))
        for name in names or [""]:
            query = f"{'' if '?' in path else '?'}{name}={percent(word)}" if name else ""
            response = page.get(path + query)
            body_of(response)
            assert response.status_code < 500, (path, name)


FORMS: dict[str, dict[str, str]] = {
    "/upload/": {"rows": ""},
    "/uploads/progress/": {"waiting": "", "shown": ""},
    "/preferences/": {"appearance": "", "concealment": ""},
    "/preferences/appearance/": {"appearance": "", "next": ""},
    "/preferences/keys/": {"different": "", "merge": ""},
    "/review/{case}/comment/": {"text": ""},
    "/review/{case}/escalate/": {"note": ""},
    "/review/{case}/different/": {"decision_id": "", "seen_version": "", "images": "", "reason": "", "note": ""},
    "/review/{case}/merge/": {"keeper": "", "file": "", "choice-title": "", "rest": "", "note": ""},
    "/decisions/undo-latest/": {"decision_id": "", "reason": "", "force": ""},
    "/login/": {"username": "", "password": "", "next": ""},
}


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_a_form_is_answered_whatever_it_says(word: str, page: Client, case: Case) -> None:
    for address, fields in FORMS.items():
        for name in fields:
            good = {"decision_id": str(uuid.uuid4()), "seen_version": str(Case.objects.get(pk=case.pk).version)}
            form = {**good, name: word}
            body = "&".join(f"{key}={percent(value)}" for key, value in form.items())
            response = page.post(address.format(case=case.pk), body, content_type="application/x-www-form-urlencoded")
            assert response.status_code < 500, (address, name)


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_an_image_keeps_the_words_it_can_and_refuses_the_others(word: str, lena: User, media: Path) -> None:
    image = factories.image(lena)
    client = Client()
    client.force_login(lena)
    for name in ("title", "caption", "alt_text", "licence", "tags", "visibility", "version"):
        image.refresh_from_db()
        form = {"version": str(image.version), "visibility": "public", name: word}
        body = "&".join(f"{key}={percent(value)}" for key, value in form.items())
        response = client.post(f"/i/{image.public_id}/edit/", body, content_type="application/x-www-form-urlencoded")
        assert response.status_code in (302, 409, 422), name
    assert client.get(f"/i/{image.public_id}/").status_code == 200


VALUES: list[Any] = [*WORDS.values(), 10**30, -1, 1.5, None, [], {}, [[]], {"a": {"b": []}}]


@pytest.mark.parametrize(
    "name", ["id", "case", "action", "seen_version", "images", "keeper", "choices", "reason", "note"]
)
def test_a_program_is_answered_whatever_it_sends(name: str, page: Client, case: Case) -> None:
    for value in VALUES:
        good = {
            "id": str(uuid.uuid4()),
            "case": case.pk,
            "action": "different",
            "seen_version": -5,  # never that of the case: nothing is decided here
        }
        for sent in (value, [value], {"title": value}):
            response = page.post("/api/decisions", json.dumps({**good, name: sent}), content_type="application/json")
            assert 400 <= response.status_code < 500, (name, sent)
            assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 200_000, b"\xff\xfe", b'{"id": 1e999999}', b"null", b'"x"', b'{"a":' * 50_000]
)
def test_a_body_that_is_no_json_is_told_off(body: bytes, page: Client, case: Case) -> None:
    response = page.post("/api/decisions", body, content_type="application/json")
    assert response.status_code in (400, 422)
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("key", ["\xe9\xff", "k" * 100, "' OR 1=1", " "])
def test_a_key_of_any_letters_is_a_key(key: str, page: Client, media: Path) -> None:
    for _time in range(2):
        response = page.post("/api/images", {}, headers={"Idempotency-Key": key})
        assert response.status_code == 400
