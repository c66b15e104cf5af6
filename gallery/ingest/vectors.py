"""The vectors of a batch of pictures. Equal pixels have equal vectors: the network is shown each of them once."""

from collections.abc import Sequence
from dataclasses import dataclass

from gallery import embedders
from gallery.images import hashes
from gallery.images.examination import Examination
from gallery.ingest.parts import parts_of
from gallery.models import Embedding
from gallery.models.fingerprint import packed
from gallery.pictures import Picture

Look = tuple[str, int, str]
"""What decides about a vector besides the network: the hash of the pixels, by which decoder, and the view."""


@dataclass(frozen=True, slots=True)
class Part:
    """One view of an examined file, as the network is shown it."""

    look: Look
    picture: Picture

    @property
    def view(self) -> Embedding.View:
        return Embedding.View(self.look[2])


def views_of(facts: Examination, *, deep: bool) -> list[Part]:
    """The views of ``facts`` that are embedded, see :func:`gallery.ingest.parts.parts_of`."""
    parts = []
    for view, picture in parts_of(facts, deep=deep).items():
        # The hash is of the pixels over white: what is transparent is not in it, and may be another part of each.
        pixels = hashes.pixel_hash(picture) if view == Embedding.View.OVER_BLACK else facts.pixel_hash
        parts.append(Part((pixels, facts.decoder_version, view), picture))
    return parts


def vectors_of(parts: Sequence[Part], embedder: str) -> list[bytes]:
    """
    The packed vector of each of ``parts``.

    What copies are made of most often is the very same picture: its vectors are taken from the rows of the first one,
    which costs a thousandth of looking at it again.

    :raises ModelMissing: if the network has to be asked and its weights are not there.
    """
    vectors = _kept(parts, embedder)
    fresh = {part.look: part.picture for part in parts if part.look not in vectors}
    if fresh:
        vectors |= zip(fresh, packed(embedders.load(embedder).embed(list(fresh.values()))), strict=True)
    return [vectors[part.look] for part in parts]


def _kept(parts: Sequence[Part], embedder: str) -> dict[Look, bytes]:
    """Those that an earlier upload of the same pixels has."""
    rows = Embedding.objects.of_model(embedders.key_of(embedder)).filter(
        fingerprint__pixel_hash__in={part.look[0] for part in parts}
    )
    known = rows.values_list("fingerprint__pixel_hash", "fingerprint__decoder_version", "view", "vector")
    return {(pixels, decoder, view): bytes(vector) for pixels, decoder, view, vector in known}
