"""Turns our exceptions into pages. The API has its own shape for them."""

from collections.abc import Callable

from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from gallery.errors import DedupError, Unavailable

RETRY_AFTER_SECONDS = 10


class AnswerDomainErrors:
    """A page with the sentence and the status of the error, where no view answered it better."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DataError):  # NUL in an address or a form, which PostgreSQL keeps in no text
            return render(request, "400.html", status=400)
        if isinstance(error, OperationalError):
            error = Unavailable("database", "The database does not answer right now. Try again in a moment.")
        if not isinstance(error, DedupError):
            return None
        response = render(request, "gallery/problem.html", {"error": error}, status=error.status)
        if error.status == 503:
            response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
