"""What every template knows."""

from django.http import HttpRequest

from gallery.conf import conf


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name and limits, for headers and help texts."""
    return {
        "site_name": conf().site_name,
        "max_upload_mb": conf().max_upload_bytes // (1024 * 1024),
        "max_megapixels": conf().max_megapixels,
        "max_files": conf().max_files,
    }
