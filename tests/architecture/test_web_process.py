"""The web process stays light: it hands pictures and vectors over and never touches them."""

import os
import subprocess
import sys

HEAVY = ["torch", "torchvision", "onnxruntime", "pymilvus", "milvus_lite"]
DECODERS = ["PIL", "cv2", "pillow_heif", "pdqhash"]
"""The web process must not even be able to decode what people send it."""

PROGRAM = """
import sys
import django
django.setup()
from django.urls import get_resolver
from django.urls.resolvers import URLPattern
def visit(found):
    for entry in found.url_patterns:
        if isinstance(entry, URLPattern):
            entry.callback
        else:
            visit(entry)
visit(get_resolver())
from dedup_site.wsgi import application
print(" ".join(name for name in sys.argv[1:] if name in sys.modules))
"""


def loaded_by_the_web(names: list[str]) -> list[str]:
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, *names],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "dedup_site.settings"},
    )
    return found.stdout.split()


def test_the_web_loads_no_network_and_no_milvus_client() -> None:
    assert loaded_by_the_web(HEAVY) == []


def test_the_web_loads_no_image_decoder() -> None:
    assert loaded_by_the_web(DECODERS) == []
