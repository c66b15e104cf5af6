"""People and their roles."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gallery.admin.reading import Reading
from gallery.models import AuditEntry, User

admin.site.unregister(Group)

if TYPE_CHECKING:
    People = UserAdmin[User]
else:
    People = UserAdmin


@admin.register(User)
class PeopleAdmin(People):
    """Roles are groups. Only a superuser makes or changes a superuser; nobody is deleted, for what they did stays."""

    list_display = ["username", "first_name", "last_name", "role_names", "is_active", "last_login"]
    list_filter = ["is_active", "groups"]
    search_help_text = _("By name or mail address.")
    filter_horizontal = ["groups"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (_("What they may do"), {"fields": ["is_active", "groups", "is_staff", "is_superuser"]}),
        (_("When"), {"fields": ["last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("roles"))
    def role_names(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all())) or "–"

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        powers = [] if getattr(request.user, "is_superuser", False) else ["is_staff", "is_superuser"]
        return [*self.readonly_fields, *powers]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj and obj.is_superuser and not getattr(request.user, "is_superuser", False):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_related(self, request: HttpRequest, form: "ModelForm[User]", formsets: Any, change: bool) -> None:
        """The form's and the roles' changes, with an entry of what is different."""
        person = form.instance
        with transaction.atomic():
            before = sorted(person.groups.values_list("name", flat=True))
            super().save_related(request, form, formsets, change)
            after = sorted(person.groups.values_list("name", flat=True))
            if isinstance(request.user, User):
                AuditEntry.objects.append(
                    request.user,
                    "user.change" if change else "user.add",
                    f"user {person.username}",
                    changed=[name for name in form.changed_data if "password" not in name],
                    roles=[before, after] if before != after else [],
                )


@admin.register(Group)
class RoleAdmin(Reading):
    """The roles and what each may do; a migration makes them."""

    list_display = ["name", "people"]
    fields = ["name", "permissions"]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Groups are Django's; who may see people may see what their roles are."""
        return request.user.has_perm("gallery.view_user")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description=_("people"))
    def people(self, group: Group) -> int:
        return int(group.user_set.count())
