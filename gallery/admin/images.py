"""Uploads. An admin may put a legal hold on one; all else is done by its owner or through review."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.forms import CharField, ModelForm
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gallery.admin.reading import Reading, ReadingInline, known, link, picture
from gallery.errors import IngestError
from gallery.models import Image, StoredFile, User
from gallery.review import removal


def _refusals() -> list[tuple[str, str]]:
    """What is refused at the door or later, and what was set aside."""
    kinds, codes = [IngestError], set()
    while kinds:
        kind = kinds.pop()
        codes.add(kind.code)
        kinds += kind.__subclasses__()
    return [(code, code) for code in sorted({*codes, "quarantined"})]


REFUSED = known("refusal_code", _("refused as"), _refusals())


if TYPE_CHECKING:
    ImageForm = ModelForm[Image]
else:  # Django's forms cannot be subscripted at run time.
    ImageForm = ModelForm


class FileInline(ReadingInline):
    model = StoredFile
    fk_name = "image"
    fields = ["original_name", "format", "width", "height", "bytes", "sha256", "purge_after", "purged_at"]


class HoldForm(ImageForm):
    """A hold, and what for: one without a reason is never lifted, since nobody knows whether it may be."""

    reason = CharField(
        label=_("reason"), required=False, max_length=500, help_text=_("What the hold is for, or why it ends.")
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if "held" in self.changed_data and not given.get("reason"):
            self.add_error("reason", _("Say what the hold is for."))
        return given


@admin.register(Image)
class ImageAdmin(Reading):
    list_display = ["preview", "name", "owner", "stage", "standing", "held", "created_at", "public_id"]
    list_display_links = ["name"]
    list_filter = ["stage", "standing", "held", "visibility", "sensitive", REFUSED, "created_at"]
    search_fields = ["=public_id", "title", "file__original_name", "owner__username"]
    search_help_text = _("By public id, title, file name or owner.")
    list_select_related = ["file", "owner", "merged_into"]
    inlines = [FileInline]
    form = HoldForm
    fields = [
        "preview", "public_id", "owner", "held", "reason", "stage", "standing", "keeper", "refusal_code", "refusal",
        "note", "title", "caption", "alt_text", "licence", "visibility", "sensitive", "tags", "first_seen",
        "created_at", "removed_at", "version",
    ]  # fmt: skip

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("gallery.change_image")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [str(name) for name in self.fields if name not in ("held", "reason")]

    def save_model(self, request: HttpRequest, obj: Image, form: "ModelForm[Any]", change: bool) -> None:
        """Only the hold is written, as on its own page, and not the row as it was when the page was opened."""
        if "held" in form.changed_data and isinstance(request.user, User):
            removal.hold(obj, request.user, held=obj.held, reason=form.cleaned_data["reason"])

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
