"""The admin: who may come in, what it shows, and that nothing there goes around review."""

from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from gallery.models import AuditEntry, Case, Image, OutboxEntry, Pair, StoredFile, User
from gallery.review import removal
from tests import factories
from tests.conftest import make_user
from tests.judgement import act, case_of, find, image

NOUNS = ["auditentry", "case", "decision", "image", "merge", "outboxentry", "pair", "policy", "user", "verdict"]


@pytest.fixture
def olga(db: None, rows_of_migrations: None) -> User:
    """Reads everything and changes nothing."""
    return make_user("olga", "auditor")


@pytest.fixture
def case(lena: User, otto: User, media: Path) -> Case:
    return factories.case(factories.image(lena, seed=1, title="Harbour"), factories.image(otto, seed=1, quality=60))


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


# --- Who --------------------------------------------------------------------------------------------------------------


def test_strangers_are_sent_to_the_one_login_that_counts_attempts(client: Client, db: None) -> None:
    response = client.get(reverse("admin:index"), follow=False)
    assert response.status_code == 302
    assert client.get(response["Location"])["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("who", ["lena", "mara", "jon"])
def test_uploaders_and_moderators_have_no_admin(client: Client, who: str, request: pytest.FixtureRequest) -> None:
    signed_in(client, request.getfixturevalue(who))
    assert client.get(reverse("admin:index"), follow=True).status_code == 403


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("who", ["ada", "olga"])
def test_admins_and_auditors_read_every_list(
    client: Client, who: str, noun: str, case: Case, request: pytest.FixtureRequest
) -> None:
    signed_in(client, request.getfixturevalue(who))
    response = client.get(reverse(f"admin:gallery_{noun}_changelist"), {"q": "har"})
    assert response.status_code == 200


@pytest.mark.parametrize("noun", NOUNS)
def test_an_auditor_can_send_nothing(client: Client, olga: User, case: Case, noun: str) -> None:
    signed_in(client, olga)
    model = next(model for model in admin.site._registry if model._meta.model_name == noun)
    assert client.post(reverse(f"admin:gallery_{noun}_add"), {}).status_code == 403
    if row := model._default_manager.first():
        response = client.post(reverse(f"admin:gallery_{noun}_change", args=[row.pk]), {"held": "on"})
        assert response.status_code == 403
        assert client.post(reverse(f"admin:gallery_{noun}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("noun", sorted({*NOUNS} - {"user"}))
def test_an_admin_adds_and_deletes_nothing_that_review_decides(
    client: Client, ada: User, case: Case, noun: str
) -> None:
    signed_in(client, ada)
    model = next(model for model in admin.site._registry if model._meta.model_name == noun)
    assert client.post(reverse(f"admin:gallery_{noun}_add"), {}).status_code == 403
    if row := model._default_manager.first():
        assert client.post(reverse(f"admin:gallery_{noun}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


# --- What -------------------------------------------------------------------------------------------------------------


def test_a_case_shows_its_pictures_and_pairs(client: Client, ada: User, case: Case) -> None:
    page = signed_in(client, ada).get(reverse("admin:gallery_case_change", args=[case.pk])).content.decode()
    for shown in Image.objects.all():
        assert shown.thumb_url in page
    pair = Pair.objects.get()
    assert reverse("admin:gallery_pair_change", args=[pair.pk]) in page


def test_a_pair_shows_what_was_measured(client: Client, ada: User, case: Case) -> None:
    response = signed_in(client, ada).get(reverse("admin:gallery_pair_change", args=[Pair.objects.get().pk]))
    assert b"0.82" in response.content
    assert b'type="submit"' not in response.content.split(b"logout-form")[1].split(b"<main")[1]


def test_lists_ask_the_database_as_often_for_many_rows_as_for_few(
    client: Client, ada: User, lena: User, media: Path
) -> None:
    signed_in(client, ada)
    first = factories.image(lena, seed=1)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse("admin:gallery_pair_changelist")).status_code == 200
        return len(asked)

    factories.pair(first, factories.image(lena, seed=2))
    queries()
    few = queries()
    for seed in (3, 4, 5):
        factories.pair(first, factories.image(lena, seed=seed))
    assert queries() == few


def test_a_file_name_that_looks_like_markup_is_shown_as_text(
    client: Client, ada: User, lena: User, media: Path
) -> None:
    image = factories.image(lena, seed=1, title="<img src=x onerror=alert(1)>")
    page = signed_in(client, ada).get(reverse("admin:gallery_image_change", args=[image.pk])).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_no_page_of_the_admin_has_scripts_or_styles_of_its_own(client: Client, ada: User, case: Case) -> None:
    signed_in(client, ada)
    for name in ("admin:index", "admin:gallery_image_changelist", "admin:gallery_policy_changelist"):
        response = client.get(reverse(name))
        assert b" style=" not in response.content
        assert b"<script>" not in response.content
        assert "unsafe-inline" not in response["Content-Security-Policy"]


# --- Changes ----------------------------------------------------------------------------------------------------------


def set_hold(client: Client, one: Image, *, held: bool, reason: str, **more: str) -> str:
    """The page that follows."""
    form = {"reason": reason, "files-TOTAL_FORMS": "0", "files-INITIAL_FORMS": "0", **({"held": "on"} if held else {})}
    response = client.post(reverse("admin:gallery_image_change", args=[one.pk]), form | more, follow=True)
    one.refresh_from_db()
    return response.content.decode()


def test_a_legal_hold_is_all_that_is_changed_of_an_image(client: Client, ada: User, lena: User, media: Path) -> None:
    harbour = factories.image(lena, seed=1, title="Harbour")
    signed_in(client, ada)
    set_hold(client, harbour, held=True, reason="A court asks", title="Taken over", standing="removed")
    assert (harbour.held, harbour.title, harbour.standing) == (True, "Harbour", "live")
    assert [(entry.verb, entry.data["reason"]) for entry in AuditEntry.objects.all()] == [
        ("image.hold", "A court asks")
    ]


def test_a_legal_hold_wants_its_reason(client: Client, ada: User, lena: User, media: Path) -> None:
    made = factories.image(lena, seed=1)
    signed_in(client, ada)
    assert "Say what the hold is for." in set_hold(client, made, held=True, reason=" ")
    assert not made.held
    assert not AuditEntry.objects.exists()


def test_what_was_absorbed_under_a_hold_is_dated_when_an_admin_lifts_it(
    client: Client, ada: User, jon: User, lena: User
) -> None:
    keeper, absorbed = image(lena, "k"), image(lena, "a")
    find(keeper, absorbed)
    removal.hold(absorbed, jon, held=True, reason="A court asks")
    act("merge", case_of(keeper), jon, keeper=keeper.pk)
    file = StoredFile.objects.get(image=absorbed)
    assert file.purge_after is None
    set_hold(signed_in(client, ada), absorbed, held=False, reason="The court is done")
    file.refresh_from_db()
    assert not absorbed.held
    assert file.purge_after is not None
    assert AuditEntry.objects.filter(verb="image.release", data__reason="The court is done").exists()


@pytest.fixture
def aside(db: None) -> OutboxEntry:
    return OutboxEntry.objects.create(
        topic="ingest", key="7", attempts=3, quarantined_at=timezone.now(), last_problem="The decoder crashed."
    )


def run_action(client: Client, action: str, *entries: OutboxEntry) -> str:
    data = {"action": action, "_selected_action": [entry.pk for entry in entries]}
    return client.post(reverse("admin:gallery_outboxentry_changelist"), data, follow=True).content.decode()


def test_work_set_aside_says_why_and_is_tried_again(client: Client, ada: User, aside: OutboxEntry) -> None:
    signed_in(client, ada)
    assert "The decoder crashed." in client.get(reverse("admin:gallery_outboxentry_changelist")).content.decode()
    assert "1 piece of work is tried again." in run_action(client, "try_again", aside)
    aside.refresh_from_db()
    assert (aside.quarantined_at, aside.attempts) == (None, 0)
    assert AuditEntry.objects.get().verb == "outbox.retry"


def test_only_what_was_set_aside_is_discarded(client: Client, ada: User, aside: OutboxEntry) -> None:
    waiting = OutboxEntry.objects.create(topic="ingest", key="8")
    assert "1 piece of work is discarded." in run_action(signed_in(client, ada), "discard", aside, waiting)
    assert list(OutboxEntry.objects.all()) == [waiting]
    assert AuditEntry.objects.get().data["problem"] == "The decoder crashed."


def test_an_auditor_is_offered_no_action(client: Client, olga: User, aside: OutboxEntry) -> None:
    run_action(signed_in(client, olga), "discard", aside)
    assert OutboxEntry.objects.filter(pk=aside.pk, attempts=3).exists()


def person_form(user: User, *roles: str, **more: str) -> dict[str, object]:
    groups = list(Group.objects.filter(name__in=roles).values_list("pk", flat=True))
    return {"username": user.username, "email": user.email, "is_active": "on", "groups": groups, **more}


def test_an_admin_gives_roles_and_it_is_on_record(client: Client, ada: User, lena: User) -> None:
    address = reverse("admin:gallery_user_change", args=[lena.pk])
    assert signed_in(client, ada).post(address, person_form(lena, "uploader", "moderator")).status_code == 302
    assert User.objects.get(pk=lena.pk).may_review
    assert AuditEntry.objects.get().data["roles"] == [["uploader"], ["moderator", "uploader"]]


def test_an_admin_makes_nobody_a_superuser(client: Client, ada: User, lena: User) -> None:
    address = reverse("admin:gallery_user_change", args=[ada.pk])
    signed_in(client, ada).post(address, person_form(ada, "admin", is_superuser="on", is_staff="on"))
    assert not User.objects.get(pk=ada.pk).is_superuser


def test_an_admin_changes_no_superuser(client: Client, ada: User) -> None:
    root = User.objects.create_superuser("root", password="nine brown foxes")
    signed_in(client, ada)
    assert client.post(reverse("admin:gallery_user_change", args=[root.pk]), person_form(root)).status_code == 403
    new = {"password1": "ten brown foxes!", "password2": "ten brown foxes!"}
    assert client.post(reverse("admin:auth_user_password_change", args=[root.pk]), new).status_code == 403


def test_who_is_demoted_is_out_at_the_next_request(client: Client, ada: User) -> None:
    signed_in(client, ada)
    assert client.get(reverse("admin:index")).status_code == 200
    ada.groups.clear()
    User.objects.filter(pk=ada.pk).update(is_staff=False)
    assert client.get(reverse("admin:index"), follow=True).status_code == 403
