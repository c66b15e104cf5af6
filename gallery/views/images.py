"""All images, for those who review or look after the site."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from gallery.models import Image
from gallery.models.image import ImageQuerySet
from gallery.views.access import SignedIn, reviewing
from gallery.views.paging import page_of
from gallery.views.states import state_of

LONGEST_SEARCH = 100

LABELS: dict[str, Promise] = {
    "all": _("All"),
    "live": _("Live"),
    "waiting": _("In progress"),
    "copies": _("Possible copies"),
    "merged": _("Merged"),
    "removed": _("Removed"),
    "refused": _("Refused"),
    "held": _("On hold"),
}


def _filtered(images: ImageQuerySet, show: str) -> ImageQuerySet:
    match show:
        case "live":
            return images.live()
        case "waiting":
            return images.being_worked_on()
        case "copies":
            return images.possible_copies()
        case "merged":
            return images.filter(standing=Image.Standing.MERGED)
        case "removed":
            return images.filter(standing=Image.Standing.REMOVED)
        case "refused":
            return images.turned_down()
        case "held":
            return images.filter(held=True)
        case _:
            return images


@reviewing
@require_safe
def images(request: SignedIn) -> HttpResponse:
    show = request.GET.get("show", "all")
    if show not in LABELS:
        show = "all"
    words = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    found = _filtered(Image.objects.visible_to(request.user), show)
    if words:
        found = found.matching(words)
    page = page_of(found.with_open_pairs().for_pages(), request.GET)
    context = {
        "rows": [(image, state_of(image)) for image in page.images],
        "page": page,
        "labels": LABELS,
        "show": show,
        "words": words,
    }
    return render(request, "gallery/images.html", context)
