"""The policy in force. Changed in the admin, where a change is weighed first."""

from django.http import HttpRequest
from ninja import Router

from gallery.api.schemas import PolicyOut
from gallery.detection.policies import rules_of
from gallery.models import Policy

router = Router(tags=["policy"])


@router.get("", response=PolicyOut)
def policy(request: HttpRequest) -> PolicyOut:
    """The thresholds and rules that detection and review go by now."""
    found = Policy.objects.in_force()
    return PolicyOut(version=found.version, published_at=found.published_at, note=found.note, rules=rules_of(found))
