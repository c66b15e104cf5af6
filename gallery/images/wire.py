"""
How the child process and its parent talk: messages of a JSON head and raw blocks, through pipes.

Not pickle: the child has run decoders over hostile bytes, and what it says may not run code in its parent. A message is
the length of its head (4 bytes, big-endian), the head, and the blocks one after another, whose lengths the head lists.
"""

import json
import struct
from typing import Any

import numpy as np

from gallery import errors
from gallery.errors import IngestError
from gallery.images.examination import Examination, OverBlack
from gallery.images.hashes import PDQ_BYTES, PDQ_VIEWS, Pdq
from gallery.images.region import Box
from gallery.images.renditions import KINDS, RENDITIONS
from gallery.images.tiles import Tiles
from gallery.pictures import Picture, checked

LENGTH = struct.Struct(">I")

MAX_HEAD_BYTES = 64 * 1024
MAX_BLOCK_BYTES = 64 * 1024 * 1024
"""More than any rendition or square takes; a child that claims more has gone wrong."""

REFUSALS: dict[str, type[IngestError]] = {
    kind.code: kind
    for kind in (
        errors.UnsupportedType,
        errors.TooManyPixels,
        errors.EmptyFile,
        errors.Truncated,
        errors.Undecodable,
        errors.MetadataTooLarge,
    )
}
"""By code, what a child may answer instead of facts."""

OUT_OF_MEMORY = 77
"""The child's exit status that says so: a number that nothing else here uses."""

Head = dict[str, Any]


class Garbled(ValueError):
    """A message is not as it should be."""


def pack(head: Head, blocks: list[bytes]) -> list[bytes]:
    """A message, in parts to be written one after another."""
    encoded = json.dumps(head | {"blocks": [len(block) for block in blocks]}).encode()
    return [LENGTH.pack(len(encoded)), encoded, *blocks]


def head_length(raw: bytes) -> int:
    """
    The length of the head that follows.

    :raises Garbled: if it is beyond :data:`MAX_HEAD_BYTES`.
    """
    length = int(LENGTH.unpack(raw)[0])
    if length > MAX_HEAD_BYTES:
        raise Garbled(f"a head of {length} bytes")
    return length


def head(raw: bytes) -> tuple[Head, list[int]]:
    """
    The head of a message and the lengths of its blocks.

    :raises Garbled: if it is no such head.
    """
    try:
        found = json.loads(raw)
    except ValueError as error:
        raise Garbled("the head is no JSON") from error
    lengths = found.get("blocks") if isinstance(found, dict) else None
    if not isinstance(lengths, list) or not all(type(n) is int and 0 <= n <= MAX_BLOCK_BYTES for n in lengths):
        raise Garbled("the head lists no blocks")
    return found, lengths


def pack_refusal(error: IngestError) -> list[bytes]:
    """The message for a file that is refused."""
    return pack({"refused": error.code, "sentence": str(error)}, [])


def pack_fault(traceback: str) -> list[bytes]:
    """The message for a failure that is no refusal: a defect of ours, for the log."""
    return pack({"fault": traceback[-8_000:]}, [])


def pack_facts(facts: Examination) -> list[bytes]:
    """The message for a file that was examined."""
    squares = [facts.whole] if facts.region is None else [facts.whole, facts.region]
    dark = facts.over_black
    return pack(
        {
            "kind": facts.kind,
            "width": facts.width,
            "height": facts.height,
            "source_mode": facts.source_mode,
            "frames": facts.frames,
            "jpeg_quality": facts.jpeg_quality,
            "has_alpha": facts.has_alpha,
            "decoder_version": facts.decoder_version,
            "pixel_hash": facts.pixel_hash,
            "pdq_quality": facts.pdq.quality,
            "dominant_share": facts.dominant_share,
            "region_box": facts.region_box,
            "side": facts.whole.shape[0],
            "renditions": list(facts.renditions),
            "over_black_quality": None if dark is None else dark.pdq.quality,
        },
        [
            *(facts.pdq.hashes, *facts.renditions.values(), *(square.tobytes() for square in squares)),
            *(() if dark is None else (dark.pdq.hashes, dark.square.tobytes())),
        ],
    )


def pack_tiles(tiles: Tiles) -> list[bytes]:
    """The message for a file that was cut."""
    return pack({"tiles": list(tiles)}, list(tiles.values()))


def answer_tiles(head: Head, blocks: list[bytes]) -> Tiles:
    """
    The tiles that a child cut.

    :raises IngestError: of the kind that the child met, if it refused the file.
    :raises Garbled: if the message makes no sense.
    """
    _raise_refusal(head)
    try:
        places = [(int(column), int(row)) for column, row in head["tiles"]]
        return dict(zip(places, blocks, strict=True))
    except (KeyError, TypeError, ValueError) as error:
        raise Garbled("the answer does not hold what it should") from error


def _raise_refusal(head: Head) -> None:
    if "refused" not in head:
        return
    try:
        refusal: IngestError = REFUSALS[head["refused"]](str(head["sentence"]))
    except (KeyError, TypeError) as error:
        raise Garbled("the answer does not hold what it should") from error
    raise refusal


def answer(head: Head, blocks: list[bytes]) -> Examination:
    """
    What a child said.

    :raises IngestError: of the kind that the child met, if it refused the file.
    :raises Garbled: if the message makes no sense.
    """
    _raise_refusal(head)
    try:
        return _facts(head, blocks)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Garbled("the answer does not hold what it should") from error


def _facts(head: Head, blocks: list[bytes]) -> Examination:
    box = None if head["region_box"] is None else Box(*(int(edge) for edge in head["region_box"]))
    names, side, darkness = head["renditions"], int(head["side"]), head["over_black_quality"]
    hashes, *rest = blocks
    files, rest = dict(zip(names, rest, strict=False)), rest[len(names) :]
    squares, rest = rest[: 1 if box is None else 2], rest[1 if box is None else 2 :]
    dark = [] if darkness is None else rest
    if set(names) != set(RENDITIONS if darkness is None else KINDS) or len(rest) != (0 if darkness is None else 2):
        raise Garbled("blocks are missing")
    quality = head["jpeg_quality"]
    return Examination(
        kind=str(head["kind"]),
        width=int(head["width"]),
        height=int(head["height"]),
        source_mode=str(head["source_mode"]),
        frames=int(head["frames"]),
        jpeg_quality=None if quality is None else int(quality),
        has_alpha=bool(head["has_alpha"]),
        decoder_version=int(head["decoder_version"]),
        pixel_hash=str(head["pixel_hash"]),
        pdq=_pdq(hashes, head["pdq_quality"]),
        dominant_share=float(head["dominant_share"]),
        renditions=files,
        whole=_square(squares[0], side),
        region=_square(squares[1], side) if box is not None else None,
        region_box=box,
        over_black=OverBlack(pdq=_pdq(dark[0], darkness), square=_square(dark[1], side)) if dark else None,
    )


def _pdq(hashes: bytes, quality: Any) -> Pdq:
    if len(hashes) != PDQ_VIEWS * PDQ_BYTES:
        raise Garbled("hashes are missing")
    return Pdq(hashes=hashes, quality=int(quality))


def _square(block: bytes, side: int) -> Picture:
    return checked(np.frombuffer(block, np.uint8).reshape(side, side, 3))
