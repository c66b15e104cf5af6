"""
The deployment's settings, typed. The only reader of ``settings.DEDUP``.

Thresholds are not here: they are the policy, rows that admins edit.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed


@dataclass(frozen=True, kw_only=True)
class Conf:
    """What a deployment chooses. Sizes are in bytes, times in seconds unless the name says otherwise."""

    site_name: str
    var_dir: Path
    max_upload_bytes: int
    max_files: int
    max_megapixels: int
    uploads_per_hour: int
    redis_url: str
    index: str
    milvus_uri: str
    milvus_token: str
    milvus_prefix: str
    milvus_timeout: float
    model_dir: Path
    device: str
    ingest_batch: int
    search_batch: int
    work_lease_seconds: int
    case_lease_seconds: int
    keep_absorbed_days: int
    decode_seconds: int
    decode_memory_mb: int
    decoder_jail: bool
    concealment: str
    metrics_token: str

    @property
    def max_pixels(self) -> int:
        return self.max_megapixels * 1_000_000


@cache
def conf() -> Conf:
    """The settings in force."""
    return Conf(**settings.DEDUP)


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "DEDUP":
        conf.cache_clear()


setting_changed.connect(_forget, dispatch_uid="gallery.conf")
