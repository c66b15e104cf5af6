"""Who calls: a browser with its session, or a program with a token."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer

from gallery.models import ApiToken, User


class Token(HttpBearer):
    """``Authorization: Bearer …``, made by ``manage.py api_token USER``."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        user = ApiToken.objects.owner_of(token)
        if user is not None:
            request.user = user  # for the logs
        return user


class Session(APIKeyCookie):
    """The cookie of somebody who is logged in to the site. What changes something needs the CSRF token too."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Any:
        if self.param_name not in request.COOKIES or not request.user.is_authenticated:
            return None  # before the CSRF token is looked at: who is nobody is told to sign in
        return super().__call__(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        return request.user if isinstance(request.user, User) else None


SIGNED_IN = [Token(), Session()]


def caller(request: HttpRequest) -> User:
    """Who calls an operation that needs somebody."""
    user = getattr(request, "auth", None)
    if not isinstance(user, User):
        raise TypeError("this operation is open to everybody")
    return user
