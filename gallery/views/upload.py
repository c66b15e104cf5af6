"""
Uploading. The page's script sends one file a request and puts the row it gets back into the list; without the script
the same form sends all files at once and leads to “My uploads”.
"""

from dataclasses import replace

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from gallery.errors import IngestError, TooManyUploads
from gallery.ingest.intake import Accepted, Refused, accept_many
from gallery.models import Image
from gallery.views.access import SignedIn, signed_in
from gallery.views.states import Row, State, rows_of


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: SignedIn) -> HttpResponse:
    if request.method != "POST":
        return render(request, "gallery/upload.html")
    as_rows = "rows" in request.POST
    files: list[UploadedFile[bytes]] = request.FILES.getlist("files")
    try:
        results = accept_many(files, by=request.user)
    except IngestError as error:
        return _turned_away(request, error, as_rows=as_rows)
    if as_rows:
        return _rows(request, results)
    _tell(request, results)
    return redirect("uploads")


def _turned_away(request: SignedIn, error: IngestError, *, as_rows: bool) -> HttpResponse:
    """Nothing was taken."""
    if as_rows:
        name = ", ".join(file.name or "" for file in request.FILES.getlist("files"))
        context: dict[str, object] = {"rows": [_bare(name, str(error))]}
        response = render(request, "gallery/uploads.html#rows", context, status=error.status)
    else:
        response = render(request, "gallery/upload.html", {"problem": str(error)}, status=error.status)
    if isinstance(error, TooManyUploads):
        response["Retry-After"] = str(error.retry_after)
    return response


def _rows(request: SignedIn, results: list[Accepted | Refused]) -> HttpResponse:
    ids = [result.image.pk for result in results if result.image]
    images = Image.objects.filter(pk__in=ids).visible_to(request.user).with_open_pairs().for_pages()
    drawn = {row.image.pk: row for row in rows_of(list(images), request.user) if row.image}
    rows = [_row_of(result, drawn) for result in results]
    refusals = [result.status for result in results if isinstance(result, Refused)]
    created = any(isinstance(result, Accepted) and result.created for result in results)
    status = refusals[0] if len(refusals) == len(results) else 202 if created else 200
    return render(request, "gallery/uploads.html#rows", {"rows": rows}, status=status)


def _row_of(result: Accepted | Refused, drawn: dict[int, Row]) -> Row:
    if isinstance(result, Refused):
        return drawn[result.image.pk] if result.image else _bare(result.name, result.sentence)
    row = drawn[result.image.pk]
    return row if result.created else replace(row, note=_("You uploaded this file before."))


def _bare(name: str, sentence: str) -> Row:
    state = State(key="refused", word=_("Refused"), tone="bad", sentence=sentence)
    return Row(name=name or _("untitled"), state=state)


def _tell(request: SignedIn, results: list[Accepted | Refused]) -> None:
    """What came of a form sent without the script; each file's own sentence is in the list it leads to."""
    taken = sum(isinstance(result, Accepted) and result.created for result in results)
    refused = sum(isinstance(result, Refused) for result in results)
    known = len(results) - taken - refused
    sentences = []
    if taken:
        sentences.append(ngettext("%(n)s image received.", "%(n)s images received.", taken) % {"n": taken})
    if known:
        told = ngettext("%(n)s file was here already.", "%(n)s files were here already.", known)
        sentences.append(told % {"n": known})
    if refused:
        told = ngettext("%(n)s was refused; the list says why.", "%(n)s were refused; the list says why.", refused)
        sentences.append(told % {"n": refused})
    messages.info(request, " ".join(sentences))
