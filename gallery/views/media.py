"""
Pictures, for those who may see them.

The bytes are streamed; a bucket that signs addresses (S3_SIGNED_ADDRESSES) is redirected to after the check. Only our
own re-encoded copies are ever shown: an original is a download.
"""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_vary_headers
from django.utils.http import content_disposition_header, quote_etag
from django.views.decorators.http import require_POST, require_safe

from gallery.ingest.asking import ask_for_tiles
from gallery.models import Image, Pair, StoredFile
from gallery.store import translated
from gallery.views.access import SignedIn, signed_in

SHOWN = {"thumb": ("jpg", "image/jpeg"), "view": ("jpg", "image/jpeg")}
"""The extension and content type of each rendition that may be asked for (gallery.images.renditions makes them)."""

PAIR_SHOWN = frozenset({"aligned", "difference"})

YEAR = 365 * 24 * 3600
SIGNED_SECONDS = 240
"""How long a browser may keep the redirect to a signed address; below the time for which it is valid."""

SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


@signed_in
@require_safe
def rendition(request: SignedIn, public_id: str, name: str) -> HttpResponseBase:
    """A small copy of an image. For ever in the browser's own cache if the address names the file it shows."""
    if name not in SHOWN:
        raise Http404
    images = Image.objects.shown_to(request.user).select_related("file__image")
    stored = get_object_or_404(images, public_id=public_id).file
    if stored is None or stored.purged_at:
        raise Http404
    extension, content_type = SHOWN[name]
    lasting = request.GET.get("file") == str(stored.pk)
    return _answer(request, stored.rendition_key(name, extension), content_type, lasting=lasting)


@signed_in
@require_safe
def pair_rendition(request: SignedIn, pair_id: int, name: str) -> HttpResponseBase:
    """One image of a pair laid onto the other, or what differs: for reviewers. 404 until a worker has made it."""
    if name not in PAIR_SHOWN or not request.user.may_see_all_images:
        raise Http404
    pair = get_object_or_404(Pair, pk=pair_id)
    # Compared again, it may be laid out another way under the same key.
    made = pair.compared_at.isoformat() if pair.compared_at else ""
    return _answer(request, pair.rendition_key(name), "image/webp", lasting=False, edition=made)


@signed_in
@require_safe
def original(request: SignedIn, public_id: str) -> HttpResponseBase:
    """
    The file as it was uploaded, with everything that is in it: for its people and for reviewers only.

    It is somebody's bytes and may hold anything, so it is never shown: always a download, in a sandbox.
    """
    images = Image.objects.visible_to(request.user).select_related("file")
    stored = get_object_or_404(images, public_id=public_id).file
    if stored is None or stored.purged_at or not stored.blob:
        raise Http404
    key, filename = str(stored.blob.name), stored.original_name or f"{public_id}.{stored.format}"
    if _is_signing():
        download = content_disposition_header(as_attachment=True, filename=filename) or "attachment"
        return HttpResponseRedirect(_signed(key, ResponseContentDisposition=download))
    response = _stream(key, stored.content_type, filename=filename)
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    return response


def _seen_whole(request: SignedIn, public_id: str) -> StoredFile:
    """
    The file of an image, for those who may have all of its pixels: the same as for the original.

    :raises Http404: for everybody else, and where the small copies show every pixel.
    """
    images = Image.objects.visible_to(request.user).select_related("file__image")
    stored = get_object_or_404(images, public_id=public_id).file
    if stored is None or stored.purged_at or stored.tile_count is None:
        raise Http404
    return stored


@signed_in
@require_POST
def tiles(request: SignedIn, public_id: str) -> HttpResponse:
    """Ask for the tiles of a picture. They are there some seconds later."""
    ask_for_tiles(_seen_whole(request, public_id))
    return HttpResponse(status=202)


@signed_in
@require_safe
def tile(request: SignedIn, public_id: str, column: int, row: int) -> HttpResponseBase:
    """A piece of a picture in its own pixels. 404 until a worker has made it."""
    stored = _seen_whole(request, public_id)
    columns, rows = stored.tile_count or (0, 0)
    if stored.tiled_at is None or column >= columns or row >= rows:
        raise Http404
    return _answer(
        request, stored.tile_key(column, row), "image/jpeg", lasting=request.GET.get("file") == str(stored.pk)
    )


def _answer(request: HttpRequest, key: str, content_type: str, *, lasting: bool, edition: str = "") -> HttpResponseBase:
    etag = quote_etag(f"{key}@{edition}")
    response: HttpResponseBase
    if request.headers.get("If-None-Match") == etag and not _is_signing():
        response = HttpResponseNotModified()
    elif _is_signing():
        response = HttpResponseRedirect(_signed(key))
    else:
        response = _stream(key, content_type)
    response["ETag"] = etag
    response["Cache-Control"] = _caching(lasting=lasting)
    # Who asks decides what is answered.
    patch_vary_headers(response, ["Cookie"])
    return response


def _caching(*, lasting: bool) -> str:
    if _is_signing():
        return f"private, max-age={SIGNED_SECONDS}"
    return f"private, max-age={YEAR}, immutable" if lasting else "private, no-cache"


def _is_signing() -> bool:
    """Whether the store hands out addresses that expire, so that the bytes need not pass through here."""
    return bool(getattr(default_storage, "querystring_auth", False))


def _signed(key: str, **parameters: str) -> str:
    with translated():
        url: str = default_storage.url(key, parameters=parameters or None)  # type: ignore[call-arg]  # S3's has them
    return url


def _stream(key: str, content_type: str, *, filename: str = "") -> HttpResponse | FileResponse:
    try:
        with translated():
            content = default_storage.open(key, "rb")
    except FileNotFoundError as missing:
        raise Http404 from missing
    return FileResponse(content, content_type=content_type, as_attachment=bool(filename), filename=filename)
