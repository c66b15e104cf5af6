"""Who somebody is and what they may do."""

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission
from django.db.models import Model, Q

from gallery.models import User


class OneQueryBackend(ModelBackend):
    """
    Django's own, which asks for a person's permissions and for those of their groups: here in one query.

    Every page of reviewers asks.
    """

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Model | None = None) -> set[str]:
        if not isinstance(user_obj, User) or not user_obj.is_active or user_obj.is_superuser or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        kept: set[str] | None = getattr(user_obj, "_perm_cache", None)
        if kept is None:
            theirs = Permission.objects.filter(Q(user=user_obj) | Q(group__user=user_obj)).order_by()
            rows = theirs.values_list("content_type__app_label", "codename")
            kept = {f"{label}.{name}" for label, name in rows}
            user_obj._perm_cache = kept  # type: ignore[attr-defined]  # where Django keeps it, too
        return kept
