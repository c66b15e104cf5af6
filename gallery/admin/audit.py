"""Who did what."""

from django.contrib import admin

from gallery.admin.reading import Reading
from gallery.models import AuditEntry


@admin.register(AuditEntry)
class AuditAdmin(Reading):
    list_display = ["position", "at", "actor_name", "verb", "subject"]
    list_filter = ["verb"]
    search_fields = ["actor_name", "subject", "verb"]
    search_help_text = "By person, subject or what was done."
    date_hierarchy = "at"
    list_select_related = ["actor"]
    fields = ["position", "at", "actor", "actor_name", "verb", "subject", "data", "previous_hash", "hash"]
