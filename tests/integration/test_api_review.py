"""Reviewing and deciding through the API: the same rules as on the desk."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from gallery.models import ApiToken, Case, Decision, Image, Pair, User
from tests import factories


def program_of(user: User) -> Client:
    _token, text = ApiToken.objects.issue(user, name="script")
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.fixture
def mara_api(mara: User, media: Path) -> Client:
    return program_of(mara)


@pytest.fixture
def case(lena: User, otto: User, media: Path) -> Case:
    return factories.case(factories.image(lena, seed=1, title="Harbour"), factories.image(otto, seed=1, quality=60))


def decide(client: Client, case: Case, action: str, **more: Any) -> Any:
    body = {"id": str(uuid4()), "case": case.pk, "action": action, "seen_version": case.version, **more}
    return client.post("/api/decisions", body, content_type="application/json")


def test_the_next_case_comes_with_its_pictures_and_reasons(mara_api: Client, case: Case) -> None:
    shown = mara_api.get("/api/cases/next").json()
    assert (shown["id"], shown["version"], shown["state"], shown["size"]) == (case.pk, case.version, "open", 2)
    assert shown["images"][0]["name"] == "Harbour"
    assert shown["pairs"][0]["tier"] == "certain"
    assert shown["pairs"][0]["why"]
    assert shown["actions"] == ["different", "related", "merge"]
    assert mara_api.get("/api/cases").json()["waiting"] == 1
    assert mara_api.get(f"/api/cases/{case.pk}").json() == shown


def test_an_empty_queue_says_so(mara_api: Client) -> None:
    assert mara_api.get("/api/cases/next").status_code == 204
    assert mara_api.get("/api/cases").json() == {"items": [], "waiting": 0}


def test_who_is_at_a_case_is_shown_to_others(mara_api: Client, mara: User, jon: User, case: Case) -> None:
    assert mara_api.post(f"/api/cases/{case.pk}/lease").json()["lease"]["mine"]
    lease = program_of(jon).get(f"/api/cases/{case.pk}").json()["lease"]
    assert (lease["holder"], lease["mine"]) == ("mara", False)


def test_a_decision_is_taken_once_however_often_it_is_sent(mara_api: Client, case: Case) -> None:
    decision = str(uuid4())
    first, second = (decide(mara_api, case, "different", id=decision) for _time in range(2))
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert (first.json()["id"], first.json()["pairs_closed"]) == (decision, 1)
    assert Decision.objects.count() == 1
    assert Pair.objects.get().state == Pair.State.DIFFERENT
    assert mara_api.get(f"/api/decisions/{decision}").json()["action"] == "different"


def test_a_merge_names_its_keeper_by_public_id_and_can_be_undone(mara_api: Client, case: Case) -> None:
    first, second = Image.objects.order_by("pk")
    chosen = first.file_id
    made = decide(mara_api, case, "merge", keeper=second.public_id, file_of=first.public_id).json()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.merged_into, second.file_id) == (second, chosen)
    undone = mara_api.post(f"/api/decisions/{made['id']}/undo", {"id": str(uuid4())}, content_type="application/json")
    assert (undone.status_code, undone.json()["undoes"]) == (200, made["id"])
    first.refresh_from_db()
    assert first.merged_into is None


def test_who_comes_second_is_told(mara_api: Client, jon: User, case: Case) -> None:
    decide(mara_api, case, "different")
    response = decide(program_of(jon), case, "merge")
    assert response.status_code == 409
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] in ("already_decided", "case_changed")
    assert "mara" in response.json()["detail"]


def test_nobody_decides_on_an_image_of_their_own(mara: User, lena: User, media: Path) -> None:
    own = factories.case(factories.image(mara, seed=1), factories.image(lena, seed=1, quality=60))
    response = decide(program_of(mara), own, "different")
    assert (response.status_code, response.json()["code"]) == (403, "not_allowed")
    assert Pair.objects.get().state == Pair.State.OPEN


@pytest.mark.parametrize("address", ["/api/cases", "/api/cases/next", "/api/cases/1"])
def test_cases_are_for_moderators(lena: User, case: Case, address: str) -> None:
    assert program_of(lena).get(address).status_code == 403


def test_an_uploader_decides_nothing_and_undoes_nothing(mara_api: Client, lena: User, case: Case) -> None:
    made = decide(mara_api, case, "different").json()
    uploader = program_of(lena)
    assert decide(uploader, case, "different").status_code == 403
    undo = uploader.post(f"/api/decisions/{made['id']}/undo", {"id": str(uuid4())}, content_type="application/json")
    assert undo.status_code == 403
    assert uploader.get(f"/api/decisions/{made['id']}").status_code == 404


@pytest.mark.parametrize("field", ["keeper", "file_of"])
def test_an_image_that_is_not_in_the_case_is_not_there(mara_api: Client, lena: User, case: Case, field: str) -> None:
    stranger = factories.image(lena, seed=7)
    assert decide(mara_api, case, "merge", **{field: stranger.public_id}).status_code == 404
    assert decide(mara_api, case, "different", images=[stranger.public_id]).status_code == 404
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    "body", [{}, {"id": "seven"}, {"id": str(uuid4()), "case": 1, "action": "explode", "seen_version": 1}]
)
def test_a_body_that_makes_no_sense_names_its_fields(mara_api: Client, body: dict[str, Any]) -> None:
    response = mara_api.post("/api/decisions", body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (422, "unprocessable")
    assert response.json()["errors"]


def test_a_body_that_is_no_json_is_a_problem_too(mara_api: Client) -> None:
    response = mara_api.post("/api/decisions", "{", content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "malformed")


def test_a_case_is_split_between_two_images_or_where_it_is_weakest(
    mara_api: Client, lena: User, otto: User, media: Path
) -> None:
    a, b, c = (factories.image(owner, seed=1, quality=80 - n) for n, owner in enumerate([lena, otto, lena]))
    case = factories.case(a, b, c, pairs=[factories.pair(a, b, ncc=0.75), factories.pair(b, c)])
    found = mara_api.get(f"/api/cases/{case.pk}").json()
    assert found["actions"] == ["different", "related", "merge", "split"]
    assert decide(mara_api, case, "split", at=[a.public_id, c.public_id]).status_code == 409  # never matched
    response = decide(mara_api, case, "split", at=[c.public_id, b.public_id])
    assert response.json()["sentence"].startswith("Split into 2 and 1.")
    left = mara_api.get(f"/api/cases/{case.pk}").json()
    assert {image["id"] for image in left["images"]} == {a.public_id, b.public_id}
    assert "split" not in left["actions"]
