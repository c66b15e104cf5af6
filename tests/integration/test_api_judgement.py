"""What lies around a decision, through the API: plans, verdicts, appeals, disagreements, removals and holds."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from gallery.models import ApiToken, Case, CaseComment, CaseSkip, Decision, Image, Merge, Pair, User
from tests import factories
from tests.conftest import make_user

pytestmark = pytest.mark.usefixtures("media")


class Program:
    """Speaks JSON with the rights of one person."""

    def __init__(self, user: User) -> None:
        _token, text = ApiToken.objects.issue(user, name="script")
        self.client = Client(headers={"Authorization": f"Bearer {text}"})

    def get(self, address: str, *, status: int = 200, **query: str) -> Any:
        return self._read(self.client.get(f"/api/{address}", query), status)

    def post(self, address: str, body: dict[str, Any] | None = None, *, status: int = 200) -> Any:
        return self._read(self.client.post(f"/api/{address}", body or {}, content_type="application/json"), status)

    def refused(self, address: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
        """The status and the code of the problem, which has its shape."""
        response = self.client.post(f"/api/{address}", body or {}, content_type="application/json")
        assert response["Content-Type"] == "application/problem+json", response.content
        found = response.json()
        assert found["detail"]
        assert found["status"] == response.status_code
        return response.status_code, found["code"]

    def decide(self, case: Case, action: str, **more: Any) -> Any:
        body = {"id": str(uuid4()), "case": case.pk, "action": action, "seen_version": case.version, **more}
        return self.post("decisions", body)

    @staticmethod
    def _read(response: Any, status: int) -> Any:
        assert response.status_code == status, response.content
        return response.json() if response.content else None


@pytest.fixture
def case(lena: User, otto: User, media: Path) -> Case:
    """Lena's harbour, and Otto's coarser copy of it."""
    return factories.case(factories.image(lena, seed=1, title="Harbour"), factories.image(otto, seed=1, quality=60))


@pytest.fixture
def images(case: Case) -> list[Image]:
    return list(Image.objects.order_by("pk"))


@pytest.fixture
def merge(case: Case, images: list[Image], mara: User) -> str:
    """Mara merged Otto's image into Lena's. The decision's id."""
    decision: str = Program(mara).decide(case, "merge", keeper=images[0].public_id)["id"]
    return decision


def fresh() -> dict[str, str]:
    return {"id": str(uuid4())}


# --- Cases ------------------------------------------------------------------------------------------------------------


def test_a_case_is_skipped_for_oneself_only(case: Case, mara: User, jon: User) -> None:
    Program(mara).post(f"cases/{case.pk}/skip", status=204)
    assert Program(mara).get("cases")["waiting"] == 0
    assert Program(jon).get("cases")["waiting"] == 1
    assert CaseSkip.objects.get().user == mara


def test_a_case_is_escalated_with_a_note(case: Case, mara: User) -> None:
    program = Program(mara)
    assert program.refused(f"cases/{case.pk}/escalate", {"note": " "}) == (409, "rule_broken")
    shown = program.post(f"cases/{case.pk}/escalate", {"note": "Whose is it?"})
    assert (shown["escalated"], shown["actions"]) == (True, [])


def test_a_comment_stays_with_the_case(case: Case, mara: User) -> None:
    made = Program(mara).post(f"cases/{case.pk}/comments", {"text": "I asked them"}, status=201)
    assert (made["by"], made["text"]) == ("mara", "I asked them")
    assert CaseComment.objects.get().case == case


def test_a_merge_is_shown_before_it_is_made(case: Case, images: list[Image], mara: User) -> None:
    harbour, copy = images
    shown = Program(mara).post(f"cases/{case.pk}/merge-preview", {"keeper": copy.public_id})
    assert (shown["keeper"], shown["redirects"], shown["blocked"]) == (copy.public_id, [harbour.public_id], [])
    title = next(row for row in shown["changes"] if row["values"][1] == "Harbour")
    assert (title["result"], title["changes"]) == ("Harbour", True)
    assert shown["people"] == ["lena", "otto"]
    assert not Merge.objects.exists()
    stranger = factories.image(harbour.owner, seed=9)
    assert Program(mara).refused(f"cases/{case.pk}/merge-preview", {"keeper": stranger.public_id})[0] == 404


def test_licences_that_differ_show_as_a_choice(case: Case, images: list[Image], mara: User) -> None:
    for found, licence in zip(images, ("CC0", "CC BY 4.0"), strict=True):
        Image.objects.filter(pk=found.pk).update(licence=licence)
    address = f"cases/{case.pk}/merge-preview"
    shown = Program(mara).post(address)
    assert shown["blocked"]
    assert sorted(shown["choices"]["licence"]) == ["CC BY 4.0", "CC0"]
    assert Program(mara).post(address, {"choices": {"licence": "CC0"}})["blocked"] == []


@pytest.mark.parametrize("deed", ["skip", "escalate", "comments", "merge-preview"])
def test_cases_are_for_moderators(case: Case, lena: User, deed: str) -> None:
    body = {"note": "n", "text": "t"}
    assert Program(lena).refused(f"cases/{case.pk}/{deed}", body) == (403, "not_allowed")


# --- Decisions and verdicts -------------------------------------------------------------------------------------------


def test_a_plan_says_what_an_undo_would_do(merge: str, images: list[Image], mara: User, lena: User) -> None:
    program = Program(mara)
    plan = program.get(f"decisions/{merge}/undo")
    assert plan["restored"]
    assert plan["changed_since"] == plan["impossible"] == []
    assert Merge.objects.get().undone_at is None
    made = program.post(f"decisions/{merge}/undo", fresh())
    assert program.get(f"decisions/{made['id']}/undo")["restored"]
    again = program.post(f"decisions/{made['id']}/undo", fresh())
    assert again["undoes"] == made["id"]
    images[1].refresh_from_db()
    assert images[1].merged_into == images[0]
    assert program.refused(f"decisions/{made['id']}/undo", fresh()) == (409, "nothing_to_undo")


def test_what_was_changed_since_is_taken_back_on_request(
    case: Case, images: list[Image], mara: User, lena: User
) -> None:
    Image.objects.filter(pk=images[1].pk).update(caption="At dawn")
    merge = Program(mara).decide(case, "merge", keeper=images[0].public_id)["id"]
    Image.objects.filter(pk=images[0].pk).update(caption="At noon")
    (line,) = Program(mara).get(f"decisions/{merge}/undo")["changed_since"]
    Program(mara).post(f"decisions/{merge}/undo", {**fresh(), "force": [line["entry"]]})
    images[0].refresh_from_db()
    assert images[0].caption == ""


def test_who_has_nothing_to_do_with_a_decision_finds_none(merge: str, otto: User, db: None) -> None:
    stranger = Program(make_user("vera", "uploader"))
    stranger.get(f"decisions/{merge}/undo", status=404)
    assert stranger.refused(f"decisions/{merge}/undo", fresh()) == (404, "not_found")
    Program(otto).get(f"decisions/{merge}/undo", status=403)
    assert Program(otto).refused(f"decisions/{merge}/undo", fresh()) == (403, "not_allowed")


def test_who_lost_the_keeper_takes_their_own_back(merge: str, images: list[Image], lena: User, otto: User) -> None:
    Program(lena).post(f"images/{images[0].public_id}/remove")
    assert Program(otto).get(f"decisions/{merge}/undo")["restored"]
    Program(otto).post(f"decisions/{merge}/undo", fresh())
    assert Program(otto).get(f"images/{images[1].public_id}")["status"] == "compared"


def test_a_verdict_is_revoked_and_its_pair_is_open_again(case: Case, mara: User, jon: User, lena: User) -> None:
    made = Program(mara).decide(case, "different")
    (found,) = Program(mara).get("verdicts")["items"]
    assert (found["kind"], found["decision"], found["live"]) == ("different", made["id"], True)
    assert len(found["images"]) == 2
    Program(lena).get("verdicts", status=403)
    assert Program(lena).refused(f"verdicts/{found['id']}/revoke", fresh()) == (403, "not_allowed")
    assert Program(jon).refused(f"verdicts/{found['id']}/revoke", fresh()) == (403, "not_allowed")
    Program(jon).post(f"verdicts/{found['id']}/revoke", {**fresh(), "reason": "mistake"})
    assert Pair.objects.get().state == Pair.State.OPEN
    assert Program(mara).get("verdicts") == {"items": [], "next": None}


def test_verdicts_come_page_by_page(lena: User, otto: User, mara: User, media: Path) -> None:
    for seed in (1, 2, 3):
        images = factories.image(lena, seed=seed), factories.image(otto, seed=seed, quality=60)
        Program(mara).decide(factories.case(*images), "related")
    first = Program(mara).get("verdicts", limit="2")
    rest = Program(mara).get("verdicts", limit="2", after=str(first["next"]))
    ids = [verdict["id"] for verdict in [*first["items"], *rest["items"]]]
    assert (len(ids), rest["next"]) == (3, None)
    assert ids == sorted(ids, reverse=True)


# --- Appeals and dissents ---------------------------------------------------------------------------------------------


def test_an_owner_appeals_and_a_senior_grants_it(
    merge: str, images: list[Image], lena: User, otto: User, mara: User, jon: User
) -> None:
    asked = {"image": images[1].public_id, "note": "Mine shows the other shore"}
    made = Program(otto).post("appeals", asked, status=201)
    assert (made["decision"], made["granted"]) == (merge, None)
    assert Program(otto).refused("appeals", asked) == (409, "rule_broken")
    assert Program(lena).refused("appeals", asked) == (404, "not_found")
    assert Program(mara).get("appeals")["items"] == []
    (waiting,) = Program(jon).get("appeals")["items"]
    address = f"appeals/{waiting['id']}/answer"
    answer = {**fresh(), "granted": True, "note": "It does"}
    assert Program(mara).refused(address, answer) == (404, "not_found")
    assert Program(otto).refused(address, answer) == (403, "not_allowed")
    assert Program(jon).post(address, answer)["granted"] is True
    assert Program(jon).refused(address, answer) == (409, "rule_broken")
    images[1].refresh_from_db()
    assert images[1].standing == Image.Standing.LIVE
    assert Program(otto).get("appeals", mine="true")["items"][0]["answer"] == "It does"
    assert Program(otto).refused("appeals", asked) == (404, "not_found")


def test_an_appeal_on_an_image_of_ones_own_is_for_another_senior(
    merge: str, images: list[Image], otto: User, jon: User
) -> None:
    Program(otto).post("appeals", {"image": images[1].public_id, "note": "Look"}, status=201)
    Image.objects.filter(pk=images[0].pk).update(owner=jon)
    assert Program(jon).get("appeals")["items"] == []


def test_a_dissent_is_settled_by_a_senior_who_gave_neither_answer(
    case: Case, mara: User, jon: User, lena: User
) -> None:
    ines = make_user("ines", "senior")
    seen = case.version
    Program(jon).decide(case, "different")
    body = {"id": str(uuid4()), "case": case.pk, "action": "merge", "seen_version": seen}
    assert Program(mara).refused("decisions", body) == (409, "already_decided")
    assert Program(lena).refused(f"dissents/{body['id']}/settle", {"note": "So"}) == (403, "not_allowed")
    for person in (mara, jon):
        assert Program(person).get("dissents")["items"] == []
        assert Program(person).refused(f"dissents/{body['id']}/settle", {"note": "So"}) == (403, "not_allowed")
    (found,) = Program(ines).get("dissents")["items"]
    assert (found["id"], found["action"], found["by"]) == (body["id"], "merge", "mara")
    assert Program(ines).refused(f"dissents/{body['id']}/settle", {"note": ""}) == (409, "rule_broken")
    Program(ines).post(f"dissents/{body['id']}/settle", {"note": "They are"}, status=204)
    assert Program(ines).refused(f"dissents/{body['id']}/settle", {"note": "So"}) == (409, "nothing_to_undo")
    assert Decision.objects.standing().count() == 1


# --- Images -----------------------------------------------------------------------------------------------------------


def test_an_owner_removes_and_restores(case: Case, images: list[Image], lena: User, otto: User) -> None:
    address = f"images/{images[0].public_id}"
    assert Program(otto).refused(f"{address}/remove") == (403, "not_allowed")
    assert Program(lena).post(f"{address}/remove")["status"] == "removed"
    assert Pair.objects.get().state == Pair.State.MOOT
    assert Program(lena).post(f"{address}/restore")["status"] == "compared"
    assert Pair.objects.get().state == Pair.State.OPEN
    assert Program(lena).refused(f"{address}/restore") == (409, "rule_broken")


def test_a_senior_removes_and_restores_with_a_reason(case: Case, images: list[Image], jon: User) -> None:
    address = f"images/{images[0].public_id}"
    assert Program(jon).refused(f"{address}/remove") == (403, "not_allowed")
    assert Program(jon).post(f"{address}/remove", {"reason": "A face"})["status"] == "removed"
    assert Program(jon).post(f"{address}/restore", {"reason": "They agreed"})["status"] == "compared"


def test_a_hold_keeps_an_image(images: list[Image], lena: User, mara: User, jon: User, ada: User) -> None:
    address = f"images/{images[0].public_id}"
    held = {"held": True, "reason": "A court asks"}
    for person in (lena, mara):
        assert Program(person).refused(f"{address}/hold", held) == (403, "not_allowed")
    assert Program(jon).refused(f"{address}/hold", {"held": True, "reason": ""}) == (409, "rule_broken")
    assert Program(jon).post(f"{address}/hold", held) == {"id": images[0].public_id, "held": True}
    assert Program(lena).refused(f"{address}/remove") == (409, "rule_broken")
    assert Program(ada).post(f"{address}/hold", {"held": False, "reason": "It is done"})["held"] is False
    Program(lena).post(f"{address}/remove")


@pytest.mark.parametrize("deed", ["remove", "restore", "hold"])
def test_an_image_that_one_may_not_know_of_is_not_there(images: list[Image], otto: User, deed: str) -> None:
    Image.objects.filter(pk=images[0].pk).update(visibility="private")
    body = {"held": True, "reason": "r"}
    assert Program(otto).refused(f"images/{images[0].public_id}/{deed}", body) == (404, "not_found")
