"""Puts our admin site in the place of Django's."""

from django.contrib.admin.apps import AdminConfig


class SiteAdminConfig(AdminConfig):
    default_site = "gallery.admin.site.DedupAdminSite"
