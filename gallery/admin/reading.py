"""Admin pages that show and do not change: what was decided changes only through review."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gallery.models import Image

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Any]
    Inline = admin.TabularInline[Any, Any]
else:
    Admin = admin.ModelAdmin
    Inline = admin.TabularInline


def known(field: str, title: Any, choices: Sequence[tuple[str, Any]]) -> type[admin.SimpleListFilter]:
    """A filter by the ``choices`` of ``field``, value and label: Django's own looks for them in the whole table."""

    class Known(admin.SimpleListFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
            return choices

        def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
            return queryset.filter(**{field: self.value()}) if self.value() else queryset

    Known.title = title
    return Known


class Reading(Admin):
    """
    Searchable, filterable, and nothing to add, change or delete.

    Days are filters, not Django's ``date_hierarchy``, which reads the whole table for every page.
    """

    list_per_page = 50
    show_full_result_count = False  # counts a second time, without the filters
    actions: list[str] | None = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadingInline(Inline):
    """Rows of another table that belong to the one shown."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False
    shown_with: tuple[str, ...] = ()
    """What each row names of other tables: read with the rows."""

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).select_related(*self.shown_with)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [str(name) for name in self.fields or ()]  # also those that no form could hold

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True  # as the page it is on


def picture(image: Image | None) -> SafeString | str:
    """A thumbnail that leads to the image's admin page; a dash where there is none to show."""
    if image is None or not image.has_renditions:
        return "–"
    return format_html(
        '<a class="thumb" href="{}"><img src="{}" alt="{}" loading="lazy" width="72" height="50"></a>',
        reverse("admin:gallery_image_change", args=[image.pk]),
        image.thumb_url,
        image.name,
    )


def link(target: Model | None, words: str = "") -> SafeString | str:
    """A link to the admin page of ``target``; a dash where there is none."""
    if target is None:
        return "–"
    try:
        address = reverse(f"admin:gallery_{target._meta.model_name}_change", args=[target.pk])
    except NoReverseMatch:  # a table without pages
        return words or str(target)
    return format_html('<a href="{}">{}</a>', address, words or str(target))
