"""Who did what."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_GET

from gallery.admin.reading import Reading
from gallery.models import AuditEntry
from gallery.review import audit_export

TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@admin.register(AuditEntry)
class AuditAdmin(Reading):
    list_display = ["position", "at", "actor_name", "verb", "subject"]
    list_filter = ["at"]
    search_fields = ["actor_name", "subject", "verb"]
    search_help_text = "By person, subject or what was done."
    list_select_related = ["actor"]
    fields = ["position", "at", "actor", "actor_name", "verb", "subject", "data", "previous_hash", "hash"]
    change_list_template = "admin/gallery/auditentry/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(require_GET(self.export))
        return [path("export/", export, name="gallery_auditentry_export"), *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The chain as a download, written while it is read: ``?format=csv|json``, ``?since=<day>``."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        kind = request.GET.get("format", "csv")
        try:
            since = audit_export.moment(request.GET.get("since", ""))
            pieces = audit_export.FORMATS[kind](since)
        except KeyError:
            return HttpResponse("Choose csv or json.", status=422, content_type="text/plain")
        except ValueError as problem:
            return HttpResponse(str(problem), status=422, content_type="text/plain; charset=utf-8")
        response = StreamingHttpResponse(pieces, content_type=TYPES[kind])
        response["Content-Disposition"] = f'attachment; filename="audit-{timezone.localdate().isoformat()}.{kind}"'
        return response
