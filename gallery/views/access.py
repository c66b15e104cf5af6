"""Who may open a page: signed in, reviewer; and which image answers to an address."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from gallery.models import User

P = ParamSpec("P")


class SignedIn(HttpRequest):
    """A request of somebody with an account."""

    user: User


Page = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
SignedInPage = Callable[Concatenate[SignedIn, P], HttpResponseBase]


def signed_in(page: SignedInPage[P]) -> Page[P]:
    """Everybody else is asked to log in and brought back."""
    return login_required(cast("Page[P]", page))


def reviewing(page: SignedInPage[P]) -> Page[P]:
    """For moderators and those who may inspect; 403 for other people."""

    @signed_in
    @wraps(page)
    def checked(request: SignedIn, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.may_see_all_images:
            raise PermissionDenied
        return page(request, *args, **kwargs)

    return checked


def moderating(page: SignedInPage[P]) -> Page[P]:
    """For those who may decide; 403 for other people."""

    @signed_in
    @wraps(page)
    def checked(request: SignedIn, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.may_review:
            raise PermissionDenied
        return page(request, *args, **kwargs)

    return checked
