"""One's own albums: all of them, and what is in one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery.errors import DetailsError
from gallery.models import Album, Image
from gallery.review import albums as keeping
from gallery.views.access import SignedIn, signed_in
from gallery.views.paging import page_of


@signed_in
@require_safe
def albums(request: SignedIn) -> HttpResponse:
    """All of them: one keeps a hundred at most."""
    marked = Image.objects.marked_by(request.user).shown_to(request.user).live()
    context = {"albums": request.user.albums.with_counts(), "favourite_count": marked.count()}
    return render(request, "gallery/albums.html", context)


def _own(request: SignedIn, album_id: int) -> Album:
    """:raises Http404: for somebody else's, exactly as for one that never was."""
    return get_object_or_404(request.user.albums, pk=album_id)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def album(request: SignedIn, album_id: int) -> HttpResponse:
    """What is in one, newest first. A POST gives it another name."""
    found, problem = _own(request, album_id), ""
    name = request.POST.get("name", found.name)
    if request.method == "POST":
        try:
            keeping.rename(found, request.user, name=name)
        except DetailsError as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("album", found.pk)
    images = Image.objects.filter(albums=found).shown_to(request.user).live()
    context = {"album": found, "page": page_of(images.for_pages(), request.GET), "problem": problem, "name": name}
    return render(request, "gallery/album.html", context, status=DetailsError.status if problem else 200)


@signed_in
@require_POST
def delete(request: SignedIn, album_id: int) -> HttpResponse:
    found = _own(request, album_id)
    keeping.delete(found, request.user)
    messages.success(request, _("The album “%(name)s” is deleted; its images stay.") % {"name": found.name})
    return redirect("albums")


@signed_in
@require_POST
def take_out(request: SignedIn, album_id: int) -> HttpResponse:
    """Take the image named in the form out of the album."""
    found = _own(request, album_id)
    image = get_object_or_404(Image.objects.filter(albums=found), public_id=request.POST.get("image", ""))
    keeping.take_out(image, found, request.user)
    messages.success(request, _("“%(image)s” is out of the album.") % {"image": image.name})
    return redirect("album", found.pk)
