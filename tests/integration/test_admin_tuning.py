"""The tuning page: a threshold is weighed before anything is saved."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.admin.tuning_form import TuningForm
from gallery.detection import policies
from gallery.models import AuditEntry, Image, OutboxEntry, Pair, Policy, User

State = Pair.State


@pytest.fixture
def draft(ada: User) -> Policy:
    return policies.draft_from(Policy.objects.in_force(), ada)


@pytest.fixture
def page(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def pairs(lena: User) -> list[Pair]:
    images = [Image.objects.create(owner=lena, stage=Image.Stage.COMPARED) for _number in range(4)]
    rows = [(State.OPEN, 0.97), (State.UNFLAGGED, 0.7), (State.MERGED, 0.72)]
    return [
        Pair.objects.create(left=images[0], right=other, state=state, similarity=similarity, compared_at=timezone.now())
        for other, (state, similarity) in zip(images[1:], rows, strict=True)
    ]


def address(policy: Policy, page: str = "tune") -> str:
    return reverse(f"admin:gallery_policy_{page}", args=[policy.pk])


def form(draft: Policy, **changes: Any) -> dict[str, Any]:
    """Every field as a browser would send it."""
    built = TuningForm(instance=draft, current=Policy.objects.in_force())
    sent = {name: built[name].value() for name in built.fields}
    sent = {name: value for name, value in sent.items() if value is not False} | {"seen": "1"}
    return {**sent, **changes}


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_page_shows_every_rule_with_the_value_in_force(page: Client, draft: Policy) -> None:
    response = page.get(address(draft))
    assert response.status_code == 200
    sent = response.content.decode()
    for name in policies.RULES:
        if name not in ("keeper_weights", "merge_rules"):
            assert f'name="{name}"' in sent, name
    assert "was 0.95" in sent
    assert "Policy v2" in words(response)
    assert "v1 is in force" in words(response)


def test_a_preview_says_what_would_happen_and_saves_nothing(page: Client, draft: Policy, pairs: list[Pair]) -> None:
    response = page.post(address(draft), form(draft, similarity_review="0.68", do="preview"))
    said = words(response)
    assert "1 → 2" in said
    assert "+1 / −0" in said
    assert "+15 s" in said
    assert "100.0 % 20.7–100.0" in said  # one copy, found
    assert "0.0 % 0.0–79.3" in said  # and not found by the version in force
    assert "Pairs that would enter the queue (1 of 1)" in said
    assert reverse("admin:gallery_pair_change", args=[pairs[1].pk]) in response.content.decode()
    draft.refresh_from_db()
    assert draft.similarity_review == 0.95
    assert not OutboxEntry.objects.exists()


def test_the_script_gets_only_the_answer(page: Client, draft: Policy, pairs: list[Pair]) -> None:
    response = page.post(address(draft), form(draft, similarity_review="0.68"), headers={"HX-Request": "true"})
    sent = response.content.decode()
    assert "1 → 2" in words(response)
    assert "<html" not in sent
    assert sent.count('hx-swap-oob="true"') == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"similarity_review": "nan"}, "Enter a number."),
        ({"similarity_review": "1e400"}, "Enter a number."),
        ({"similarity_review": "7"}, "less than or equal to 1"),
        ({"pdq_review": "-1"}, "greater than or equal to 0"),
        ({"similarity_review": ""}, "required"),
        ({"similarity_weak": "0.97"}, "at or below “review from”"),
        ({"loose_ncc": "0"}, "every stored pair goes to review"),
        ({"embedder": "abacus"}, "not one of the available choices"),
        ({"weight_age": "-2"}, "greater than or equal to 0"),
        ({"rule_title": "shuffle"}, "not one of the available choices"),
    ],
)
@pytest.mark.parametrize("do", ["preview", "keep", "publish"])
def test_nonsense_is_answered_with_422_and_changes_nothing(
    page: Client, draft: Policy, changes: dict[str, str], sentence: str, do: str
) -> None:
    response = page.post(address(draft), form(draft, note="Why not.", do=do, **changes))
    assert response.status_code == 422
    assert sentence in words(response)
    assert Policy.objects.in_force().version == 1
    assert policies.rules_of(Policy.objects.get(pk=draft.pk)) == policies.rules_of(Policy.objects.in_force())


def test_a_draft_is_kept_for_later(page: Client, draft: Policy) -> None:
    response = page.post(
        address(draft),
        form(draft, similarity_review="0.62", weight_age="2.5", rule_title="keep", note="Half", do="keep"),
    )
    assert response.status_code == 302
    draft.refresh_from_db()
    assert (draft.similarity_review, draft.keeper_weights["age"], draft.note) == (0.62, 2.5, "Half")
    assert draft.merge_rules["title"] == "keep"
    assert Policy.objects.in_force().version == 1


def test_publishing_puts_it_in_force_with_its_reason(page: Client, draft: Policy, ada: User) -> None:
    response = page.post(
        address(draft), form(draft, similarity_review="0.68", note="Too few.", do="publish"), follow=True
    )
    assert "v2 is in force" in words(response)
    current = Policy.objects.in_force()
    assert (current.version, current.similarity_review, current.note) == (2, 0.68, "Too few.")
    assert current.published_by == ada
    assert OutboxEntry.objects.get().key == "policy-2"
    assert AuditEntry.objects.get(verb="policy.publish").data["changes"] == {"similarity_review": [0.95, 0.68]}


def test_without_a_reason_nothing_is_published(page: Client, draft: Policy) -> None:
    response = page.post(address(draft), form(draft, do="publish"))
    assert response.status_code == 422
    assert "Say why" in words(response)


def test_enter_in_a_field_asks_for_a_preview_and_never_publishes(page: Client, draft: Policy) -> None:
    sent = page.get(address(draft)).content.decode()
    first = re.search(r'<button[^>]*name="do" value="(\w+)"', sent)
    assert first is not None
    assert first[1] == "preview"


def test_a_draft_is_discarded(page: Client, draft: Policy) -> None:
    assert page.post(address(draft), form(draft, do="discard")).status_code == 302
    assert not Policy.objects.filter(pk=draft.pk).exists()


def test_a_new_version_starts_from_an_old_one(page: Client, ada: User) -> None:
    current = Policy.objects.in_force()
    response = page.post(address(current, "new_version"))
    made = Policy.objects.get(state=Policy.State.DRAFT)
    assert response["Location"] == address(made)
    assert page.get(address(current, "new_version")).status_code == 405


def test_a_draft_in_the_list_opens_its_tuning_page(page: Client, draft: Policy) -> None:
    assert page.get(reverse("admin:gallery_policy_change", args=[draft.pk]))["Location"] == address(draft)


def test_a_published_version_is_read_only(page: Client, draft: Policy) -> None:
    current = Policy.objects.in_force()
    assert page.get(address(current))["Location"] == reverse("admin:gallery_policy_change", args=[current.pk])
    response = page.get(reverse("admin:gallery_policy_change", args=[current.pk]))
    assert 'name="similarity_review"' not in response.content.decode()
    assert "New version from this" in words(response)
    posted = page.post(reverse("admin:gallery_policy_change", args=[current.pk]), {"similarity_review": "0.1"})
    assert posted.status_code == 403


def test_restoring_is_weighed_first_and_adds_a_version(page: Client, draft: Policy, ada: User) -> None:
    old = Policy.objects.in_force()
    draft.similarity_review = 0.6
    policies.publish(draft, ada, "Too wide.")
    shown = page.get(address(old, "restore"))
    assert "0.6" in words(shown)
    refused = page.post(address(old, "restore"), {"note": " ", "seen": "2"})
    assert refused.status_code == 422
    assert page.post(address(old, "restore"), {"note": "Back.", "seen": "2"}).status_code == 302
    current = Policy.objects.in_force()
    assert (current.version, current.similarity_review, current.note) == (3, 0.95, "Back.")
    assert page.get(address(current, "restore")).status_code == 404


@pytest.mark.parametrize("who", ["lena", "mara", "jon"])
@pytest.mark.parametrize("name", ["tune", "new_version", "restore"])
def test_tuning_is_for_admins(
    client: Client, draft: Policy, who: str, name: str, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(who))
    assert client.post(address(draft, name), form(draft, do="publish", note="Mine."), follow=True).status_code == 403
    assert Policy.objects.in_force().version == 1
