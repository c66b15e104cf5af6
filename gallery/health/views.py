"""/healthz, /readyz and /metrics."""

import hmac
import os

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector

from gallery.conf import conf
from gallery.health.gauges import FromSql
from gallery.health.neighbours import ask_all
from gallery.metrics import COUNTED

LOOPBACK = {"127.0.0.1", "::1"}


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers. Says nothing of the neighbours: restarting it would not help them."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Every neighbour, timed. 503 if one is down without which pages fail."""
    answers = ask_all()
    ready = all(answer.well for answer in answers if answer.needed)
    well = all(answer.well for answer in answers)
    response = JsonResponse(
        {
            "status": "ready" if well else "degraded" if ready else "unavailable",
            "neighbours": {
                answer.name: {
                    "well": answer.well,
                    "needed": answer.needed,
                    "milliseconds": answer.milliseconds,
                    **({"sentence": answer.sentence} if answer.sentence else {}),
                }
                for answer in answers
            },
        },
        status=200 if ready else 503,
    )
    if not ready:
        response["Retry-After"] = "5"
    return response


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """What is counted, for Prometheus. With a token if one is set, else for this machine only."""
    if conf().metrics_token:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {conf().metrics_token}".encode()):
            response = HttpResponse("Send METRICS_TOKEN as a bearer token.\n", status=401, content_type="text/plain")
            response["WWW-Authenticate"] = 'Bearer realm="metrics"'
            return response
    elif not _is_from_this_machine(request):
        return HttpResponse(
            "Metrics are given to this machine only. Set METRICS_TOKEN to read them from elsewhere.\n",
            status=403,
            content_type="text/plain",
        )
    return HttpResponse(_counted() + generate_latest(_from_sql()), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _is_from_this_machine(request: HttpRequest) -> bool:
    # A proxy on this machine also calls from loopback, for anybody; it says so.
    return request.META.get("REMOTE_ADDR") in LOOPBACK and "X-Forwarded-For" not in request.headers


def _from_sql() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(FromSql())
    return registry


def _counted() -> bytes:
    """The counters of all of this server's processes, or of this one where it is alone."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(COUNTED)
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # prometheus_client leaves it untyped
    return generate_latest(together)
