"""The sha256 of an upload, without an image library: the web process computes it."""

import hashlib

from django.core.files.base import File


def sha256_of(content: "File[bytes]") -> str:
    """Of the whole of ``content``, in 64 hexadecimal digits, a megabyte at a time."""
    digest = hashlib.sha256()
    content.seek(0)
    for block in content.chunks(1 << 20):
        digest.update(block)
    content.seek(0)
    return digest.hexdigest()
