"""What goes in and out beside a decision: notes, previews, plans, verdicts, appeals and disagreements."""

import datetime as dt
from typing import Self
from uuid import UUID

from ninja import Schema
from pydantic import Field

from gallery.models import Appeal, CaseComment, Decision, Verdict
from gallery.review import merges, undo


class Reason(Schema):
    """Why, in words of one's own; needed for what is somebody else's."""

    reason: str = Field(default="", max_length=400)


class Note(Schema):
    note: str = Field(max_length=2000)


class Text(Schema):
    text: str = Field(max_length=2000)


class HoldIn(Schema):
    held: bool = Field(description="Set the hold, or lift it.")
    reason: str = Field(max_length=400)


class HoldOut(Schema):
    id: str
    held: bool


class CommentOut(Schema):
    id: int
    by: str
    text: str
    created_at: dt.datetime

    @classmethod
    def of(cls, comment: CaseComment) -> Self:
        return cls(id=comment.pk, by=comment.author.username, text=comment.text, created_at=comment.created_at)


class PreviewIn(Schema):
    """As in a decision. What is left out is suggested."""

    images: list[str] = Field(default=[], description="Public ids; empty for those compared with the keeper.")
    keeper: str | None = None
    file_of: str | None = Field(default=None, description="The image whose file stays; the keeper's if not given.")
    choices: dict[str, str] = {}


class FieldOut(Schema):
    """``values`` are in the order of the preview's images, the keeper's first."""

    label: str
    values: list[str]
    result: str
    changes: bool


class PreviewOut(Schema):
    """
    What a merge would do. While ``blocked`` holds a sentence it is refused.

    ``choices`` are the values to choose from where nothing is automatic.
    """

    keeper: str
    images: list[str]
    changes: list[FieldOut]
    redirects: list[str]
    people: list[str]
    blocked: list[str]
    choices: dict[str, list[str]]

    @classmethod
    def of(cls, preview: merges.Preview) -> Self:
        rows = [
            FieldOut(label=row.label, values=row.values, result=row.result, changes=row.changes)
            for row in preview.fields
        ]
        return cls(
            keeper=preview.keeper.public_id,
            images=[image.public_id for image in preview.images],
            changes=rows,
            redirects=preview.redirects,
            people=preview.people,
            blocked=preview.blocked,
            choices=preview.choices,
        )


class LineOut(Schema):
    """``entry`` may be sent back in ``force`` where the value was changed since."""

    sentence: str
    entry: int | None

    @classmethod
    def of(cls, line: undo.Line) -> Self:
        return cls(sentence=line.sentence, entry=line.entry)


class PlanOut(Schema):
    """What taking a decision back would do. Nothing was done."""

    restored: list[LineOut]
    changed_since: list[LineOut]
    impossible: list[LineOut]

    @classmethod
    def of(cls, plan: undo.UndoPlan) -> Self:
        return cls(
            restored=[LineOut.of(line) for line in plan.restored],
            changed_since=[LineOut.of(line) for line in plan.changed_since],
            impossible=[LineOut.of(line) for line in plan.impossible],
        )


class VerdictOut(Schema):
    """``images`` are the public ids of those that were on screen; it holds for their contents."""

    id: int
    kind: str
    by: str
    at: dt.datetime
    decision: UUID
    images: list[str]
    live: bool

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        return cls(
            id=verdict.pk,
            kind=verdict.kind,
            by=verdict.by.username,
            at=verdict.at,
            decision=verdict.decision_id,
            images=[content.image.public_id for content in verdict.contents.all() if content.image],
            live=verdict.is_live,
        )


class VerdictsOut(Schema):
    """A page, newest first. Ask for the next with ``after=next``; null on the last."""

    items: list[VerdictOut]
    next: int | None


class AppealIn(Schema):
    image: str = Field(description="The public id of one's own image that was merged into another.")
    note: str = Field(max_length=2000)


class AnswerIn(Schema):
    id: UUID = Field(description="Of the undo, if it is granted.")
    granted: bool
    note: str = Field(max_length=2000, description="Why; the owner reads it.")


class AppealOut(Schema):
    id: int
    decision: UUID
    by: str
    note: str
    created_at: dt.datetime
    answered_at: dt.datetime | None
    granted: bool | None
    answer: str

    @classmethod
    def of(cls, appeal: Appeal) -> Self:
        return cls(
            id=appeal.pk,
            decision=appeal.decision_id,
            by=appeal.by.username,
            **{name: getattr(appeal, name) for name in ("note", "created_at", "answered_at", "granted", "answer")},
        )


class AppealsOut(Schema):
    items: list[AppealOut]


class DissentOut(Schema):
    """An answer that came second and disagreed. It had no effect."""

    id: UUID
    by: str
    action: str
    at: dt.datetime
    case: int | None
    note: str

    @classmethod
    def of(cls, decision: Decision) -> Self:
        return cls(
            id=decision.pk,
            by=decision.actor.username,
            case=decision.case_id,
            **{name: getattr(decision, name) for name in ("action", "at", "note")},
        )


class DissentsOut(Schema):
    items: list[DissentOut]
