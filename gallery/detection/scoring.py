"""Signals of a pair → how sure we are. Pure; the rules are the table of tiers in docs/architecture.md."""

from dataclasses import dataclass
from typing import Self

from gallery.models import Pair, Policy

Tier = Pair.Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What was measured of a pair. The fields are those of :class:`gallery.models.Pair`, with its units."""

    same_bytes: bool = False
    same_pixels: bool = False
    similarity: float | None = None
    pdq_distance: int | None = None
    pdq_usable: bool = False
    document_like: bool = False
    one_thing: bool = False
    cells: int | None = None
    ncc: float | None = None
    textured_share: float | None = None
    changed_share: float | None = None
    traits: int = 0

    @classmethod
    def of(cls, pair: Pair) -> Self:
        return cls(**{name: getattr(pair, name) for name in cls.__dataclass_fields__})

    @property
    def lettered(self) -> bool:
        """What differs looks like lettering or drawing, on one picture or on both."""
        return bool(self.traits & (Pair.Trait.CAPTIONED | Pair.Trait.REWORDED))

    @property
    def reworded(self) -> bool:
        """Both bear words in one place, each its own."""
        return bool(self.traits & Pair.Trait.REWORDED)

    @property
    def lettered_on_one(self) -> bool:
        """One of them was written on, and the other one bears nothing of its own."""
        return bool(self.traits & Pair.Trait.LETTERED_ON_ONE)

    @property
    def near_hash(self) -> int | None:
        """The PDQ distance, where both hashes say something."""
        return self.pdq_distance if self.pdq_usable else None


def strict_geometry(signals: Signals, policy: Policy) -> bool:
    """One transformation explains both pictures place by place."""
    return (
        signals.cells is not None
        and signals.cells >= policy.strict_cells
        and (signals.ncc or 0.0) > policy.strict_ncc
        and (signals.textured_share or 0.0) >= policy.strict_textured
    )


def loose_geometry(signals: Signals, policy: Policy) -> bool:
    """One transformation explains much of both pictures."""
    return signals.cells is not None and signals.cells >= policy.loose_cells and (signals.ncc or 0.0) > policy.loose_ncc


def tier(signals: Signals, policy: Policy) -> Pair.Tier:
    """How sure the machine is that the two are copies, under ``policy``."""
    if signals.same_bytes or signals.same_pixels:
        return Tier.IDENTICAL
    if is_certain(signals, policy):
        return Tier.CERTAIN
    if is_likely(signals, policy):
        return Tier.REVIEW
    if (signals.similarity or 0.0) >= policy.similarity_weak or is_of_one_template(signals, policy):
        return Tier.WEAK
    return Tier.STORED


def is_certain(signals: Signals, policy: Policy) -> bool:
    if signals.document_like:
        return is_certain_document(signals, policy)
    return is_nearly_equal(signals, policy) and not reads_differently(signals, policy)


def is_certain_document(signals: Signals, policy: Policy) -> bool:
    """
    Two pages of one form agree in hash and in geometry almost everywhere and differ in the one line that matters: pages
    are for people. One thing on a plain ground is no page: it is certain where hash and geometry both say so, and
    nothing differs.
    """
    close = signals.near_hash is not None and signals.near_hash <= policy.document_pdq
    same = (signals.changed_share or 0.0) <= policy.certain_changed_share
    return signals.one_thing and close and same and strict_geometry(signals, policy)


def reads_differently(signals: Signals, policy: Policy) -> bool:
    """
    One picture with different words on it: the machine sees one picture, people read two.

    Whether the words matter is for people, too: memes of one template agree in everything else. A caption, a sticker or
    a watermark on one of them only leaves it one picture, where all the rest agrees place by place.
    """
    one = signals.lettered_on_one and strict_geometry(signals, policy)
    most = policy.certain_lettered_share if one else policy.certain_changed_share
    return signals.lettered and (signals.changed_share or 0.0) > most


def is_nearly_equal(signals: Signals, policy: Policy) -> bool:
    """In hash, or place by place."""
    close = signals.near_hash is not None and signals.near_hash <= policy.pdq_certain
    return close or strict_geometry(signals, policy)


def is_likely(signals: Signals, policy: Policy) -> bool:
    if is_of_one_template(signals, policy) and not policy.flag_reworded:
        return differs_in_few_words(signals, policy)
    if signals.document_like:
        return is_likely_document(signals, policy)
    if loose_geometry(signals, policy):
        return True
    if signals.near_hash is not None and signals.near_hash <= policy.pdq_review:
        return True
    return bool((signals.similarity or 0.0) >= policy.similarity_review)


def is_of_one_template(signals: Signals, policy: Policy) -> bool:
    """One background, and words on both that differ: memes. To those who read them they are two pictures."""
    return signals.reworded and reads_differently(signals, policy)


def differs_in_few_words(signals: Signals, policy: Policy) -> bool:
    """
    A number, a date or a name of what is otherwise one picture: the caption of a meme takes more room and moves the
    hash further. Whether the two are versions of one picture is for people.
    """
    close = signals.near_hash is not None and signals.near_hash <= policy.document_pdq
    few = (signals.changed_share or 0.0) <= policy.reworded_share
    return close and few and strict_geometry(signals, policy)


def is_likely_document(signals: Signals, policy: Policy) -> bool:
    """
    Lines of words lie over each other by chance, all documents are similar as embeddings see them, and two receipts of
    one shop agree place by place. Copies of pages are nearer: in their hashes, or in geometry and similarity both. One
    thing on a plain ground has no lines: for it geometry suffices, where it holds almost everywhere. Where it does not
    the embedding must see something common, too: two screenshots of one site have one frame around two pictures.
    """
    if signals.near_hash is not None and signals.near_hash <= policy.document_pdq:
        return True
    strict, similarity = strict_geometry(signals, policy), signals.similarity or 0.0
    if signals.one_thing and (strict or (loose_geometry(signals, policy) and similarity >= policy.similarity_weak)):
        return True
    return strict and similarity >= policy.similarity_review


def flagged(found: int, policy: Policy) -> bool:
    """Whether a pair of this tier goes to people."""
    return found >= Tier.REVIEW or (policy.show_weak and found == Tier.WEAK)


def score(signals: Signals) -> float:
    """
    One number to order pairs by, 0 to 1; the tier comes first.

    A weighted mean of what is known: identical is 1; else half the similarity, the rest geometry and hash.
    """
    if signals.same_bytes or signals.same_pixels:
        return 1.0
    similarity = max(0.0, signals.similarity or 0.0)
    geometry = max(0.0, signals.ncc or 0.0) * min(1.0, (signals.cells or 0) / 40)
    # 128 is the distance of two hashes that have nothing in common.
    hashes = max(0.0, 1 - signals.near_hash / 128) if signals.near_hash is not None else 0.0
    return min(0.999, 0.5 * similarity + 0.3 * geometry + 0.2 * hashes)
