"""The one app: an image, its pairs, its verdicts and its merges change in one transaction."""

from django.apps import AppConfig


class GalleryConfig(AppConfig):
    name = "gallery"
    verbose_name = "dedup"

    def ready(self) -> None:
        # Registers the checks of the weights and of the settings; they need the models, which are there only now.
        from gallery.health import deployment, model_check  # noqa: F401  # imported for their effect
