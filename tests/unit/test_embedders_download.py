"""Weights are downloaded from a real server, whole or not at all."""

import hashlib
import random
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from gallery.embedders.download import adopt, download
from gallery.embedders.weights import WeightsFile
from gallery.errors import ModelMissing

CONTENT = random.Random(7).randbytes(3_000_000)


class FileServer(ThreadingHTTPServer):
    """Serves one file with ranges; can be told to hang up in the middle."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = CONTENT
        self.hang_up_after: list[int] = []  # for each of the next requests: bytes sent before the connection breaks
        self.status_next: list[int] = []
        self.ranges: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/weights.bin"

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.ranges.append(wanted)
        if self.server.status_next:
            self.send_error(self.server.status_next.pop(0))
            return
        body = self.server.content
        start = 0
        if wanted and self.headers.get("If-Range") == self.server.etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.send_header("ETag", self.server.etag)
        self.end_headers()
        end = start + self.server.hang_up_after.pop(0) if self.server.hang_up_after else len(body)
        self.wfile.write(body[start:end])

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer() as running:
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def expected(content: bytes = CONTENT) -> WeightsFile:
    return WeightsFile(embedder="sscd_torch", file="weights.bin", sha256=hashlib.sha256(content).hexdigest())


def test_a_file_arrives_whole_and_its_progress_is_told(server: FileServer, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    to = tmp_path / "models" / "weights.bin"
    download(server.url, to, expected(), progress=lambda here, total: told.append((here, total)))
    assert to.read_bytes() == CONTENT
    assert told[0] == (0, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [path.name for path in to.parent.iterdir()] == ["weights.bin"]


def test_a_broken_connection_is_resumed_where_it_broke(server: FileServer, tmp_path: Path) -> None:
    server.hang_up_after = [1_000_000, 500_000]
    download(server.url, tmp_path / "weights.bin", expected(), pause=0)
    assert (tmp_path / "weights.bin").read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=1000000-", "bytes=1500000-"]


def test_after_five_broken_connections_the_next_run_goes_on(server: FileServer, tmp_path: Path) -> None:
    server.hang_up_after = [100_000] * 5
    to = tmp_path / "weights.bin"
    with pytest.raises(ModelMissing, match=r"500,000 of 3,000,000 bytes arrived.*run the command again"):
        download(server.url, to, expected(), pause=0)
    assert not to.exists()
    download(server.url, to, expected(), pause=0)
    assert to.read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=500000-"


def test_a_file_that_changed_in_between_is_fetched_anew(server: FileServer, tmp_path: Path) -> None:
    server.hang_up_after = [1_000_000] * 5
    to = tmp_path / "weights.bin"
    server.content = b"x" * 10_000_000
    with pytest.raises(ModelMissing):
        download(server.url, to, expected(), pause=0)
    server.content = CONTENT
    server.hang_up_after = []
    download(server.url, to, expected(), pause=0)
    assert to.read_bytes() == CONTENT


def test_a_part_that_is_already_whole_is_taken(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "weights.bin.part").write_bytes(CONTENT)
    (tmp_path / "weights.bin.part.version").write_text(server.etag)
    download(server.url, tmp_path / "weights.bin", expected(), pause=0)
    assert (tmp_path / "weights.bin").read_bytes() == CONTENT
    assert server.ranges == [f"bytes={len(CONTENT)}-"]


def test_another_content_is_deleted_and_never_gets_the_name(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="gave another file than expected"):
        download(server.url, tmp_path / "weights.bin", expected(b"other"), pause=0)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_busy_is_asked_again(server: FileServer, tmp_path: Path) -> None:
    server.status_next = [503, 502]
    download(server.url, tmp_path / "weights.bin", expected(), pause=0)
    assert (tmp_path / "weights.bin").read_bytes() == CONTENT


def test_a_refusal_is_told_at_once(server: FileServer, tmp_path: Path) -> None:
    server.status_next = [404]
    with pytest.raises(ModelMissing, match=r"answers 404 Not Found\. Without a network: .* --from FILE"):
        download(server.url, tmp_path / "weights.bin", expected(), pause=0)
    assert len(server.ranges) == 1


def test_without_a_network_the_way_by_hand_is_told(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
        port = closed.server_port
    with pytest.raises(ModelMissing, match=r"can not be downloaded.*--from FILE"):
        download(f"http://127.0.0.1:{port}/weights.bin", tmp_path / "weights.bin", expected(), pause=0)


def test_only_web_addresses_are_fetched(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="not a web address"):
        download("file:///etc/hostname", tmp_path / "weights.bin", expected())


def test_a_folder_that_can_not_be_written_is_named(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    with pytest.raises(ModelMissing, match=r"weights\.bin can not be written"):
        download(server.url, tmp_path / "models" / "weights.bin", expected(), pause=0)


def test_a_file_brought_by_hand_is_taken_if_it_is_the_right_one(tmp_path: Path) -> None:
    (tmp_path / "right").write_bytes(CONTENT)
    (tmp_path / "wrong").write_bytes(b"other")
    to = tmp_path / "models" / "weights.bin"
    with pytest.raises(ModelMissing, match="is not the expected file"):
        adopt(tmp_path / "wrong", to, expected())
    assert not to.exists()
    adopt(tmp_path / "right", to, expected())
    assert to.read_bytes() == CONTENT
    with pytest.raises(ModelMissing, match="can not be read"):
        adopt(tmp_path / "absent", to, expected())
