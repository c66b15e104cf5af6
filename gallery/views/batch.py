"""A batch on one page: what it is, what an answer to all of it would do, and the button that sends it."""

import uuid
from dataclasses import dataclass

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gallery.detection.batches import steps_from
from gallery.detection.groups import Group
from gallery.errors import ReviewError
from gallery.models import Case, Image
from gallery.review import batch_jobs, batches, bulk_rules, reasons
from gallery.review.actions import Action
from gallery.review.batch_jobs import Seen
from gallery.review.batches import Sorted
from gallery.views.access import SignedIn, moderating
from gallery.views.bulk import uuid_of

SHOWN = 8
"""Pictures to choose the keeper from, and as many of those that are least sure to be the same."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """
    What is asked, and what would be done.

    ``far`` are the pictures that most pairs lie between and the keeper (without one, the oldest), with that number;
    ``count`` is how many an answer is about.
    """

    batch: Group
    actions: list[Action]
    action: Action
    keepers: list[Image]
    keeper: Image | None
    found: Sorted
    far: list[tuple[Image, int]]

    @property
    def size(self) -> int:
        return len(self.batch.images)

    @property
    def is_merge(self) -> bool:
        return self.action.name == batches.MERGE

    @property
    def count(self) -> int:
        free = self.found.free
        if not self.is_merge:
            return len(free)
        return len(free) - 1 if self.keeper and self.keeper.pk in free else 0


@moderating
@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: SignedIn, case_id: int) -> HttpResponse:
    """All copies of one picture, and one answer to them."""
    case = get_object_or_404(Case.objects.open(), pk=case_id)
    if request.method == "POST":
        return _send(request, case)
    return _page(request, case, request.GET)


def _send(request: SignedIn, case: Case) -> HttpResponse:
    form = request.POST
    keeper = Image.objects.filter(public_id=form.get("keeper", "")).values_list("pk", flat=True).first()
    try:
        job = batch_jobs.start(
            request.user,
            case,
            job_id=uuid_of(form.get("job_id", "")),
            action=form.get("action", ""),
            seen=form.get("seen", ""),
            keeper=keeper,
            reason=form.get("reason", ""),
            note=form.get("note", ""),
        )
    except ReviewError as refusal:
        return _page(request, case, form, refusal=str(refusal), status=refusal.status)
    return redirect(job)


def _page(request: SignedIn, case: Case, asked: QueryDict, *, refusal: str = "", status: int = 200) -> HttpResponse:
    found = batches.of(case)
    if found is None:
        return redirect("case", case.pk)
    sight = sight_of(request, found, asked)
    if not refusal and sight.count < 1:
        refusal = _("All of these are left to somebody else for now.")
    context = {
        "case": case,
        "sight": sight,
        "left_out": [(bulk_rules.label_of(code), len(images)) for code, images in sight.found.left.items()],
        "seen": Seen.of(found),
        "reasons": reasons.REASONS[sight.action.name],
        "reason": asked.get("reason", ""),
        "note": asked.get("note", ""),
        "job_id": uuid.uuid4(),
        "refusal": refusal,
    }
    return render(request, "gallery/batch.html", context, status=status)


def sight_of(request: SignedIn, found: Group, asked: QueryDict) -> Sight:
    """What ``asked`` names, the suggestions where it names nothing that is there."""
    user, images = request.user, sorted(found.images)
    actions = batches.offered(images)
    action = next((one for one in actions if one.name == asked.get("action")), actions[0])
    staying, candidates = None, list[Image]()
    if action.name == batches.MERGE:
        candidates = batches.keepers(images, user)[:SHOWN]
        named = (one for one in candidates if one.public_id == asked.get("keeper"))
        staying = next(named, candidates[0]) if candidates else None
    return Sight(
        batch=found,
        actions=actions,
        action=action,
        keepers=candidates,
        keeper=staying,
        found=batches.sorted_out(images, user, action=action.name, keeper=staying),
        far=_far(found, staying.pk if staying else images[0]),
    )


def _far(found: Group, image: int) -> list[tuple[Image, int]]:
    steps = steps_from(image, found)
    last = list(steps)[: -SHOWN - 1 : -1]
    shown = Image.objects.select_related("file").in_bulk(last)
    return [(shown[pk], steps[pk]) for pk in last if pk in shown and pk != image]
