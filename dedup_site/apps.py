"""Puts our admin site in the place of Django's. Outside the admin's own package, which needs the models to be loaded."""

from django.contrib.admin.apps import AdminConfig


class SiteAdminConfig(AdminConfig):
    default_site = "dedup_site.admin.DedupAdminSite"
