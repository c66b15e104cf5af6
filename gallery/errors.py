"""
What can go wrong, and whose business it is.

::

    DedupError
    ├── IngestError            the uploader's: a refusal with a stable code, never retried
    │   ├── UnsupportedType    415 unsupported_type
    │   ├── TooLarge           413 too_large
    │   ├── TooManyPixels      422 too_many_pixels
    │   ├── EmptyFile          422 empty
    │   ├── NoFile             400 no_file
    │   ├── TooManyFiles       413 too_many_files
    │   ├── Truncated          422 truncated
    │   ├── Undecodable        422 undecodable
    │   ├── MetadataTooLarge   422 metadata_too_large
    │   └── TooManyUploads     429 too_many_uploads
    ├── ReviewError            the moderator's: a lost race or a broken rule
    │   ├── CaseChanged        409 case_changed
    │   ├── AlreadyDecided     409 already_decided
    │   ├── NotAllowed         403 not_allowed
    │   ├── RuleBroken         409 rule_broken
    │   └── NothingToUndo      409 nothing_to_undo
    ├── DetailsError           422 details: the owner's: words that can't be kept; nothing was saved
    │   └── ImageChanged       409 image_changed
    ├── PolicyError            422 policy: the admin's: thresholds that make no sense
    ├── Poisoned               the decoder died or hung on this file; retried, then quarantined
    ├── ModelMissing           an embedder without its weights; says what to run
    └── Unavailable            503: a neighbour is down; retried
"""

import uuid


class DedupError(Exception):
    """
    The root. ``str(error)`` is a sentence for the person concerned: what happened and what to do.

    ``code`` is stable and machine-readable, ``status`` the HTTP status that fits.
    """

    code = "error"
    status = 500


class IngestError(DedupError):
    """A file is refused. The code and the sentence are kept on the image's row."""

    code = "refused"
    status = 422


class UnsupportedType(IngestError):
    code = "unsupported_type"
    status = 415


class TooLarge(IngestError):
    code = "too_large"
    status = 413


class TooManyPixels(IngestError):
    code = "too_many_pixels"


class EmptyFile(IngestError):
    code = "empty"


class NoFile(IngestError):
    code = "no_file"
    status = 400


class TooManyFiles(IngestError):
    code = "too_many_files"
    status = 413


class Truncated(IngestError):
    code = "truncated"


class Undecodable(IngestError):
    code = "undecodable"


class MetadataTooLarge(IngestError):
    code = "metadata_too_large"


class TooManyUploads(IngestError):
    """``retry_after`` is in seconds."""

    code = "too_many_uploads"
    status = 429

    def __init__(self, sentence: str, *, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class ReviewError(DedupError):
    """A decision is not taken. Nothing was changed."""

    code = "review"
    status = 409


class CaseChanged(ReviewError):
    """The case is not as it was on screen."""

    code = "case_changed"


class AlreadyDecided(ReviewError):
    """Somebody else was faster; the sentence says who, what and when. ``decision`` is the id of theirs."""

    code = "already_decided"

    def __init__(self, sentence: str, *, decision: uuid.UUID) -> None:
        super().__init__(sentence)
        self.decision = decision


class NotAllowed(ReviewError):
    """This person may not decide on these images."""

    code = "not_allowed"
    status = 403


class RuleBroken(ReviewError):
    """A rule of moderation forbids it (a hold, a licence conflict, images approved as different)."""

    code = "rule_broken"


class NothingToUndo(ReviewError):
    code = "nothing_to_undo"


class DetailsError(DedupError):
    """What somebody says of an image or an album can't be kept like this; nothing was saved."""

    code = "details"
    status = 422


class ImageChanged(DetailsError):
    """The image is not as it was when its details were read."""

    code = "image_changed"
    status = 409


class PolicyError(DedupError):
    """Thresholds that make no sense; nothing was published."""

    code = "policy"
    status = 422


class Poisoned(DedupError):
    """The decoder crashed, hung or ran out of memory on one file."""

    code = "poisoned"


class ModelMissing(DedupError):
    """An embedder's weights are missing or are not the expected ones; the sentence says what to run."""

    code = "model_missing"
    status = 503


class Unavailable(DedupError):
    """A neighbour does not answer. ``neighbour`` is one of database, redis, milvus, storage, decoder."""

    code = "unavailable"
    status = 503

    def __init__(self, neighbour: str, sentence: str) -> None:
        super().__init__(sentence)
        self.neighbour = neighbour
