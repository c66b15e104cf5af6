"""Verification by ORB: quick, and enough for most copies."""

from gallery.pictures import Picture
from gallery.verification.base import Features, weigh
from gallery.verification.evidence import Evidence
from gallery.verification.features import mirror, remembered
from gallery.verification.transformation import Size


class Orb:
    """Hamming distance between binary descriptors."""

    key = "orb"

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
            "orb",
            first,
            second,
            features=features,
            sizes=sizes,
            # Its bits come from a fixed, asymmetric pattern: a mirrored picture has to be looked at anew.
            mirrored=lambda picture, _: remembered(mirror(picture), kind="orb"),
        )
