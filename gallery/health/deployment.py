"""``manage.py check --deploy``: settings that are dangerous on a site that others can reach, beside Django's own."""

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.db import DatabaseError

from gallery.conf import conf
from gallery.images import jail
from gallery.models import User

LEAST_SECRET = 50
LEAST_TOKEN = 16
MOST_SECONDS = 120
MOST_MEGABYTES = 8_000
MOST_MEGAPIXELS = 500
MOST_ATTEMPTS = 100
DEMO = {"lena", "mara", "jon", "ada"}
"""The accounts that ``manage.py create_demo`` makes, all of them at example.org."""


def _is_here(host: str | None) -> bool:
    """Whether an address is of this machine only."""
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def check_site() -> Iterator[CheckMessage]:
    if not settings.PRODUCTION:
        yield Warning(
            "PRODUCTION is not set: secrets and hosts are made up, cookies go over plain HTTP.",
            hint="Set PRODUCTION=true where others can reach the site.",
            id="gallery.W002",
        )
    if settings.DEBUG:
        yield Error("DEBUG is on: pages show settings and source.", hint="Set DEBUG=false.", id="gallery.E003")
    key = settings.SECRET_KEY
    if len(key) < LEAST_SECRET or len(set(key)) < 10:
        yield Error(
            "SECRET_KEY can be guessed: whoever does signs in as anybody.",
            hint=f"Set it to {LEAST_SECRET} or more random characters; .env.example says how to make one.",
            id="gallery.E004",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS lets any name through: links in pages can be made to lead elsewhere.",
            hint="Name the site's hosts, by commas.",
            id="gallery.E005",
        )
    if not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
        yield Warning(
            "HTTPS is off: sessions can be read on the way.",
            hint="Set HTTPS=true, and BEHIND_PROXY=true if a proxy ends TLS.",
            id="gallery.W006",
        )
    if any("*" in origin or origin.startswith("http:") for origin in settings.CSRF_TRUSTED_ORIGINS):
        yield Warning(
            "CSRF_TRUSTED_ORIGINS trusts forms of more pages than your own.",
            hint="Name full origins with https, without *.",
            id="gallery.W007",
        )
    if not 1 <= settings.AXES_FAILURE_LIMIT <= MOST_ATTEMPTS:
        yield Warning(
            f"LOGIN_ATTEMPTS is {settings.AXES_FAILURE_LIMIT}: passwords can be guessed.",
            hint="10 is usual.",
            id="gallery.W008",
        )


def check_neighbours() -> Iterator[CheckMessage]:
    database = settings.DATABASES["default"]
    if "sqlite3" in database["ENGINE"]:
        yield Warning(
            "The database is SQLite: one machine, one writer at a time.",
            hint="Set DATABASE_URL to a PostgreSQL.",
            id="gallery.W009",
        )
    elif not _is_here(database.get("HOST")) and not database.get("PASSWORD"):
        yield Warning(
            "The database is on another machine and asks for no password.",
            hint="Give DATABASE_URL a password.",
            id="gallery.W010",
        )
    broker = urlsplit(conf().redis_url)
    if not _is_here(broker.hostname) and not broker.password:
        yield Warning(
            "Redis is on another machine and asks for no password: whoever reaches it can stop the work.",
            hint="Set requirepass there, and REDIS_URL=redis://:password@host:6379/0",
            id="gallery.W011",
        )
    if conf().index == "memory":
        yield Error(
            "INDEX is memory: every process has one of its own, and it is gone with it.",
            hint="Set INDEX=milvus and MILVUS_URI.",
            id="gallery.E012",
        )
    elif _is_here(urlsplit(conf().milvus_uri).hostname):
        yield Warning(
            "MILVUS_URI names this machine. If that is the embedded server: it is good to about 100,000 images.",
            hint="Run a Milvus of its own, or silence this: SILENCED_CHECKS=gallery.W013",
            id="gallery.W013",
        )
    elif not conf().milvus_token:
        yield Warning(
            "Milvus is on another machine and asks nobody who they are.",
            hint="Set MILVUS_TOKEN, or silence this where nothing else reaches it: SILENCED_CHECKS=gallery.W014",
            id="gallery.W014",
        )


def check_files() -> Iterator[CheckMessage]:
    storages: dict[str, dict[str, Any]] = settings.STORAGES  # type: ignore[assignment]  # read as a literal of objects
    options = storages["default"].get("OPTIONS", {})
    public = [Path(settings.STATIC_ROOT), *(Path(folder) for folder in settings.STATICFILES_DIRS)]
    if "location" in options and any(Path(options["location"]).is_relative_to(folder) for folder in public):
        yield Error(
            "MEDIA_ROOT lies in a folder of static files: everybody gets every original.",
            hint="Put MEDIA_ROOT somewhere else.",
            id="gallery.E015",
        )
    if "location" in options or not options.get("querystring_auth"):
        yield Info(
            "Pictures go through the web process.",
            hint="Where browsers can reach the bucket, S3_SIGNED_ADDRESSES=true takes that off it.",
            id="gallery.I016",
        )
    elif not str(options.get("endpoint_url") or "https:").startswith("https:"):
        yield Warning(
            "Signed addresses of pictures go over plain HTTP: whoever reads one has the picture for minutes.",
            hint="Give S3_ENDPOINT_URL https.",
            id="gallery.W017",
        )
    if options.get("default_acl", "private") != "private":
        yield Error(
            "Files are put into the bucket for everybody to read.", hint="Keep default_acl private.", id="gallery.E018"
        )
    sources = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"]
    if any(source in ("*", "http:", "https:", "data:") or source.startswith("http:") for source in map(str, sources)):
        yield Warning(
            "CSP_IMG_SRC lets pages show pictures from anywhere.", hint="Name the store's origin.", id="gallery.W019"
        )


def check_limits() -> Iterator[CheckMessage]:
    if not 1 <= conf().decode_seconds <= MOST_SECONDS or not 1 <= conf().decode_memory_mb <= MOST_MEGABYTES:
        yield Warning(
            f"A decoder may take {conf().decode_seconds} s and {conf().decode_memory_mb} MB: few files stop the site.",
            hint="DECODE_SECONDS=20 and DECODE_MEMORY_MB=1500 are usual.",
            id="gallery.W020",
        )
    if conf().decoder_jail and (reason := jail.missing()):
        yield Error(
            f"DECODER_JAIL is set, but {reason}: uploads wait.",
            hint="Install it and allow it, or set DECODER_JAIL=false.",
            id="gallery.E025",
        )
    if conf().max_megapixels > MOST_MEGAPIXELS:
        yield Warning(
            f"UPLOAD_MAX_MEGAPIXELS is {conf().max_megapixels}: a picture of a few kilobytes fills the memory.",
            hint="50 is usual.",
            id="gallery.W021",
        )
    if conf().metrics_token and len(conf().metrics_token) < LEAST_TOKEN:
        yield Warning(
            "METRICS_TOKEN can be guessed: /metrics tells how the site is used.",
            hint=f"Set it to {LEAST_TOKEN} or more random characters, or to nothing: then only this machine may ask.",
            id="gallery.W022",
        )
    if conf().keep_absorbed_days < 1:
        yield Warning(
            "KEEP_ABSORBED_DAYS is below 1: merges can't be taken back whole.",
            hint="30 is usual.",
            id="gallery.W023",
        )


def check_accounts() -> Iterator[CheckMessage]:
    demo = User.objects.filter(username__in=DEMO, email__endswith="@example.org", is_active=True)
    try:
        names = sorted(demo.values_list("username", flat=True))
    except DatabaseError:  # the readiness page tells of it
        return
    if names:
        yield Warning(
            f"The demo accounts are still there: {', '.join(names)}.",
            hint="Deactivate them in the admin.",
            id="gallery.W024",
        )


CHECKS: Sequence[Callable[[], Iterator[CheckMessage]]] = (
    check_site,
    check_neighbours,
    check_files,
    check_limits,
    check_accounts,
)


@register(Tags.security, "dedup", deploy=True)
def check_deployment(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """All of them; ``manage.py check --deploy`` asks."""
    return [message for check in CHECKS for message in check()]
