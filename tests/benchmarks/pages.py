"""
How long pages take: ``python -m tests.servers postgres -- python -m tests.benchmarks.pages [--write FILE]``.

In a large library on PostgreSQL, each page asked for by somebody who is signed in, through every middleware, without
the network. Each time for another case, image or filter.
"""

import argparse
import itertools
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

from tests.benchmarks.timing import Times, milliseconds, table

if TYPE_CHECKING:
    from django.test import Client

    from gallery.models import Role, User

ROUNDS = 40
QUERIES = 12
SECONDS = 0.150
"""What no page may exceed: queries, and the 95th percentile of its time."""

ANSWERS = {"an answer", "an answer and the next case"}
"""These write, in one transaction and under locks: their time is held to the goal, not their queries."""


@dataclass(slots=True)
class Page:
    """One kind of page, its time and the most queries that it asked."""

    times: Times = field(default_factory=Times)
    queries: int = 0
    most: int | None = QUERIES

    @property
    def asks_little(self) -> bool:
        return self.most is None or self.queries <= self.most

    @property
    def is_quick(self) -> bool:
        return self.times.slow <= SECONDS


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.benchmarks.pages", description=__doc__)
    words.add_argument("--images", type=int, default=100_000)
    words.add_argument("--pairs", type=int, default=20_000, help="that are open; as many were decided")
    words.add_argument("--write", type=Path, help="the file with the section to write, else it is printed")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="dedup-pages-") as folder:
        _prepare(Path(folder))
        from tests.benchmarks import library, sections

        sys.stderr.write(f"{asked.images} images, {asked.pairs} open pairs…\n")
        library.build(images=asked.images, open_pairs=asked.pairs, decided=asked.pairs)
        found = measure()
        text = written(found, images=asked.images, pairs=asked.pairs)
        sections.put("pages", text, asked.write)
    slow = [name for name, page in found.items() if not (page.asks_little and page.is_quick)]
    if slow:
        sys.exit(f"More than {QUERIES} queries or {SECONDS * 1000:.0f} ms: {', '.join(slow)}")


def _prepare(folder: Path) -> None:
    """A site of our own on the PostgreSQL that the environment names."""
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        sys.exit("DATABASE_URL must name a PostgreSQL: start this by python -m tests.servers postgres -- …")
    os.environ.update(
        DJANGO_SETTINGS_MODULE="dedup_site.settings",
        ENV_FILE=str(folder / "no.env"),
        VAR_DIR=str(folder / "var"),
        INDEX="memory",
        LOG_LEVEL="ERROR",
        DEBUG="false",
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)


def measure() -> dict[str, Page]:
    """Ask for every page :data:`ROUNDS` times, and once more to count what it asks the database."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from gallery.models import Role, User
    from tests.benchmarks import library

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    people = {
        Role.MODERATOR: User.objects.get(username="moderator 1"),
        Role.SENIOR: library.person("senior", Role.SENIOR),
        Role.ADMIN: library.person("admin", Role.ADMIN),
        Role.UPLOADER: User.objects.get(username="person 7"),
    }
    User.objects.filter(username="admin").update(is_staff=True)
    found: dict[str, Page] = {}
    for name, (role, ask) in _visits().items():
        client = Client(SERVER_NAME="localhost")
        client.force_login(people[role])
        page = found[name] = Page(most=None if name in ANSWERS else QUERIES)
        for _first in range(2):  # loads templates and plans
            ask(client, people[role])
        for _round in range(ROUNDS):
            with page.times.measured():
                ask(client, people[role])
        for _round in range(3):
            with CaptureQueriesContext(connection) as asked:
                ask(client, people[role])
            page.queries = max(page.queries, sum(not _is_savepoint(query["sql"]) for query in asked.captured_queries))
    return found


def _is_savepoint(statement: str) -> bool:
    return statement.startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))


Visit = tuple["Role", "Callable[[Client, User], None]"]


def _visits() -> dict[str, Visit]:
    """Every page by a name that people know, with the role that asks for it."""
    from gallery.models import Case, Decision, Image, Role, User

    random_ = random.Random(1)
    others = User.objects.exclude(username="moderator 1")
    pairs_of_two = _shuffled(Case.objects.open().filter(size=2).values_list("pk", flat=True), random_)
    large = _shuffled(Case.objects.open().filter(size__gte=12).values_list("pk", flat=True), random_)
    decided = _shuffled(Decision.objects.filter(actor__in=others).values_list("pk", flat=True)[:2000], random_)
    images = _shuffled(Image.objects.values_list("public_id", flat=True), random_)
    mine = _shuffled(Image.objects.filter(owner__username="person 7").values_list("public_id", flat=True), random_)
    moderator, admin = Role.MODERATOR, Role.ADMIN
    return {
        "dashboard": (moderator, _get("/review/")),
        "dashboard of a senior": (Role.SENIOR, _get("/review/")),
        "case of two": (moderator, _get("/review/{}/", pairs_of_two)),
        "case of 12 or 30": (moderator, _get("/review/{}/", large)),
        "an answer": (moderator, _decide(pairs_of_two, follow=False)),
        "an answer and the next case": (moderator, _decide(pairs_of_two, follow=True)),
        "cases": (moderator, _get("/review/cases/")),
        "cases, filtered": (
            moderator,
            _get("/review/cases/?show=all&trait=grey&signal=geometry&least=0.6&age=over-week"),
        ),
        "cases of a person": (moderator, _get("/review/cases/?show=all&owner=person+{}", iter(range(1, 400)))),
        "decisions of all": (moderator, _get("/decisions/?whose=all")),
        "own decisions": (moderator, _get("/decisions/")),
        "a decision": (moderator, _get("/decisions/{}/", decided)),
        "verdicts": (moderator, _get("/verdicts/")),
        "images": (moderator, _get("/images/")),
        "images, searched by words": (moderator, _get("/images/?q=Photograph+{}", iter(range(40_000, 90_000, 7)))),
        "images that may be copies": (moderator, _get("/images/?show=copies")),
        "an image": (moderator, _get("/i/{}/", images)),
        "own image": (Role.UPLOADER, _get("/i/{}/", mine)),
        "my uploads": (Role.UPLOADER, _get("/uploads/")),
        "upload": (Role.UPLOADER, _get("/upload/")),
        "bulk jobs": (moderator, _get("/review/bulk/")),
        "admin: pairs": (admin, _get("/admin/gallery/pair/")),
        "admin: images": (admin, _get("/admin/gallery/image/")),
        "admin: policies": (admin, _get("/admin/gallery/policy/")),
    }


def _shuffled(found: Iterable[Any], random_: random.Random) -> Iterator[Any]:
    rows = list(found)
    random_.shuffle(rows)
    return itertools.cycle(rows)


def _get(address: str, whats: Iterator[Any] | None = None) -> "Callable[[Client, User], None]":
    def ask(client: "Client", _user: "User") -> None:
        path = address.format(next(whats)) if whats else address
        answer = client.get(path)
        if answer.status_code != 200:
            sys.exit(f"{path} answered {answer.status_code}")

    return ask


def _decide(cases: Iterator[Any], *, follow: bool) -> "Callable[[Client, User], None]":
    """Answer a case with "different", and follow to the next one."""

    def ask(client: "Client", _user: "User") -> None:
        import uuid

        case = next(cases)
        form = {"decision_id": uuid.uuid4(), "seen_version": 1}  # nobody has changed these
        answer = client.post(f"/review/{case}/different/", form, follow=follow)
        if answer.status_code != (200 if follow else 302):
            sys.exit(f"case {case} was not decided: {answer.status_code}")

    return ask


def _missed(found: dict[str, Page]) -> str:
    """Which pages are beyond the goal, in words."""
    slow = [name for name, page in found.items() if not page.is_quick]
    asking = [name for name, page in found.items() if not page.asks_little]
    told = [f"slower: {', '.join(slow)}"] * bool(slow) + [f"more queries: {', '.join(asking)}"] * bool(asking)
    return "; ".join(told) or "nothing"


def written(found: dict[str, Page], *, images: int, pairs: int) -> str:
    """The section of docs/benchmarks.md."""
    rows = [
        [name, milliseconds(page.times.median), milliseconds(page.times.slow), str(page.queries)]
        for name, page in found.items()
    ]
    return f"""## Pages of a large library

{images:,} images, {pairs:,} open pairs and as many decided ones in PostgreSQL; each page {ROUNDS} times, each
time another case, image or filter, through every middleware and without a network. The goal is at most {QUERIES}
queries and {SECONDS * 1000:.0f} ms at the 95th percentile. An answer is no page: its queries are one transaction under
locks; with the next case it is two requests.
Beyond it: {_missed(found)}.

{table(("page", "median ms", "95th percentile ms", "queries"), rows)}
"""


if __name__ == "__main__":
    main()
