"""The API put together, and its description."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from gallery.api import appeals, cases, decisions, details, dissents, health, images, policy, verdicts
from gallery.api.problems import answer_in_one_shape, problem
from gallery.api.signing_in import SIGNED_IN

api = NinjaAPI(
    title="dedup",
    version="1",
    description="Upload images, review near-duplicates, decide. Every problem is application/problem+json.",
    auth=SIGNED_IN,
    docs_url=None,  # its pages load scripts from elsewhere
    urls_namespace="api",
)
answer_in_one_shape(api)
api.add_router("/images", images.router)
api.add_router("/images", details.router)
api.add_router("/albums", details.albums_router)
api.add_router("/cases", cases.router)
api.add_router("/decisions", decisions.router)
api.add_router("/verdicts", verdicts.router)
api.add_router("/dissents", dissents.router)
api.add_router("/appeals", appeals.router)
api.add_router("/policy", policy.router)
api.add_router("/health", health.router)


def docs(request: HttpRequest) -> HttpResponse:
    """Every operation on one page, from the same description that programs read."""
    described = api.get_openapi_schema()
    operations = [
        {
            "method": method.upper(),
            "path": path,
            **operation,
            "paragraphs": _paragraphs(operation.get("description") or operation["summary"]),
            "schema_names": _bodies(operation),
        }
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    return render(request, "gallery/api.html", {"operations": operations, "described": described["info"]})


@csrf_exempt
def nowhere(request: HttpRequest, rest: str) -> HttpResponse:
    """Whatever else begins with /api/, for programs that mistyped an address."""
    return problem(404, "not_found", f"There is no /api/{rest} here. All addresses are on /api/docs.")


def _paragraphs(description: str) -> list[str]:
    """A docstring as prose: its lines are broken for the source's sake."""
    return [" ".join(paragraph.split()).replace("``", "") for paragraph in description.split("\n\n")]


def _bodies(operation: dict[str, Any]) -> list[str]:
    """The names of what goes in, for the page."""
    content = operation.get("requestBody", {}).get("content", {})
    return [
        kind["schema"].get("title") or kind["schema"].get("$ref", "").rsplit("/", 1)[-1] for kind in content.values()
    ]
