"""The one app: an image, its pairs, its verdicts and its merges change in one transaction."""

from django.apps import AppConfig


class GalleryConfig(AppConfig):
    name = "gallery"
    verbose_name = "dedup"
