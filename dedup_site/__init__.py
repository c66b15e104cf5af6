"""The deployment: settings, addresses, the Celery application. Nothing about images."""

from dedup_site.celery import app as celery_app

__all__ = ["celery_app"]
