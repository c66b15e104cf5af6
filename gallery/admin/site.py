"""The admin site."""

from django.contrib import admin


class DedupAdminSite(admin.AdminSite):
    """Django's admin with our name on it."""

    site_header = "dedup admin"
    site_title = "dedup admin"
    index_title = "Tune and look after"
