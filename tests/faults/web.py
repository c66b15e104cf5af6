"""The web process of a site in a test, and a program that uploads to it."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests import servers

THREADS = 4
LONGEST_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """What an upload was answered, and after how many seconds."""

    status: int
    seconds: float
    retry_after: str
    image: str
    """Its public id, of an upload that was taken."""


@dataclass(frozen=True, slots=True)
class Web:
    """A site that answers, and the token of somebody who may upload."""

    port: int
    token: str

    def upload(self, content: bytes) -> Answer:
        boundary = uuid.uuid4().hex
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="photo.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        ).encode() + content
        body += f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        }
        since = time.monotonic()
        connection = HTTPConnection(servers.HOST, self.port, timeout=LONGEST_SECONDS)
        try:
            connection.request("POST", "/api/images", body, headers)
            response = connection.getresponse()
            said = response.read()
        finally:
            connection.close()
        taken = json.loads(said)["results"][0]["image"] if response.status in (200, 202) else ""
        return Answer(response.status, time.monotonic() - since, response.headers.get("Retry-After", ""), taken)


def manage(environment: Mapping[str, str], *words: str) -> str:
    """What ``manage.py`` says on the site that ``environment`` describes."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        env={**os.environ, **environment},
        cwd=servers.ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@contextmanager
def web(folder: Path, environment: Mapping[str, str], *, token: str) -> Iterator[Web]:
    """The site that ``environment`` describes, served as in production."""
    port = servers.free_port()
    command = [sys.executable, "-m", "gunicorn", "dedup_site.wsgi", "--bind", f"{servers.HOST}:{port}"]
    command += ["--workers", "1", "--threads", str(THREADS), "--no-control-socket"]
    log = folder / "web.log"
    with servers.running(command, log=log, ready=lambda: servers.answers(port), environment=environment):
        yield Web(port, token)
