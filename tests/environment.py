"""
The environment of a test run, set before Django reads its settings: a pytest plugin, named in pyproject.toml.

Nothing of the developer's is used: not .env, not var/, not a server that happens to run.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

_BASE = "TESTS_BASE_DIR"

if _BASE not in os.environ:
    os.environ[_BASE] = tempfile.mkdtemp(prefix="dedup-tests-")

BASE_DIR = Path(os.environ[_BASE])
"""One folder a run; every parallel worker has its own var/ in it."""

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")

NOBODY = "127.0.0.1:9"
"""An address on which nobody listens: a test that needs a server asks for its fixture."""

for _name in ("SECRET_KEY", "PRODUCTION", "DEBUG", "HTTPS", "BEHIND_PROXY", "S3_BUCKET", "MEDIA_ROOT", "MILVUS_TOKEN"):
    os.environ.pop(_name, None)
os.environ.update(
    ENV_FILE=str(BASE_DIR / "no.env"),
    VAR_DIR=str(BASE_DIR / WORKER / "var"),
    REDIS_URL=f"redis://{NOBODY}/0",
    MILVUS_URI=f"http://{NOBODY}",
    INDEX="memory",
    # gRPC's own handlers run between fork and exec when a test that has talked to Milvus starts a server, and the
    # child hangs there now and then. No test uses gRPC after a bare fork.
    GRPC_ENABLE_FORK_SUPPORT="0",
)
# The web process warns of a folder of static files that is not there, and warnings are errors.
Path(os.environ["VAR_DIR"], "static").mkdir(parents=True, exist_ok=True)
if os.environ.get("DATABASE_URL", "").startswith("sqlite"):
    del os.environ["DATABASE_URL"]


def pytest_unconfigure(config: pytest.Config) -> None:
    """The run's folder goes with the run; the workers leave that to the process that started them."""
    del config
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(BASE_DIR, ignore_errors=True)
