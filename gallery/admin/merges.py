"""What was folded into what, with the journal of every field that changed."""

from django.contrib import admin
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gallery.admin.reading import Reading, ReadingInline, picture
from gallery.models import JournalEntry, Merge, MergeMember


class AbsorbedInline(ReadingInline):
    model = MergeMember
    verbose_name_plural = _("absorbed images")
    fields = ["preview", "image"]
    readonly_fields = ["preview"]
    shown_with = ("image__file", "merge__keeper__file")

    @admin.display(description=_("picture"))
    def preview(self, member: MergeMember) -> SafeString | str:
        return picture(member.image)


class JournalInline(ReadingInline):
    model = JournalEntry
    fields = ["position", "model", "row", "field", "before", "after", "reverted_at"]


@admin.register(Merge)
class MergeAdmin(Reading):
    list_display = ["at", "kept", "keeper", "by", "undone_at", "undone_by"]
    list_display_links = ["at"]
    list_filter = [("undone_at", admin.EmptyFieldListFilter), "at"]
    search_fields = ["by__username", "keeper__public_id", "keeper__title", "members__image__public_id"]
    search_help_text = _("By person, or an image's public id or title.")
    list_select_related = ["by", "keeper", "keeper__file", "undone_by"]
    inlines = [AbsorbedInline, JournalInline]

    @admin.display(description=_("kept"))
    def kept(self, merge: Merge) -> SafeString | str:
        return picture(merge.keeper)

    def view_on_site(self, merge: Merge) -> str:
        return reverse("merge", args=[merge.pk])
