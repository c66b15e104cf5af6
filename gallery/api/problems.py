"""Everything that goes wrong, in one shape: ``application/problem+json`` (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFilesSent
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from gallery.conf import conf
from gallery.errors import DedupError, TooManyUploads

RETRY_AFTER_SECONDS = 10


class Problem(Schema):
    """``code`` is stable and for programs, ``detail`` a sentence for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str


class OutOfTurn(DedupError):
    """A request that conflicts with another of the same key. ``retry_after`` is in seconds; 0 for never."""

    def __init__(self, sentence: str, *, code: str, status: int, retry_after: int = 0) -> None:
        super().__init__(sentence)
        self.code, self.status, self.retry_after = code, status, retry_after


def problem(status: int, code: str, detail: str, *, retry_after: int = 0, **more: Any) -> HttpResponse:
    body = {
        "type": f"urn:dedup:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    response = JsonResponse(body, status=status, content_type="application/problem+json")
    if retry_after:
        response["Retry-After"] = str(retry_after)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    return response


def of_ours(request: HttpRequest, error: DedupError) -> HttpResponse:
    wait = error.retry_after if isinstance(error, TooManyUploads | OutOfTurn) else 0
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        wait = RETRY_AFTER_SECONDS
    return problem(error.status, error.code, str(error), retry_after=wait)


def of_database(request: HttpRequest, error: OperationalError) -> HttpResponse:
    sentence = "The database does not answer right now. Try again in a moment."
    return problem(503, "unavailable", sentence, retry_after=RETRY_AFTER_SECONDS)


def of_text(request: HttpRequest, error: DataError | UnicodeEncodeError) -> HttpResponse:
    """JSON can spell what no database keeps: NUL, and halves of letters."""
    return problem(
        422, "unprocessable", "The request holds characters or lengths of text that cannot be kept. Leave them out."
    )


def of_request(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The request is not what the operation takes; ``errors`` names each place."""
    found = [{"where": ".".join(str(step) for step in one["loc"]), "what": one["msg"]} for one in error.errors]
    sentence = "The request is not as this operation takes it: see “errors”."
    return problem(422, "unprocessable", sentence, errors=found)


def of_caller(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(401, "not_signed_in", "Sign in, or send a token as “Authorization: Bearer …”.")


def of_framework(request: HttpRequest, error: HttpError) -> HttpResponse:
    code = {400: "malformed", 403: "csrf"}.get(error.status_code, "refused")
    sentences = {
        "csrf": "Send the CSRF token of the session as X-CSRFToken.",
        "malformed": "The body is not JSON. Send it as /api/docs describes.",
    }
    return problem(error.status_code, code, sentences.get(code, str(error)))


def of_absence(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, "not_found", "There is nothing here, or it is not for you.")


def of_permission(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem(403, "not_allowed", str(error) or "Your roles do not allow this. Ask an admin for one that does.")


def of_size(request: HttpRequest, error: TooManyFilesSent | RequestDataTooBig) -> HttpResponse:
    if isinstance(error, TooManyFilesSent):
        return problem(
            413, "too_many_files", f"One request takes up to {conf().max_files} files. Send the others after them."
        )
    return problem(413, "too_large", "The request holds more than is taken. Send less at once.")


ANSWERS: dict[type[Exception], Any] = {
    DedupError: of_ours,
    OperationalError: of_database,
    DataError: of_text,
    UnicodeEncodeError: of_text,
    ValidationError: of_request,
    AuthenticationError: of_caller,
    HttpError: of_framework,
    Http404: of_absence,
    PermissionDenied: of_permission,
    TooManyFilesSent: of_size,
    RequestDataTooBig: of_size,
}


def answer_in_one_shape(api: NinjaAPI) -> None:
    """Whatever an operation raises is answered as :class:`Problem`."""
    for kind, answer in ANSWERS.items():
        api.add_exception_handler(kind, answer)
