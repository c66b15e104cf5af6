"""Work that waits, and work that was set aside: why, try again, or discard."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from gallery.admin.reading import Reading
from gallery.ingest import sweeping
from gallery.models import AuditEntry, OutboxEntry, User


class SetAside(admin.SimpleListFilter):
    """Waiting or set aside."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("aside", _("set aside")), ("under_way", _("under way")), ("waiting", _("waiting"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxEntry]) -> QuerySet[OutboxEntry]:
        leased = {"lease_until__gt": timezone.now()}
        match self.value():
            case "aside":
                return queryset.exclude(quarantined_at=None)
            case "under_way":
                return queryset.filter(quarantined_at=None, **leased)
            case "waiting":
                return queryset.filter(quarantined_at=None).exclude(**leased)
        return queryset


@admin.register(OutboxEntry)
class OutboxAdmin(Reading):
    list_display = ["id", "topic", "key", "state", "attempts", "next_at", "created_at", "last_problem"]
    list_filter = [SetAside, "topic", "created_at"]
    search_fields = ["key", "topic", "last_problem"]
    search_help_text = _("By topic, key or what went wrong.")
    actions = ["try_again", "discard"]

    def has_discard_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("gallery.delete_outboxentry")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("gallery.change_outboxentry")

    @admin.display(description=_("state"))
    def state(self, entry: OutboxEntry) -> Any:
        if entry.quarantined_at:
            return _("set aside")
        return _("under way") if entry.lease_until and entry.lease_until > timezone.now() else _("waiting")

    @admin.action(description=_("Try again what was set aside"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[OutboxEntry]) -> None:
        with transaction.atomic():
            aside = queryset.exclude(quarantined_at=None)
            named = self._record(request, "outbox.retry", aside)
            # Their images are waiting again, too: work on one that is set aside would be dropped.
            count = sweeping.revive(list(OutboxEntry.objects.filter(pk__in=named)))
        said = ngettext("%d piece of work is tried again.", "%d pieces of work are tried again.", count)
        messages.success(request, said % count)

    @admin.action(description=_("Discard what was set aside"), permissions=["discard"])
    def discard(self, request: HttpRequest, queryset: QuerySet[OutboxEntry]) -> None:
        with transaction.atomic():
            named = self._record(request, "outbox.discard", queryset.exclude(quarantined_at=None))
            OutboxEntry.objects.filter(pk__in=named).delete()
        said = ngettext("%d piece of work is discarded.", "%d pieces of work are discarded.", len(named))
        messages.success(request, said % len(named))

    def _record(self, request: HttpRequest, verb: str, entries: QuerySet[OutboxEntry]) -> list[int]:
        """Write each into the audit chain. Returns their ids: only these are then touched."""
        if not isinstance(request.user, User):
            raise TypeError("the admin is for people with an account")
        found = list(entries.select_for_update())
        for entry in found:
            AuditEntry.objects.append(request.user, verb, f"{entry.topic} {entry.key}", problem=entry.last_problem)
        return [entry.pk for entry in found]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # work that waits is never thrown away; what was set aside is discarded above
