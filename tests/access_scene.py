"""A site with something for every address to name, and somebody of every role to ask for it."""

import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client
from pytest_django import Settings

from gallery.detection import policies
from gallery.models import (
    Album,
    ApiToken,
    Appeal,
    AuditEntry,
    BulkJob,
    Case,
    Decision,
    Image,
    Merge,
    OutboxEntry,
    Pair,
    Policy,
    SavedFilter,
    SelfTest,
    User,
    Verdict,
)
from gallery.review import actions
from tests import factories, hostile
from tests.access_table import PEOPLE
from tests.conftest import PASSWORD, change_dedup, make_user
from tests.judgement import submit

NOUNS: dict[str, type[Model]] = {
    "auditentry": AuditEntry,
    "case": Case,
    "decision": Decision,
    "image": Image,
    "merge": Merge,
    "outboxentry": OutboxEntry,
    "pair": Pair,
    "policy": Policy,
    "selftest": SelfTest,
    "user": User,
    "verdict": Verdict,
    "group": Group,
}


NEW = "ten brown foxes"
"""A password that somebody changes theirs to."""

NOUN = re.compile(r"/(gallery|auth)/(\w+)/")
"""In an address of the admin."""


@dataclass(frozen=True)
class Scene:
    """What the addresses are filled in with: everything of it is Lena's, in private, where it is anybody's."""

    people: dict[str, User]
    sessions: dict[str, str]
    tokens: dict[str, str]
    image: Image
    removed: Image
    absorbed: Image
    case: Case
    pair: Pair
    decision: Decision
    merge: Merge
    verdict: Verdict
    appeal: Appeal
    album: Album
    job: BulkJob
    kept: SavedFilter
    draft: Policy
    retired: Policy

    def browser(self, who: str) -> Client:
        """A browser of its own for each request: a logout is meant to last."""
        client = Client()
        if who != "nobody":
            client.cookies[site.SESSION_COOKIE_NAME] = self.sessions[who]
        return client

    def fill(self, route: str) -> str:
        """An address that exists, of ``route``."""
        values = {
            "public_id": self._named(route).public_id,
            "name": "aligned" if "pairs" in route else "thumb",
            "case_id": str(self.case.pk),
            "pair_id": str(self.pair.pk),
            "decision_id": str(self.decision.pk),
            "merge_id": str(self.merge.pk),
            "verdict_id": str(self.verdict.pk),
            "appeal_id": str(self.appeal.pk),
            "album_id": str(self.album.pk),
            "job_id": str(self.job.pk),
            "filter_id": str(self.kept.pk),
            "column": "0",
            "rest": "nothing/here",
            "row": "0",
            "action": "different",
            "pk": str(self.retired.pk if "restore" in route else self.draft.pk),
        }
        return re.sub(r"[<{](?:\w+:)?(\w+)[>}]", lambda found: values[found[1]], route)

    def _named(self, route: str) -> Image:
        if "restore" in route:
            return self.removed
        return self.absorbed if "appeal" in route or "take-back" in route else self.image

    def fill_admin(self, route: str, noun: str) -> str:
        """An address of the admin that exists, of ``route``, about ``noun``."""
        model = NOUNS[noun]
        found = {"user": User.objects.filter(username="otto"), "policy": Policy.objects.filter(pk=self.retired.pk)}
        row = found.get(noun, model._default_manager.all()).first()
        assert row is not None, noun
        for written, filled in (
            ("/*/", f"/{model._meta.app_label}/{noun}/"),
            ("<path:content_type_id>/<path:object_id>", "1/1"),
            ("<path:object_id>", str(row.pk)),
            ("<id>", str(row.pk)),
            ("^(?P<app_label>gallery|auth)/$", "gallery/"),
            ("(?P<url>.*)$", "no/such/page/"),
        ):
            route = route.replace(written, filled)
        return self.fill(route)

    def form(self, route: str) -> dict[str, Any]:
        """What a page of this site would send to ``route``."""
        decided = {"decision_id": str(uuid.uuid4()), "seen_version": str(self.case.version)}
        forms: dict[str, dict[str, Any]] = {
            "/upload/": {"files": [SimpleUploadedFile("sea.jpg", hostile.jpeg())]},
            "/i/<slug:public_id>/edit/": {"version": self.image.version, "visibility": "private"},
            "/i/<slug:public_id>/favourite/": {"favourite": "yes"},
            "/albums/<int:album_id>/": {"name": "Holiday"},
            "/albums/<int:album_id>/take-out/": {"image": self.image.public_id},
            "/i/<slug:public_id>/remove/": {"reason": "Asked for by the person shown."},
            "/review/<int:case_id>/<slug:action>/": decided | {"reason": "look_alike"},
            "/review/<int:case_id>/batch/": {"action": "merge", "job_id": str(uuid.uuid4()), "seen": "2-1"},
            "/review/<int:case_id>/escalate/": {"note": "Hard to say."},
            "/review/<int:case_id>/comment/": {"text": "Look at the hands."},
            "/decisions/<uuid:decision_id>/undo/": {"reason": "mistake"},
            "/decisions/undo-latest/": {"reason": "mistake"},
            "/i/<slug:public_id>/hold/": {"held": "yes", "reason": "A court asked for it."},
            "/i/<slug:public_id>/appeal/": {"note": "It is another moment."},
            "/review/appeals/<int:appeal_id>/answer/": {"granted": "no", "note": "It is the same picture."},
            "/review/bulk/<uuid:job_id>/take-back/": {"reason": "mistake"},
            "/review/bulk/start/": {"action": "different", "job_id": str(uuid.uuid4()), "seal": "1-1-1"},
            "/review/filters/": {"name": "Sure ones", "signal": "pdq"},
            "/preferences/password/": {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW},
            "/preferences/": {"appearance": "dark", "concealment": "none", "break_minutes": "0"},
        }
        return forms.get(route, {})

    def json(self, route: str) -> dict[str, Any]:
        """What a program would send."""
        bodies: dict[str, dict[str, Any]] = {
            "/api/decisions": {
                "id": str(uuid.uuid4()),
                "case": self.case.pk,
                "action": "different",
                "seen_version": self.case.version,
                "reason": "look_alike",
            },
            "/api/images/{public_id}/details": {"seen_version": self.image.version, "title": "Sea"},
            "/api/images/{public_id}/favourite": {"favourite": True},
            "/api/albums/{album_id}/rename": {"name": "Holiday"},
            "/api/albums/{album_id}/take-out": {"image": self.image.public_id},
            "/api/images/{public_id}/remove": {"reason": "Asked for by the person shown."},
            "/api/dissents/{decision_id}/settle": {"note": "The first was right."},
            "/api/images/{public_id}/restore": {"reason": "Removed by mistake."},
            "/api/images/{public_id}/hold": {"held": True, "reason": "A court asked for it."},
            "/api/cases/{case_id}/escalate": {"note": "Hard to say."},
            "/api/cases/{case_id}/comments": {"text": "Look at the hands."},
            "/api/verdicts/{verdict_id}/revoke": {"id": str(uuid.uuid4()), "reason": "mistake"},
            "/api/appeals": {"image": self.absorbed.public_id, "note": "It is another moment."},
            "/api/appeals/{appeal_id}/answer": {
                "id": str(uuid.uuid4()),
                "granted": False,
                "note": "It is the same picture.",
            },
            "/api/decisions/{decision_id}/undo": {"id": str(uuid.uuid4()), "reason": "mistake"},
        }
        return bodies.get(route, {})


@pytest.fixture
def scene(lena: User, otto: User, mara: User, jon: User, ada: User, media: Path, settings: Settings) -> Scene:
    change_dedup(settings, metrics_token="a token of Prometheus")
    ruth, theo = make_user("ruth", "auditor"), make_user("theo", "uploader")
    users = {"owner": lena, "other": otto, "moderator": mara, "senior": jon, "admin": ada, "auditor": ruth}
    assert ["nobody", *users] == PEOPLE
    sessions = {}
    for name, user in users.items():
        client = Client()
        client.force_login(user)
        sessions[name] = client.cookies[site.SESSION_COOKIE_NAME].value
    tokens = {name: ApiToken.objects.issue(user, name="table")[1] for name, user in users.items()}

    def case_of_two(seed: int) -> Case:
        one = factories.image(lena, seed=seed, visibility=Image.Visibility.PRIVATE)
        return factories.case(one, factories.image(theo, seed=seed, quality=60, visibility=Image.Visibility.PRIVATE))

    decided, merged, case = case_of_two(1), case_of_two(2), case_of_two(3)
    decision = actions.run("different", decided, mara, submit=submit(decided, reason="look_alike")).decision
    keeper = merged.members.get(image__owner=theo).image
    actions.run("merge", merged, mara, submit=submit(merged, keeper=keeper.pk, reason="copy"))
    pair = Pair.objects.get(case=case)
    default_storage.save(pair.rendition_key("aligned"), ContentFile(b"a picture"))
    draft = policies.draft_from(Policy.objects.in_force(), ada)
    policies.publish(draft, ada, "The same again.", seen=1)
    SelfTest.objects.create(seconds=1, images=1, policy=draft, model_key="sscd")
    OutboxEntry.objects.get_or_create(topic="ingest", key="0")
    mine = Image.objects.get(owner=lena, memberships__case=case)
    album = Album.objects.create(owner=lena, name="Sea")
    album.images.add(mine)
    return Scene(
        people=users,
        sessions=sessions,
        tokens=tokens,
        image=mine,
        album=album,
        removed=factories.image(lena, seed=4, standing=Image.Standing.REMOVED, visibility=Image.Visibility.PRIVATE),
        case=case,
        pair=pair,
        decision=decision,
        absorbed=Image.objects.get(owner=lena, standing=Image.Standing.MERGED),
        merge=Merge.objects.get(),
        verdict=Verdict.objects.get(decision=decision),
        appeal=Appeal.objects.create(decision=Merge.objects.get().decision, by=lena, note="It is another moment."),
        job=BulkJob.objects.create(actor=mara, action=Decision.Action.RELATED, state=BulkJob.State.RUNNING),
        kept=SavedFilter.objects.create(user=mara, name="Near ones"),
        draft=policies.draft_from(Policy.objects.in_force(), ada),
        retired=Policy.objects.get(version=1),
    )
