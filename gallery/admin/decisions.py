"""What was decided on the desk. Taken back on the decisions page, not here."""

from django.contrib import admin
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gallery.admin.reading import Reading, ReadingInline, known, link
from gallery.models import Decision, Merge, Verdict
from gallery.review.reasons import REASONS


class VerdictInline(ReadingInline):
    model = Verdict
    fields = ["named", "kind", "revoked_at", "revoked_by"]
    readonly_fields = ["named"]

    @admin.display(description=_("verdict"))
    def named(self, verdict: Verdict) -> SafeString | str:
        return link(verdict)


class MergeInline(ReadingInline):
    model = Merge
    fields = ["named", "undone_at", "undone_by"]
    readonly_fields = ["named"]

    @admin.display(description=_("merge"))
    def named(self, merge: Merge) -> SafeString | str:
        return link(merge)


_ALL = {reason.code: reason.label for reasons in REASONS.values() for reason in reasons}
REASON = known("reason", _("reason"), list(_ALL.items()))


@admin.register(Decision)
class DecisionAdmin(Reading):
    list_display = ["at", "actor", "action", "case", "pairs_closed", "reason", "dissent", "undone_at"]
    list_display_links = ["at"]
    list_filter = ["action", "dissent", ("undone_at", admin.EmptyFieldListFilter), REASON, "at"]
    search_fields = ["=id", "actor__username", "note", "=case__id"]
    search_help_text = _("By person, note, or the case's number.")
    list_select_related = ["actor", "case"]
    inlines = [VerdictInline, MergeInline]

    def view_on_site(self, decision: Decision) -> str:
        return reverse("decision", args=[decision.pk])
