"""
Light, dark or as the device.

The page comes with it written on its root element, so that nothing flashes and no script is needed. It is kept with
the account and in a cookie, which also serves people who are not logged in.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from gallery.models import User

COOKIE = "appearance"
YEAR = 365 * 24 * 3600


def appearance_of(request: HttpRequest) -> str:
    """One of :class:`User.Appearance`: the account's, else the cookie's, else as the device."""
    user = getattr(request, "user", None)
    kept = user.appearance if isinstance(user, User) else request.COOKIES.get(COOKIE, "")
    return kept if kept in User.Appearance.values else User.Appearance.AUTO


def following(appearance: str) -> str:
    """The next of the three, round and round."""
    order = User.Appearance.values
    return order[(order.index(appearance) + 1) % len(order)]


def keep(response: HttpResponse, appearance: str) -> None:
    """In a cookie, for the login page after this session."""
    response.set_cookie(COOKIE, appearance, max_age=YEAR, httponly=True, samesite="Lax")


@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Keep the one that was chosen and go back to where it was chosen."""
    chosen = request.POST.get("appearance", "")
    if chosen not in User.Appearance.values:
        chosen = User.Appearance.AUTO
    if isinstance(request.user, User):
        request.user.appearance = chosen
        request.user.save(update_fields=["appearance"])
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = resolve_url("home")
    response = HttpResponseRedirect(back)
    keep(response, chosen)
    return response
