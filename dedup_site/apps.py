"""Puts our admin site in the place of Django's. Outside the package of its pages, which needs the models."""

from django.contrib.admin.apps import AdminConfig


class SiteAdminConfig(AdminConfig):
    default_site = "dedup_site.admin.DedupAdminSite"
