"""The policy: versions to read, drafts to tune, one in force."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from gallery.admin.reading import Reading
from gallery.admin.tuning import restore_page, tuning_page
from gallery.detection import policies
from gallery.models import Policy, User


def tuner(request: HttpRequest) -> User:
    """
    Who tunes.

    :raises PermissionDenied: for those who may only read.
    """
    if not isinstance(request.user, User) or not request.user.has_perm("gallery.change_policy"):
        raise PermissionDenied
    return request.user


@admin.register(Policy)
class PolicyAdmin(Reading):
    """Published versions never change. To change the rules one tunes a draft and publishes it."""

    list_display = [
        "named", "state", "note", "similarity_review", "pdq_certain", "pdq_review", "show_weak", "published_at",
        "published_by",
    ]  # fmt: skip
    list_display_links = ["named"]
    list_filter = ["state"]
    search_fields = ["=version", "note"]
    list_select_related = ["published_by"]
    change_form_template = "admin/gallery/policy/change_form.html"
    change_list_template = "admin/gallery/policy/change_list.html"

    @admin.display(description="version", ordering="version")
    def named(self, policy: Policy) -> str:
        return str(policy)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/tune/", wrap(self.tune), name="gallery_policy_tune"),
            path("<int:pk>/new-version/", wrap(require_POST(self.new_version)), name="gallery_policy_new_version"),
            path("<int:pk>/restore/", wrap(self.restore), name="gallery_policy_restore"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        policy = self.get_object(request, object_id)
        may_tune = request.user.has_perm("gallery.change_policy")
        if policy and policy.state == Policy.State.DRAFT and may_tune:
            return redirect("admin:gallery_policy_tune", policy.pk)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "may_tune": may_tune})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may_tune = request.user.has_perm("gallery.change_policy")
        current = Policy.objects.in_force()
        return super().changelist_view(
            request, {**(extra_context or {}), "may_tune": may_tune, "current_policy": current}
        )

    def tune(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The tuning page of a draft."""
        by = tuner(request)
        draft = get_object_or_404(Policy, pk=pk)
        if draft.state != Policy.State.DRAFT:
            return redirect("admin:gallery_policy_change", pk)
        return tuning_page(request, draft, by, context=self._context(request, draft))

    def new_version(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A draft with the rules of this version, then its tuning page."""
        by = tuner(request)
        draft = policies.draft_from(get_object_or_404(Policy, pk=pk), by)
        return redirect("admin:gallery_policy_tune", draft.pk)

    def restore(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What restoring this version would do, then doing it."""
        by = tuner(request)
        policy = get_object_or_404(Policy, pk=pk)
        if policy.state != Policy.State.RETIRED:
            raise Http404
        return restore_page(request, policy, by, context=self._context(request, policy))

    def _context(self, request: HttpRequest, policy: Policy) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "original": policy, "title": None}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Policy | None:
        found: Policy | None = super().get_object(request, object_id, from_field)
        return found
