"""What people said of contents."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gallery.admin.reading import Reading, ReadingInline, picture
from gallery.models import Verdict, VerdictContent


class ContentInline(ReadingInline):
    model = VerdictContent
    fields = ["preview", "image", "sha256", "pixel_hash"]
    readonly_fields = ["preview"]
    shown_with = ("image__file",)

    @admin.display(description=_("picture"))
    def preview(self, content: VerdictContent) -> SafeString | str:
        return picture(content.image)


@admin.register(Verdict)
class VerdictAdmin(Reading):
    list_display = ["at", "kind", "by", "policy", "revoked_at", "revoked_by"]
    list_filter = ["kind", ("revoked_at", admin.EmptyFieldListFilter), "policy", "at"]
    search_fields = ["by__username", "contents__image__public_id", "contents__sha256"]
    search_help_text = _("By person, an image's public id, or the SHA-256 of a file.")
    list_select_related = ["by", "policy", "revoked_by"]
    inlines = [ContentInline]
