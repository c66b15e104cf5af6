"""Sensitive pictures are blurred until somebody asks to see one; who asked is kept."""

from collections.abc import Iterable, Sequence

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from gallery.models import Case, Image, Reveal, User
from gallery.views.access import SignedIn, reviewing, signed_in


def veiled(images: Sequence[Image], user: User) -> set[int]:
    """
    The sensitive ones of ``images``, which come with ``is_revealed``, that ``user`` neither owns nor saw today.
    """
    marked = [image for image in images if image.sensitive and image.owner_id != user.pk]
    return {image.pk for image in marked if not getattr(image, "is_revealed", False)}


def lift(images: Iterable[Image], user: User) -> None:
    """Let ``user`` see those of ``images`` that are sensitive, for today."""
    marked = [image for image in images if image.sensitive and image.owner_id != user.pk]
    Reveal.objects.note(marked, user, day=timezone.localdate())


@signed_in
@require_POST
def reveal(request: SignedIn, public_id: str) -> HttpResponse:
    """Show one picture, on its page."""
    found = get_object_or_404(Image.objects.shown_to(request.user), public_id=public_id)
    lift([found], request.user)
    return redirect(found)


@reviewing
@require_POST
def case_reveal(request: SignedIn, case_id: int) -> HttpResponse:
    """Show the pictures of a case, which stays as it was on screen."""
    found = get_object_or_404(Case, pk=case_id)
    lift(Image.objects.filter(memberships__case=found, memberships__live=True), request.user)
    query = request.GET.urlencode()
    return redirect(f"{reverse('case', args=[found.pk])}{'?' if query else ''}{query}")
