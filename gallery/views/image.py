"""The page of one image: its picture, its facts, what became of it; and its owner's form."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery.models import Image, Pair, User
from gallery.models.image import ImageQuerySet
from gallery.review import removal
from gallery.review.belongings import Belongings
from gallery.views.access import SignedIn, signed_in
from gallery.views.appeals import absorbed_of, appeal_of
from gallery.views.details import DetailsForm
from gallery.views.history import events_of
from gallery.views.reveals import veiled
from gallery.views.states import rows_of, state_of

Standing = Image.Standing
SEE_ALSO = 12
LONGEST_REASON = 400


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What the person on the page may do with the image."""

    edit: bool
    remove: bool
    download: bool
    hold: bool

    @classmethod
    def of(cls, user: User, image: Image, *, contributes: bool = False) -> "Rights":
        """``contributes``: whether an image of theirs was merged into this one."""
        is_owner = image.owner_id == user.pk
        is_live = image.standing == Standing.LIVE
        return cls(
            edit=is_owner and is_live and image.is_kept,
            remove=is_live and (is_owner or user.may_override),
            download=is_owner or user.may_see_all_images or contributes,
            hold=removal.may_hold(user),
        )


def _known(request: SignedIn, public_id: str) -> Image:
    """:raises Http404: for an image that this person may not know of, exactly as for one that never was."""
    images = Image.objects.known_to(request.user).with_open_pairs().with_marks(request.user)
    shown = images.with_reveals(request.user, day=timezone.localdate()).for_pages()
    return get_object_or_404(shown, public_id=public_id)


@signed_in
@require_safe
def image(request: SignedIn, public_id: str) -> HttpResponse:
    """
    The page. A merged image leads to its keeper: 302 while the merge can be undone, 301 once it is final. A removed
    one is 410.
    """
    found = _known(request, public_id)
    if found.standing == Standing.MERGED:
        return _to_keeper(found)
    if found.standing == Standing.REMOVED:
        is_kept = found.file is not None and found.file.purged_at is None
        context = {
            "image": found,
            "is_owner": found.owner_id == request.user.pk,
            "is_kept": is_kept,
            "rights": Rights.of(request.user, found),
            "absorbed": absorbed_of(request.user, found),
            "new_id": uuid.uuid4(),
        }
        return render(request, "gallery/gone.html", context, status=410)
    return render(request, "gallery/image.html", _page_of(found, request.user))


def _page_of(found: Image, user: User) -> dict[str, Any]:
    """What the page of a live image shows to ``user``."""
    have = Belongings.of([found], kinds=("tags", "source_links", "contributors"))
    is_owner = found.owner_id == user.pk
    contributes = user.pk in have.ids("contributors", found)
    row = rows_of([found], user)[0] if is_owner else None
    return {
        "image": found,
        "twin": row.twin if row else None,
        "state": row.state if row else state_of(found),
        "rights": Rights.of(user, found, contributes=contributes),
        "is_theirs": is_owner or user.may_see_all_images,
        "is_owner": is_owner,
        "is_veiled": bool(veiled([found], user)),
        "events": events_of(found, user, is_theirs=is_owner or user.may_see_all_images or contributes),
        "absorbed": absorbed_of(user, found),
        "appeal": appeal_of(user, found) if is_owner else None,
        "see_also": _see_also(found, user),
        "tags": have.names("tags", found),
        "links": have.named("source_links", found.pk).values(),
        "albums": found.albums.filter(owner=user),
        "contributors": have.names("contributors", found) if is_owner or user.may_see_all_images else [],
    }


def _to_keeper(found: Image) -> HttpResponse:
    address = found.canonical.get_absolute_url()
    # The file that it would show again. After a merge with its own file that is the keeper's.
    can_be_undone = found.file is not None and found.file.purged_at is None
    return redirect(address) if can_be_undone else HttpResponsePermanentRedirect(address)


def _see_also(found: Image, user: User) -> ImageQuerySet:
    """Variants: what a moderator called related, as far as this person may see it, newest first."""
    related = Pair.objects.filter(state=Pair.State.RELATED)
    others = Q(pk__in=related.filter(left=found).values("right")) | Q(pk__in=related.filter(right=found).values("left"))
    return Image.objects.filter(others).shown_to(user).live().for_pages().newest_first()[:SEE_ALSO]


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def image_edit(request: SignedIn, public_id: str) -> HttpResponse:
    found = _known(request, public_id)
    if found.standing != Standing.LIVE:
        return redirect(found)
    _allow(request, found, allowed=Rights.of(request.user, found).edit)
    form = DetailsForm(request.POST or None, instance=found, owner=request.user)
    if request.method == "POST":
        if form.is_valid() and form.keep():
            messages.success(request, _("Saved."))
            return redirect(found)
        status = 409 if form.non_field_errors() else 422
        return render(request, "gallery/image_edit.html", {"image": found, "form": form}, status=status)
    return render(request, "gallery/image_edit.html", {"image": found, "form": form})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def image_remove(request: SignedIn, public_id: str) -> HttpResponse:
    """Asks first. A hold, or another rule, is answered with its sentence."""
    found = _known(request, public_id)
    if found.standing != Standing.LIVE:
        return redirect(found)
    _allow(request, found, allowed=Rights.of(request.user, found).remove)
    if request.method != "POST":
        return render(request, "gallery/image_remove.html", {"image": found})
    removal.remove(found, request.user, reason=request.POST.get("reason", "").strip()[:LONGEST_REASON])
    messages.success(request, _("“%(name)s” is removed.") % {"name": found.name})
    return redirect("uploads" if found.owner_id == request.user.pk else "images")


@signed_in
@require_POST
def image_restore(request: SignedIn, public_id: str) -> HttpResponse:
    """Put back what its owner removed, as long as the file is kept."""
    found = _known(request, public_id)
    if found.owner_id != request.user.pk:
        raise Http404
    removal.restore(found, request.user)
    messages.success(request, _("“%(name)s” is back.") % {"name": found.name})
    return redirect(found)


def _allow(request: SignedIn, found: Image, *, allowed: bool) -> None:
    """Those who may see everything are told that this is not theirs; to others there is nothing here."""
    if allowed:
        return
    if found.owner_id == request.user.pk or request.user.may_see_all_images:
        raise PermissionDenied
    raise Http404
