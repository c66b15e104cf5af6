"""Verification by SIFT: four times the work, for small parts, blur and strong scaling."""

from gallery.pictures import Picture
from gallery.verification.base import Features, weigh
from gallery.verification.evidence import Evidence
from gallery.verification.geometry import mirror_sift
from gallery.verification.transformation import Size


class Sift:
    """Euclidean distance between the square roots of normalised histograms (RootSIFT)."""

    key = "sift"

    def verify(
        self,
        first: Picture,
        second: Picture,
        *,
        features: Features | None = None,
        sizes: tuple[Size, Size] | None = None,
    ) -> Evidence | None:
        """See :meth:`gallery.verification.base.Verifier.verify`."""
        return weigh(
            "sift",
            first,
            second,
            features=features,
            sizes=sizes,
            mirrored=lambda _, found: mirror_sift(found),
        )
