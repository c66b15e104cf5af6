"""Who somebody is and what they may do."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission
from django.db.models import Model, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from gallery.models import User
from gallery.models.asides import WordsOf


class OneQueryBackend(ModelBackend):
    """
    Django's own, which asks for a person, then for their permissions and for those of their groups: here in one query.

    Every page asks.
    """

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.annotate(permitted=WordsOf(_given(OuterRef("pk")))).filter(pk=user_id).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        if not user.is_superuser:
            _keep(user, (user.permitted or "").split())
        return user

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Model | None = None) -> set[str]:
        if not isinstance(user_obj, User) or not user_obj.is_active or user_obj.is_superuser or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        kept: set[str] | None = getattr(user_obj, "_perm_cache", None)
        return _keep(user_obj, (row["word"] for row in _given(user_obj))) if kept is None else kept


def _given(user: User | OuterRef) -> "QuerySet[Permission, Any]":
    """What was given to a person or to a group of theirs, each as ``word``: "gallery.inspect"."""
    word = Concat("content_type__app_label", Value("."), "codename")
    theirs = Permission.objects.filter(Q(user=user) | Q(group__user=user))
    return theirs.order_by().annotate(word=word).values("word")


def _keep(user: User, words: Any) -> set[str]:
    kept = set(words)
    user._perm_cache = kept  # type: ignore[attr-defined]  # where Django keeps it, too
    return kept
