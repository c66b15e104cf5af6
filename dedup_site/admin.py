"""
The admin site. Outside the package of its pages: they register with it while it is being made, and would be lost.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from gallery.conf import conf


class DedupAdminSite(admin.AdminSite):
    """Django's admin with our name on it, for admins and auditors, behind the site's one login."""

    index_title = gettext_lazy("Tune and look after")

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return user.is_active and user.is_authenticated and (user.is_staff or user.may_inspect)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        named = _("%(site)s admin") % {"site": conf().site_name}
        return {**super().each_context(request), "site_header": named, "site_title": named}

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """To the site's login, which counts attempts. Who is signed in and has no right gets told so."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or request.get_full_path())
