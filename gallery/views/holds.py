"""Legal holds: set and lifted by seniors and admins, with a reason."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gallery.errors import RuleBroken
from gallery.models import AuditEntry, Image
from gallery.review import removal
from gallery.views.access import SignedIn, signed_in

LONGEST_REASON = 400


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def image_hold(request: SignedIn, public_id: str) -> HttpResponse:
    """Asks for the reason first. Also for what was removed: its file is still kept for a while."""
    if not request.user.may_see_all_images:
        raise Http404
    if not removal.may_hold(request.user):
        raise PermissionDenied
    found = get_object_or_404(Image.objects.for_pages(), public_id=public_id)
    problem, reason = "", request.POST.get("reason", "")[:LONGEST_REASON]
    if request.method == "POST":
        held = request.POST.get("held") == "yes"
        try:
            removal.hold(found, request.user, held=held, reason=reason)
        except RuleBroken as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("The legal hold is set.") if held else _("The legal hold is lifted."))
            return redirect(found.canonical)
    context = {"image": found, "problem": problem, "reason": reason, "entry": _entry_of(found)}
    return render(request, "gallery/image_hold.html", context, status=RuleBroken.status if problem else 200)


def _entry_of(image: Image) -> AuditEntry | None:
    """Who set the hold, and why."""
    if not image.held:
        return None
    return AuditEntry.objects.filter(verb="image.hold", subject=f"image {image.public_id}").first()
