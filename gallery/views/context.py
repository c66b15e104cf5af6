"""What every template knows."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from gallery.conf import conf
from gallery.models import User
from gallery.views.appearance import appearance_of, following
from gallery.views.keys import key_of
from gallery.views.places import places_of


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name and limits, where one can go, and how the person likes it to look."""
    # A request that was refused before the session was read has no user.
    user: User | AnonymousUser = getattr(request, "user", None) or AnonymousUser()
    page = request.resolver_match.view_name if request.resolver_match else ""
    appearance = appearance_of(request)
    return {
        "site_name": conf().site_name,
        "max_upload_mb": conf().max_upload_bytes // (1024 * 1024),
        "max_megapixels": conf().max_megapixels,
        "max_files": conf().max_files,
        "places": [{"name": place.name, "label": place.label, "here": place.holds(page)} for place in places_of(user)],
        "appearance": appearance,
        "next_appearance": following(appearance),
        "concealment": user.conceals(site=conf().concealment) if isinstance(user, User) else conf().concealment,
        "undo_key": key_of(user, "undo") if isinstance(user, User) else None,
    }
