"""My uploads: what became of each, moving on by itself while there is something to wait for."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from gallery.models import Image
from gallery.models.image import ImageQuerySet
from gallery.views.access import SignedIn, signed_in
from gallery.views.paging import page_of, shown_count
from gallery.views.states import rows_of

POLLED = 300
"""Rows that one poll may ask about."""

STOP_POLLING = 286
"""htmx stops a poll that is answered with this status."""


@dataclass(frozen=True, kw_only=True)
class Tab:
    key: str
    label: str | Promise
    count: str
    here: bool


def _filtered(images: ImageQuerySet, show: str) -> ImageQuerySet:
    match show:
        case "waiting":
            return images.being_worked_on()
        case "copies":
            return images.possible_copies()
        case "refused":
            return images.turned_down()
        case _:
            return images


LABELS: dict[str, Promise] = {
    "all": _("All"),
    "waiting": _("In progress"),
    "copies": _("Possible copies"),
    "refused": _("Refused"),
}


@signed_in
@require_safe
def uploads(request: SignedIn) -> HttpResponse:
    mine = Image.objects.uploaded_by(request.user)
    show = request.GET.get("show", "all")
    if show not in LABELS:
        show = "all"
    page = page_of(_filtered(mine, show).with_open_pairs().for_pages(), request.GET)
    tabs = [
        Tab(
            key=key,
            label=label,
            count="" if key == "all" else shown_count(_filtered(mine, key)),
            here=key == show,
        )
        for key, label in LABELS.items()
    ]
    rows = rows_of(page.images, request.user)
    context = {"rows": rows, "page": page, "tabs": tabs, "show": show, "waiting": any(row.is_waiting for row in rows)}
    return render(request, "gallery/uploads.html", context)


@signed_in
@require_POST
def progress(request: SignedIn) -> HttpResponse:
    """
    The rows that are no longer as the page shows them.

    The page names each row as ``waiting=<public id>:<state key>``, or as ``shown=…`` where it is done with: of that a
    later one may turn out to be a copy. A POST, because an address has no room for so many.
    """
    asked = [*request.POST.getlist("waiting"), *request.POST.getlist("shown")]
    shown = dict(item.partition(":")[::2] for item in asked[:POLLED])
    images = Image.objects.uploaded_by(request.user).filter(public_id__in=shown)
    rows = rows_of(list(images.with_open_pairs().for_pages().newest_first()), request.user)
    changed = [row for row in rows if row.image and row.state.key != shown[row.image.public_id]]
    status = 200 if any(row.is_waiting for row in rows) else STOP_POLLING
    if not changed and status == 200:
        return HttpResponse(status=204)
    return render(request, "gallery/uploads.html#changed", {"rows": changed}, status=status)
