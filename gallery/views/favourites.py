"""The heart on an image's page, and the list of what somebody marked."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from gallery.errors import ReviewError
from gallery.models import Image
from gallery.review import details
from gallery.views.access import SignedIn, signed_in
from gallery.views.paging import page_of


@signed_in
@require_POST
def favourite(request: SignedIn, public_id: str) -> HttpResponse:
    """Mark an image or take the mark away. The page's script gets the heart back, a form is led to the image."""
    known = get_object_or_404(Image.objects.known_to(request.user), public_id=public_id)
    is_scripted = "HX-Request" in request.headers
    try:
        found = details.mark(known, request.user, favourite=request.POST.get("favourite") == "yes")
    except ReviewError:
        if is_scripted:  # it was removed or hidden meanwhile: the page itself says so
            return HttpResponse(headers={"HX-Refresh": "true"})
        raise
    if not is_scripted:
        return redirect("favourites" if request.POST.get("next") == "favourites" else found)
    if found.pk != known.pk:  # it was merged meanwhile
        return HttpResponse(headers={"HX-Redirect": found.get_absolute_url()})
    marked = Image.objects.with_marks(request.user).get(pk=found.pk)
    return render(request, "gallery/image.html#heart", {"image": marked})


@signed_in
@require_safe
def favourites(request: SignedIn) -> HttpResponse:
    """What this person marked and may still see, newest first."""
    marked = Image.objects.marked_by(request.user).shown_to(request.user).live()
    page = page_of(marked.for_pages(), request.GET)
    return render(request, "gallery/favourites.html", {"page": page})
