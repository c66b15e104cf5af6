"""What the API says of images, cases and decisions. Images are named by their public ids and nothing else."""

import datetime as dt
from typing import Any, Literal, Self
from uuid import UUID

from ninja import Schema
from pydantic import Field

from gallery.detection.reasons import why
from gallery.models import Case, Image, Pair, User
from gallery.review.queue import Lease
from gallery.review.submit import Outcome

WORDS = ("name", "title", "caption", "alt_text", "licence", "visibility")


class FileOut(Schema):
    name: str
    format: str
    bytes: int
    width: int
    height: int
    sha256: str


class ImageOut(Schema):
    """
    ``status`` is how far its work has come (waiting, compared), or what ended it (refused, quarantined, merged,
    removed). ``merged_into`` is the image that stands for it now.
    """

    id: str
    url: str
    thumb_url: str | None
    name: str
    title: str
    caption: str
    alt_text: str
    licence: str
    visibility: str
    owner: str
    status: Literal["waiting", "compared", "refused", "quarantined", "merged", "removed"]
    stage: str
    merged_into: str | None
    possible_copy: bool | None = Field(description="Whether somebody is to decide about it; null where not asked.")
    refusal_code: str
    refusal: str
    note: str
    file: FileOut | None
    created_at: dt.datetime

    @classmethod
    def of(cls, image: Image) -> Self:
        """``image`` comes with :meth:`ImageQuerySet.for_pages`, or costs a query for each relation."""
        return cls(
            id=image.public_id,
            url=image.get_absolute_url(),
            thumb_url=image.thumb_url if image.has_renditions else None,
            **{
                name: getattr(image, name) for name in ("name", "title", "caption", "alt_text", "licence", "visibility")
            },
            owner=image.owner.username,
            status=_status(image),
            stage=image.stage,
            merged_into=image.merged_into.public_id if image.merged_into else None,
            possible_copy=getattr(image, "has_open_pair", None),
            refusal_code=image.refusal_code,
            refusal=image.refusal,
            note=image.note,
            file=_file(image),
            created_at=image.created_at,
        )


def _status(image: Image) -> Any:
    if image.standing != Image.Standing.LIVE:
        return image.standing
    if image.stage == Image.Stage.REJECTED:
        return "refused"
    return image.stage if image.stage in (Image.Stage.COMPARED, Image.Stage.QUARANTINED) else "waiting"


def _file(image: Image) -> FileOut | None:
    file = image.file
    if file is None:
        return None
    known = {name: getattr(file, name) for name in ("format", "bytes", "width", "height", "sha256")}
    return FileOut(name=file.original_name, **known)


class ImagesOut(Schema):
    """A page, newest first. Ask for the next with ``after=next``; null on the last."""

    items: list[ImageOut]
    next: str | None


class UploadOut(Schema):
    """What became of one file: 202 accepted, 200 the same person has it already, or a refusal."""

    name: str
    status: int
    code: str = Field(description="accepted, duplicate_of, or the code of the refusal.")
    detail: str
    image: str | None = Field(description="The public id of its row, where it has one.")


class UploadsOut(Schema):
    results: list[UploadOut]


class PairOut(Schema):
    left: str
    right: str
    state: str
    tier: str
    score: float
    similarity: float | None
    pdq_distance: int | None
    why: str

    @classmethod
    def of(cls, pair: Pair) -> Self:
        return cls(
            left=pair.left.public_id,
            right=pair.right.public_id,
            tier=Pair.Tier(pair.tier).name.lower(),
            why=why(pair),
            **{name: getattr(pair, name) for name in ("state", "score", "similarity", "pdq_distance")},
        )


class CaseLine(Schema):
    id: int
    version: int
    size: int
    tier: str
    score: float
    opened_under: int = Field(description="Version of the policy.")
    escalated: bool
    created_at: dt.datetime

    @classmethod
    def of(cls, case: Case) -> Self:
        return cls(
            tier=Pair.Tier(case.tier).name.lower(),
            opened_under=case.opened_under.version,
            escalated=case.escalated_at is not None,
            **{name: getattr(case, name) for name in ("id", "version", "size", "score", "created_at")},
        )


class CasesOut(Schema):
    """The head of the caller's queue; ``waiting`` counts all of it."""

    items: list[CaseLine]
    waiting: int


class LeaseOut(Schema):
    holder: str | None
    until: dt.datetime | None
    mine: bool


class CaseOut(CaseLine):
    """``actions`` are those that make sense; ``version`` goes into the decision as ``seen_version``."""

    state: str
    images: list[ImageOut]
    pairs: list[PairOut]
    actions: list[str]
    lease: LeaseOut

    @classmethod
    def with_all(cls, case: Case, lease: Lease, *, images: list[Image], pairs: list[Pair], actions: list[str]) -> Self:
        return cls(
            **CaseLine.of(case).dict(),
            state=case.state,
            images=[ImageOut.of(image) for image in images],
            pairs=[PairOut.of(pair) for pair in pairs],
            actions=actions,
            lease=LeaseOut(holder=lease.holder.username if lease.holder else None, until=lease.until, mine=lease.mine),
        )


class DecisionIn(Schema):
    """One submit. Choose ``id`` yourself: the same id again has no second effect and gets the same answer."""

    id: UUID
    case: int
    action: Literal["different", "related", "intentional", "merge", "split"]
    seen_version: int = Field(description="The version of the case that was looked at.")
    images: list[str] = Field(default=[], description="Public ids; empty for all members.")
    keeper: str | None = None
    file_of: str | None = Field(default=None, description="The image whose file stays; the keeper's if not given.")
    choices: dict[str, str] = {}
    rest: Literal["", "different"] = ""
    at: list[str] = Field(
        default=[], max_length=2, description="A split cuts between these two; where the case is weakest if not given."
    )
    reason: str = Field(default="", max_length=40)
    note: str = Field(default="", max_length=2000)


class UndoIn(Schema):
    id: UUID = Field(description="Of the undo, which is a decision too and can be undone.")
    reason: str = Field(default="", max_length=400)
    force: list[int] = Field(default=[], description="Entries of “changed_since” to take back all the same.")


class DecisionOut(Schema):
    id: UUID
    action: str
    by: str
    at: dt.datetime
    case: int | None
    pairs_closed: int
    dissent: bool
    undone: bool
    undoes: UUID | None
    sentence: str

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        made = outcome.decision
        by: User = made.actor
        return cls(
            id=made.pk,
            by=by.username,
            case=made.case_id,
            pairs_closed=outcome.pairs_closed,
            undone=made.undone_at is not None,
            undoes=made.undoes_id,
            sentence=outcome.sentence,
            **{name: getattr(made, name) for name in ("action", "at", "dissent")},
        )


class PolicyOut(Schema):
    version: int
    published_at: dt.datetime | None
    note: str
    rules: dict[str, Any]


class NeighbourOut(Schema):
    name: str
    well: bool
    needed: bool
    milliseconds: float


class HealthOut(Schema):
    neighbours: list[NeighbourOut]
