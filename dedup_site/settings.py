"""
Settings: from the environment only, failing early. Every variable is described in .env.example.

With nothing set this is a development site: SQLite, local media, Redis and Milvus on loopback. A production site
sets DEBUG=false (the default when SECRET_KEY is given) and refuses to start without its secrets.
"""

import logging
import secrets
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from dedup_site import logs

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=False)
PRODUCTION = env.bool("PRODUCTION", default=False)


def _secret_key() -> str:
    """The key given, or for a site that is not in production one of its own, kept beside its data."""
    given: str = env.str("SECRET_KEY", default="")
    if given:
        return given
    if PRODUCTION:
        raise ImproperlyConfigured("PRODUCTION is set and SECRET_KEY is not. Set it to 50 or more random characters.")
    kept = VAR_DIR / "secret_key"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(50))
    return kept.read_text()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"])
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("PRODUCTION is set and ALLOWED_HOSTS is not. Name the site's hosts, by commas.")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_NAME = env.str("SITE_NAME", default="dedup")
SILENCED_SYSTEM_CHECKS = env.list("SILENCED_CHECKS", default=[])

INSTALLED_APPS = [
    "gallery",
    "dedup_site.apps.SiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "axes",
    "csp",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "django_structlog",
]

MIDDLEWARE = [
    "gallery.health.requests.CountRequests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "gallery.views.middleware.AnswerDomainErrors",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "dedup_site.urls"
WSGI_APPLICATION = "dedup_site.wsgi.application"

_LOADERS: list[object] = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "builtins": ["template_partials.templatetags.partials"],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    _LOADERS if DEBUG else [("django.template.loaders.cached.Loader", _LOADERS)],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "gallery.views.context.site",
            ],
        },
    }
]

# --- Database -------------------------------------------------------------------------------------------------------

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'dedup.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock at the start of a transaction: two writers queue instead of failing in the
    # middle with "database is locked". WAL lets readers go on meanwhile.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People ---------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "gallery.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "dedup_site.authentication.OneQueryBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = env.int("LOGIN_ATTEMPTS", default=10)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False

# --- Storage --------------------------------------------------------------------------------------------------------

S3_BUCKET = env.str("S3_BUCKET", default="")
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
if S3_BUCKET:
    _DEFAULT_STORAGE: dict[str, object] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": env.str("S3_ENDPOINT_URL", default="") or None,
            "access_key": env.str("S3_ACCESS_KEY", default="") or None,
            "secret_key": env.str("S3_SECRET_KEY", default="") or None,
            "region_name": env.str("S3_REGION", default="us-east-1"),
            "addressing_style": env.str("S3_ADDRESSING_STYLE", default="auto"),
            "default_acl": "private",
            "file_overwrite": True,  # keys are ours and deterministic; writing one again is the same write
            # Pictures go through the site unless browsers can reach the store: inside Compose they can not.
            "querystring_auth": env.bool("S3_SIGNED_ADDRESSES", default=False),
            "querystring_expire": 300,
            "signature_version": "s3v4",
        },
    }
    STORAGE_CONNECT_TIMEOUT = 2
    STORAGE_READ_TIMEOUT = 3  # twice, and the pause before the second attempt: an answer within ten seconds
    from botocore.config import Config as _S3Config

    # Without this a hung store blocks a request for 75 seconds.
    _DEFAULT_STORAGE["OPTIONS"]["client_config"] = _S3Config(  # type: ignore[index]  # a literal dict above
        connect_timeout=STORAGE_CONNECT_TIMEOUT,
        read_timeout=STORAGE_READ_TIMEOUT,
        retries={"max_attempts": 1},
        signature_version="s3v4",
        s3={"addressing_style": env.str("S3_ADDRESSING_STYLE", default="auto")},
    )
else:
    _DEFAULT_STORAGE = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(MEDIA_ROOT), "allow_overwrite": True},
    }
STORAGES = {
    "default": _DEFAULT_STORAGE,
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# --- What an upload may be ------------------------------------------------------------------------------------------

UPLOAD_MAX_MB = env.int("UPLOAD_MAX_MB", default=25)
UPLOAD_MAX_FILES = env.int("UPLOAD_MAX_FILES", default=100)
DATA_UPLOAD_MAX_NUMBER_FILES = UPLOAD_MAX_FILES + 1  # ours is checked first, so that it can name the limit
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # forms without their files
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # larger files go to disk while they arrive
FILE_UPLOAD_HANDLERS = [
    "gallery.views.receiving.KeepNoMoreThanTaken",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_TEMP_DIR = env.str("UPLOAD_TEMP_DIR", default="") or None

# --- The broker -----------------------------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL
# A result backend on Redis makes .delay() block for 19 s while Redis is down. Results live in SQL.
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
# A task may run twice and is idempotent; it must not be lost with its worker.
CELERY_TASK_ACKS_LATE = True
# Left off: an image that crashes the decoder would be redelivered for ever. The sweeper counts attempts instead.
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_TIME_LIMIT = 540  # below visibility_timeout, or a slow task runs twice in parallel
CELERY_TASK_SOFT_TIME_LIMIT = 480
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.int("WORKER_MAX_MEMORY_MB", default=3000) * 1024
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.1}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    # kombu looks for unacknowledged messages every interval × throttle seconds: 100 s by default.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # The web process waits a second for Redis, a worker blocks in BRPOP and may take longer.
    "socket_timeout": env.float("REDIS_SOCKET_TIMEOUT", default=1.0),
    "socket_connect_timeout": 1,
    "health_check_interval": 10,
    # How often kombu itself tries to connect before it gives up; unset it goes on for six seconds.
    "max_retries": 1,
    "interval_start": 0,
    "interval_max": 0.1,
}
CELERY_TASK_DEFAULT_QUEUE = "work"
CELERY_TASK_ROUTES = {
    "gallery.verify": {"queue": "verify"},
    "gallery.sweep": {"queue": "sweep"},
    "gallery.selftest": {"queue": "verify"},
}
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "gallery.sweep",
        "schedule": env.float("SWEEP_SECONDS", default=2.0),
        "options": {"expires": 10},
    },
    "check_index": {"task": "gallery.check_index", "schedule": 60.0, "options": {"expires": 50}},
    "purge": {"task": "gallery.purge", "schedule": 3600.0, "options": {"expires": 1800}},
    "selftest": {
        "task": "gallery.selftest",
        "schedule": crontab(hour="3", minute="20"),
        "options": {"expires": 3600},
    },
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

# --- Ours (read through gallery.conf and nowhere else) ---------------------------------------------------------------

DEDUP = {
    "site_name": SITE_NAME,
    "var_dir": VAR_DIR,
    "max_upload_bytes": UPLOAD_MAX_MB * 1024 * 1024,
    "max_files": UPLOAD_MAX_FILES,
    "max_megapixels": env.int("UPLOAD_MAX_MEGAPIXELS", default=50),
    "uploads_per_hour": env.int("UPLOADS_PER_HOUR", default=2000),
    "redis_url": REDIS_URL,
    "index": env.str("INDEX", default="milvus"),
    "milvus_uri": env.str("MILVUS_URI", default="http://127.0.0.1:19530"),
    "milvus_token": env.str("MILVUS_TOKEN", default=""),
    "milvus_prefix": env.str("MILVUS_PREFIX", default="img_"),
    "milvus_timeout": env.float("MILVUS_TIMEOUT", default=10.0),
    "model_dir": Path(env.str("MODEL_DIR", default=str(VAR_DIR / "models"))),
    "device": env.str("DEVICE", default="auto"),
    "ingest_batch": env.int("INGEST_BATCH", default=16),
    "search_batch": env.int("SEARCH_BATCH", default=64),
    "work_lease_seconds": env.int("WORK_LEASE_SECONDS", default=120),
    "case_lease_seconds": env.int("CASE_LEASE_SECONDS", default=600),
    "keep_absorbed_days": env.int("KEEP_ABSORBED_DAYS", default=30),
    "decode_seconds": env.int("DECODE_SECONDS", default=20),
    "decode_memory_mb": env.int("DECODE_MEMORY_MB", default=1500),
    "decoder_jail": env.bool("DECODER_JAIL", default=False),
    "concealment": env.str("CONCEALMENT", default="none", choices=("none", "grey", "blur")),
    "metrics_token": env.str("METRICS_TOKEN", default=""),
}

# --- Transport and headers ------------------------------------------------------------------------------------------

HTTPS = env.bool("HTTPS", default=PRODUCTION)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
SECURE_SSL_REDIRECT = HTTPS and not env.bool("BEHIND_PROXY", default=False)
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "blob:", *env.list("CSP_IMG_SRC", default=[])],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Words and time -------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True

# --- Logs -----------------------------------------------------------------------------------------------------------

LOG_FORMAT = env.str("LOG_FORMAT", default="json" if PRODUCTION else "console")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING_CONFIG = None  # configured at once, so that a failure further down is written in the same form
logs.configure(LOG_FORMAT, LOG_LEVEL)
DJANGO_STRUCTLOG_CELERY_ENABLED = True  # a task carries the id of the request that caused it
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG  # the line that a request is finished says it all
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # who it was is in the audit chain; addresses are nobody's business
