"""Work that was set aside, and the way back."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import AuditEntry, Image, OutboxEntry, User

pytestmark = pytest.mark.django_db


def set_aside(owner: User) -> tuple[Image, OutboxEntry]:
    image = Image.objects.create(
        owner=owner, stage=Image.Stage.QUARANTINED, refusal_code="quarantined", refusal="It could not be worked on."
    )
    entry = OutboxEntry.objects.create(topic="ingest", key=str(image.pk), attempts=3, quarantined_at=timezone.now())
    return image, entry


def ask(client: Client, action: str, entry: OutboxEntry) -> None:
    answer = client.post(
        reverse("admin:gallery_outboxentry_changelist"), {"action": action, "_selected_action": [entry.pk]}
    )
    assert answer.status_code == 302


def test_trying_again_takes_up_the_image_too(client: Client, lena: User, ada: User) -> None:
    image, entry = set_aside(lena)
    client.force_login(ada)
    ask(client, "try_again", entry)
    image.refresh_from_db()
    entry.refresh_from_db()
    assert image.is_waiting
    assert (image.refusal, image.refusal_code) == ("", "")
    assert (entry.quarantined_at, entry.attempts) == (None, 0)
    assert AuditEntry.objects.filter(verb="outbox.retry", subject=f"ingest {image.pk}").count() == 1


def test_discarding_leaves_the_image_set_aside(client: Client, lena: User, ada: User) -> None:
    image, entry = set_aside(lena)
    client.force_login(ada)
    ask(client, "discard", entry)
    image.refresh_from_db()
    assert image.stage == Image.Stage.QUARANTINED
    assert not OutboxEntry.objects.exists()
