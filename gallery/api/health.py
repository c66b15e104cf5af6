"""Whether the site's neighbours answer. For orchestrators there is /readyz, which needs no account."""

from dataclasses import asdict

from django.http import HttpRequest
from ninja import Router

from gallery.api.schemas import HealthOut, NeighbourOut
from gallery.health.neighbours import ask_all

router = Router(tags=["health"])


@router.get("", response=HealthOut)
def health(request: HttpRequest) -> HealthOut:
    """Every neighbour, timed."""
    return HealthOut(neighbours=[NeighbourOut(**asdict(answer)) for answer in ask_all()])
