"""The tuning page: move a threshold, see what it would do, publish or not."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gallery.admin.figures import figures
from gallery.admin.tuning_form import TuningForm
from gallery.detection import policies
from gallery.detection.weighing import weigh
from gallery.errors import PolicyError
from gallery.models import Policy, User

PAGE = "admin/gallery/policy/tuning.html"
RESTORE_PAGE = "admin/gallery/policy/restore.html"


def tuning_page(request: HttpRequest, draft: Policy, by: User, *, context: dict[str, Any]) -> HttpResponse:
    """
    Show ``draft`` and what it would do; with a POST first do what its button says.

    ``do`` is *preview* (changes nothing, also what the page's script asks for), *keep*, *publish* or *discard*.
    Thresholds that make no sense are answered with 422 and change nothing.
    """
    current = Policy.objects.in_force()
    form = TuningForm(request.POST or None, instance=draft, current=current)
    context |= {"form": form, "draft": draft, "current": current}
    if request.method == "POST":
        try:
            done = _act(request, form, by)
        except PolicyError as error:
            form.add_error(None, str(error))
        else:
            if done:
                return done
        if form.errors:
            return _answer(request, context, status=422)
    context["figures"] = figures(weigh(form.instance, current), form.instance, current)
    return _answer(request, context, status=200)


def _act(request: HttpRequest, form: TuningForm, by: User) -> HttpResponse | None:
    """Do what the button says. None if the page is to be shown again."""
    do = request.POST.get("do", "preview")
    if do == "discard":
        policies.discard(form.instance, by)
        messages.success(request, _("The draft is discarded. Nothing else changed."))
        return HttpResponseRedirect(reverse("admin:gallery_policy_changelist"))
    if not form.is_valid():
        return None
    draft: Policy = form.instance
    if do == "publish":
        return _told(request, policies.publish(draft, by, draft.note, seen=_seen(request)))
    policies.check(draft)
    if do == "keep":
        policies.keep(draft)
        messages.success(request, _("The draft is kept as it is. It has no effect until it is published."))
        return HttpResponseRedirect(request.path)
    return None


def _answer(request: HttpRequest, context: dict[str, Any], *, status: int) -> HttpResponse:
    partial = request.headers.get("HX-Request") == "true"
    return render(request, f"{PAGE}#answer" if partial else PAGE, {**context, "partial": partial}, status=status)


def restore_page(request: HttpRequest, policy: Policy, by: User, *, context: dict[str, Any]) -> HttpResponse:
    """What restoring ``policy`` would do; with a POST it is done, with the reason given."""
    current = Policy.objects.in_force()
    problem, note = "", _("Restores %(policy)s.") % {"policy": policy}
    if request.method == "POST":
        note = request.POST.get("note", "")
        try:
            return _told(request, policies.restore(policy, by, note, seen=_seen(request)))
        except PolicyError as error:
            problem = str(error)
    found = figures(weigh(policy, current), policy, current)
    changes = [
        (Policy._meta.get_field(name).verbose_name, before, after)  # type: ignore[union-attr]  # never a relation
        for name, (before, after) in policies.changes(current, policy).items()
    ]
    context |= {"policy": policy, "current": current, "figures": found, "problem": problem, "note": note}
    return render(request, RESTORE_PAGE, {**context, "changes": changes}, status=422 if problem else 200)


def _seen(request: HttpRequest) -> int | None:
    """The version in force that was on screen."""
    seen = request.POST.get("seen", "")
    return int(seen) if seen.isdecimal() else None


def _told(request: HttpRequest, policy: Policy) -> HttpResponseRedirect:
    messages.success(
        request, _("Policy %(policy)s is in force. Pairs are sorted anew in the background.") % {"policy": policy}
    )
    return HttpResponseRedirect(reverse("admin:gallery_policy_changelist"))
