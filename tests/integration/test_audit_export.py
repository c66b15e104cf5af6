"""The audit chain as a file: complete, in order, checkable elsewhere, for those who may inspect."""

import csv
import datetime as dt
import hashlib
import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import AuditChain, AuditEntry, User
from gallery.review import audit_export
from tests.conftest import make_user

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/gallery/auditentry/export/"


@pytest.fixture
def olga(db: None, rows_of_migrations: None) -> User:
    return make_user("olga", "auditor")


@pytest.fixture
def chain(mara: User) -> AuditChain:
    for number in range(5):
        AuditEntry.objects.append(mara, "decision.different", f"decision {number}", note="“schön”, sagte sie\n=1+1")
    AuditEntry.objects.append(None, "file.purge", "image abc")
    return AuditChain.objects.get()


def downloaded(client: Client, **query: str) -> str:
    response = client.get(ADDRESS, query)
    assert response.status_code == 200
    assert response.streaming
    assert "attachment" in response["Content-Disposition"]
    content: bytes = response.getvalue()
    return content.decode()


def hash_of(entry: dict[str, Any]) -> str:
    """As somebody else would compute it, from the file alone."""
    told = {name: value for name, value in entry.items() if name != "hash"}
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


@pytest.mark.parametrize("who", ["ada", "olga"])
def test_admins_and_auditors_download_the_chain(
    client: Client, chain: AuditChain, who: str, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(who))
    page = client.get(reverse("admin:gallery_auditentry_changelist")).content.decode()
    assert reverse("admin:gallery_auditentry_export") == ADDRESS
    assert ADDRESS in page
    found = json.loads(downloaded(client, format="json"))
    assert [entry["position"] for entry in found] == list(range(1, 7))
    rows = list(csv.DictReader(io.StringIO(downloaded(client, format="csv"))))
    assert [row["hash"] for row in rows] == [entry["hash"] for entry in found]
    assert json.loads(rows[0]["data"]) == found[0]["data"]
    assert AuditEntry.objects.count() == 6


def test_the_chain_can_be_checked_from_the_file_alone(chain: AuditChain) -> None:
    previous = "0" * 64
    for entry in json.loads("".join(audit_export.as_json())):
        assert (entry["previous_hash"], entry["hash"]) == (previous, hash_of(entry))
        previous = entry["hash"]
    assert previous == chain.head


@pytest.mark.parametrize("who", ["lena", "mara", "jon"])
def test_others_download_nothing(client: Client, chain: AuditChain, who: str, request: pytest.FixtureRequest) -> None:
    client.force_login(request.getfixturevalue(who))
    assert client.get(ADDRESS, {"format": "csv"}, follow=True).status_code == 403


def test_strangers_are_sent_to_the_login(client: Client, chain: AuditChain) -> None:
    assert client.get(ADDRESS).status_code == 302


@pytest.mark.parametrize("query", [{"format": "xml"}, {"since": "tomorrow"}, {"since": "2026-02-30"}])
def test_what_makes_no_sense_is_told(client: Client, ada: User, query: dict[str, str]) -> None:
    client.force_login(ada)
    response = client.get(ADDRESS, query)
    assert response.status_code == 422
    assert response.content


def test_nobody_changes_an_entry_through_its_pages(client: Client, ada: User, chain: AuditChain) -> None:
    client.force_login(ada)
    entry = AuditEntry.objects.earliest("position")
    for page in ("add", "change", "delete"):
        args = [] if page == "add" else [entry.pk]
        response = client.post(reverse(f"admin:gallery_auditentry_{page}", args=args), {"verb": "x", "post": "yes"})
        assert response.status_code == 403
    assert client.post(ADDRESS).status_code == 405
    assert AuditEntry.objects.all().first_break() is None


def test_the_command_writes_what_is_new_since_a_day(
    chain: AuditChain, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("export_audit", format="json")
    assert len(json.loads(capsys.readouterr().out)) == 6
    tomorrow = (timezone.localdate() + dt.timedelta(days=1)).isoformat()
    file = tmp_path / "audit.csv"
    call_command("export_audit", since=tomorrow, output=file)
    assert file.read_text().strip() == ",".join(audit_export.COLUMNS)
    call_command("export_audit", since=timezone.now().isoformat(), format="json")
    assert json.loads(capsys.readouterr().out) == []


def test_the_command_names_a_day_that_is_none_and_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is no day"):
        call_command("export_audit", since="soon")
    with pytest.raises(CommandError, match="can't be written"):
        call_command("export_audit", output=tmp_path)


def test_a_name_that_looks_like_a_formula_is_text_in_the_spreadsheet() -> None:
    AuditEntry.objects.append(User.objects.create_user("@SUM(A1)"), "image.remove", "=HYPERLINK(1)")
    (row,) = csv.DictReader(io.StringIO("".join(audit_export.as_csv())))
    assert (row["actor_name"], row["subject"]) == ("'@SUM(A1)", "'=HYPERLINK(1)")


@pytest.mark.invariant(10)
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_10_its_memory_does_not_grow_with_the_chain(mara: User, kind: str) -> None:
    def peak_with(entries: int) -> int:
        start = AuditEntry.objects.count()
        AuditEntry.objects.bulk_create(
            AuditEntry(
                position=number,
                actor=mara,
                actor_name="mara",
                verb="x",
                subject="y",
                data={"n": "n" * 200},
                hash=number,
            )
            for number in range(start + 1, entries + 1)
        )
        tracemalloc.start()
        length = sum(1 for _piece in audit_export.FORMATS[kind](None))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert length >= entries
        return peak

    peak_with(600)
    few = peak_with(1000)
    assert peak_with(6000) < 1.5 * few
