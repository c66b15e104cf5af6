"""
The process that decodes: reads jobs from its standard input, answers on its standard output, ends with its parent.

Started by :class:`gallery.images.sandbox.Examiner` as ``python -m gallery.images.child MEMORY_MB``. It is expected to
die of hostile files: every limit here kills it, and its parent starts another.
"""

import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import BinaryIO

import cv2
import PIL.AvifImagePlugin
import PIL.GifImagePlugin
import PIL.JpegImagePlugin
import PIL.PngImagePlugin
import PIL.WebPImagePlugin  # noqa: F401 - Pillow would load its formats at the first file, against the clock

from gallery.errors import IngestError
from gallery.images import wire
from gallery.images.decode import decode
from gallery.images.examination import examine
from gallery.images.tiles import cut

OPEN_FILES = 32

_LEAST_FREE_BYTES = 64 * 1024 * 1024
"""What must be left after the libraries, for small pictures at least."""


def confine(memory_mb: int) -> None:
    """
    Take away what a decoder has no use for: memory without end, writing files, core dumps, many open files.

    :raises MemoryError: if ``memory_mb`` leaves next to nothing beside the libraries.
    """
    memory = memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    bytearray(_LEAST_FREE_BYTES)


def wind_clocks(seconds: int) -> None:
    """
    Give one file ``seconds``, of the processor and on the wall; 0 stops both clocks.

    Both signals keep their default action, which ends the process even inside a decoder's loop, and also when the
    parent that would have ended it is gone.
    """
    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if seconds:
        spent = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(resource.RLIMIT_CPU, (int(spent.ru_utime + spent.ru_stime) + seconds + 1, hard))
    else:
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
    signal.alarm(seconds)


def _worked_off(job: wire.Head) -> list[bytes]:
    """The message with what the job asks for: the facts of a file, or its tiles."""
    path, max_pixels = Path(job["path"]), int(job["max_pixels"])
    if "tile_side" in job:
        return wire.pack_tiles(cut(decode(path, max_pixels=max_pixels).picture, side=int(job["tile_side"])))
    return wire.pack_facts(examine(path, max_pixels=max_pixels, network_side=int(job["network_side"])))


def serve(jobs: BinaryIO, answers: BinaryIO) -> None:
    """Answer jobs until there are no more."""
    while raw := jobs.read(wire.LENGTH.size):
        job, _no_blocks = wire.head(jobs.read(wire.head_length(raw)))
        wind_clocks(int(job["seconds"]))
        try:
            parts = _worked_off(job)
        except IngestError as error:
            parts = wire.pack_refusal(error)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - the last door: standard error may be a file, which this can no longer write
            parts = wire.pack_fault(traceback.format_exc())
        wind_clocks(0)
        for part in parts:
            answers.write(part)
        answers.flush()


def main() -> None:
    """Serve on the standard streams. What libraries print goes to standard error, away from the answers."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for name in (signal.SIGINT, signal.SIGTERM):  # a worker that is told to end finishes its file, and then ends us
        signal.signal(name, signal.SIG_IGN)
    for name in (signal.SIGALRM, signal.SIGXCPU):
        signal.signal(name, signal.SIG_DFL)
    cv2.setNumThreads(1)
    try:
        confine(int(sys.argv[1]))
        answers.write(wire.LENGTH.pack(0))  # ready: loading the libraries is not part of the first file's time
        answers.flush()
        serve(sys.stdin.buffer, answers)
    except MemoryError:
        os._exit(wire.OUT_OF_MEMORY)


if __name__ == "__main__":
    main()
