"""Uploads. An admin may put a legal hold on one; all else is done by its owner or through review."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import F, Model
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gallery.admin.reading import Reading, ReadingInline, known, link, picture
from gallery.errors import IngestError
from gallery.models import AuditEntry, Image, StoredFile, User


def _refusals() -> list[tuple[str, str]]:
    """What is refused at the door or later, and what was set aside."""
    kinds, codes = [IngestError], set()
    while kinds:
        kind = kinds.pop()
        codes.add(kind.code)
        kinds += kind.__subclasses__()
    return [(code, code) for code in sorted({*codes, "quarantined"})]


REFUSED = known("refusal_code", _("refused as"), _refusals())


class FileInline(ReadingInline):
    model = StoredFile
    fk_name = "image"
    fields = ["original_name", "format", "width", "height", "bytes", "sha256", "purge_after", "purged_at"]


@admin.register(Image)
class ImageAdmin(Reading):
    list_display = ["preview", "name", "owner", "stage", "standing", "held", "created_at", "public_id"]
    list_display_links = ["name"]
    list_filter = ["stage", "standing", "held", "visibility", "sensitive", REFUSED, "created_at"]
    search_fields = ["=public_id", "title", "file__original_name", "owner__username"]
    search_help_text = _("By public id, title, file name or owner.")
    list_select_related = ["file", "owner", "merged_into"]
    inlines = [FileInline]
    fields = [
        "preview", "public_id", "owner", "held", "stage", "standing", "keeper", "refusal_code", "refusal", "note",
        "title", "caption", "alt_text", "licence", "visibility", "sensitive", "tags", "first_seen", "created_at",
        "removed_at", "version",
    ]  # fmt: skip

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("gallery.change_image")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [str(name) for name in self.fields if name != "held"]

    def save_model(self, request: HttpRequest, obj: Image, form: "ModelForm[Any]", change: bool) -> None:
        """Only the hold is written, not the row as it was when the page was opened."""
        if "held" not in form.changed_data or not isinstance(request.user, User):
            return
        with transaction.atomic():
            Image.objects.filter(pk=obj.pk).update(held=obj.held, version=F("version") + 1)
            verb = "image.hold" if obj.held else "image.release"
            AuditEntry.objects.append(request.user, verb, f"image {obj.public_id}")

    def view_on_site(self, image: Image) -> str:
        return image.get_absolute_url()

    @admin.display(description=_("picture"))
    def preview(self, image: Image) -> SafeString | str:
        return picture(image)

    @admin.display(description=_("name"), ordering="title")
    def name(self, image: Image) -> str:
        return image.name

    @admin.display(description=_("merged into"))
    def keeper(self, image: Image) -> SafeString | str:
        return link(image.merged_into)
