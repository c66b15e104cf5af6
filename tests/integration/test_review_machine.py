"""Whatever people do, in whatever order, what must hold holds."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from gallery.errors import ReviewError, RuleBroken
from gallery.models import (
    AuditEntry,
    Case,
    CaseMember,
    Decision,
    Image,
    JournalEntry,
    Merge,
    Pair,
    SplitPart,
    StoredFile,
    Tag,
    User,
    Verdict,
    VerdictContent,
)
from gallery.review import removal, undo
from gallery.review.actions import ACTIONS
from gallery.review.keeping import is_held
from tests.judgement import everything, favour, find, image, submit

T = TypeVar("T")
Standing = Image.Standing
some = st.integers(min_value=0, max_value=1000)
"""Which one of the things that exist at that moment."""


def pick(things: Sequence[T], number: int) -> T:
    return things[number % len(things)]


def bytes_of(image: Image) -> str:
    """The sha256 of the file that it came with."""
    return StoredFile.objects.get(image=image).sha256


class Desk(RuleBasedStateMachine):
    """Two owners upload, a moderator and a senior decide; refusals are part of life, broken promises are not."""

    owners: list[User]
    deciders: list[User]

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        for number in range(4):
            self.upload(owner=number, content=number, near=0)

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            whole = AuditEntry.objects.all().first_break() is None
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)
            assert whole

    # --- What people do ---

    @rule(owner=some, content=st.integers(0, 5), near=some)
    def upload(self, owner: int, content: int, near: int) -> None:
        made = image(pick(self.owners, owner), "abcdef"[content], caption=f"caption {owner % 5}")
        made.tags.add(Tag.objects.get_or_create(name=f"tag {near % 3}")[0])
        favour(made, pick(self.owners, near))
        others = self.live(apart_from=made)
        if twins := [other for other in others if bytes_of(other) == bytes_of(made)]:
            find(made, pick(twins, near), same_bytes=True)
        elif others:
            find(made, pick(others, near))

    @rule(one=some, other=some)
    def detect(self, one: int, other: int) -> None:
        first, second = pick(self.live(), one), pick(self.live(), other)
        if first != second:
            find(first, second)

    @rule(case=some, by=some, action=st.sampled_from(["different", "related", "intentional"]), pair=st.booleans())
    def approve(self, case: int, by: int, action: str, pair: bool) -> None:
        self.decide(case, by, action, images=2 if pair else 0)

    @rule(case=some, by=some)
    def split(self, case: int, by: int) -> None:
        self.decide(case, by, "split", images=0)

    @rule(case=some, by=some, keeper=some, file=some, images=st.integers(0, 4), rest=st.sampled_from(["", "different"]))
    def merge(self, case: int, by: int, keeper: int, file: int, images: int, rest: str) -> None:
        self.decide(case, by, "merge", images=images, keeper=keeper, file=file, rest=rest)

    @rule(case=some, by=some, keeper=some, file=some, images=st.integers(0, 4), rest=st.sampled_from(["", "different"]))
    def merge_then_undo(self, case: int, by: int, keeper: int, file: int, images: int, rest: str) -> None:
        before = everything()
        decision = self.decide(case, by, "merge", images=images, keeper=keeper, file=file, rest=rest)
        if decision:
            undo.undo(decision, decision.actor, decision_id=uuid.uuid4())
            assert comparable(everything()) == comparable(before)

    @rule(decision=some, by=some)
    def take_back(self, decision: int, by: int) -> None:
        decisions = list(Decision.objects.order_by("at"))
        if decisions:
            with suppress(ReviewError):
                undo.undo(pick(decisions, decision), pick(self.deciders, by), decision_id=uuid.uuid4(), reason="slip")

    @rule(which=some)
    def remove(self, which: int) -> None:
        found = pick(self.live(), which)
        if len(self.live()) > 2:
            with suppress(RuleBroken):  # under a hold
                removal.remove(found, found.owner)

    @rule(which=some)
    def put_back(self, which: int) -> None:
        gone = list(Image.objects.filter(standing=Standing.REMOVED).order_by("pk"))
        if gone:
            found = pick(gone, which)
            removal.restore(found, found.owner)

    @rule(which=some, held=st.booleans())
    def hold(self, which: int, held: bool) -> None:
        found = pick(list(Image.objects.order_by("pk")), which)
        senior = next(decider for decider in self.deciders if decider.may_override)
        removal.hold(found, senior, held=held, reason="A court asks")

    @rule(which=some, title=st.sampled_from(["", "Lake", "Dawn"]), tag=st.booleans())
    def edit(self, which: int, title: str, tag: bool) -> None:
        found = pick(self.live(), which)
        Image.objects.filter(pk=found.pk).update(title=title)
        if tag:
            found.tags.clear()

    # --- How ---

    def live(self, *, apart_from: Image | None = None) -> list[Image]:
        found = Image.objects.live().order_by("pk")
        return list(found.exclude(pk=apart_from.pk) if apart_from else found)

    def decide(
        self, case: int, by: int, action: str, *, images: int, keeper: int = 0, file: int = 0, rest: str = ""
    ) -> Decision | None:
        open_cases = list(Case.objects.open().order_by("pk"))
        if not open_cases:
            return None
        chosen = pick(open_cases, case)
        members = list(chosen.members.filter(live=True).order_by("pk").values_list("image", flat=True))
        values: dict[str, object] = {"images": members[:images] if images >= 2 else [], "rest": rest}
        if action == "merge":
            kept = pick(members[:images] if images >= 2 else members, keeper)
            files = list(Image.objects.filter(pk__in=members[:images] or members).values_list("file", flat=True))
            values |= {"keeper": kept, "file": pick(files, file), "reason": "copy"}
        try:
            return ACTIONS[action].run(chosen, pick(self.deciders, by), submit=submit(chosen, **values)).decision
        except ReviewError:
            return None

    # --- What holds ---

    @invariant()
    def redirects_are_one_step_long(self) -> None:
        assert not Image.objects.filter(merged_into__merged_into__isnull=False).exists()

    @invariant()
    def cases_hold_two_live_images_or_more(self) -> None:
        for case in Case.objects.open():
            live = Image.objects.filter(memberships__case=case, memberships__live=True)
            assert live.count() == case.size >= 2
            assert not live.exclude(standing=Standing.LIVE).exists()

    @invariant()
    def open_pairs_are_of_live_images(self) -> None:
        for pair in Pair.objects.awaiting_review().select_related("left", "right"):
            assert pair.left.standing == pair.right.standing == Standing.LIVE
            if pair.case_id is None:  # it waits, because somebody split the case and one end has another question
                across = SplitPart.objects.standing().filter(image__in=family_of(pair)).values_list("part", flat=True)
                assert set(across) == {0, 1}
                assert CaseMember.objects.filter(image__in=[pair.left, pair.right], live=True).exists()

    @invariant()
    def what_was_approved_is_not_asked_again(self) -> None:
        rows: dict[str, set[tuple[int, int]]] = defaultdict(set)
        contents = VerdictContent.objects.filter(verdict__in=Verdict.objects.live().approvals())
        for sha256, verdict, row in contents.values_list("sha256", "verdict", "pk"):
            rows[sha256].add((verdict, row))
        for pair in Pair.objects.awaiting_review().select_related("left", "right"):
            one, other = (rows[bytes_of(end)] for end in (pair.left, pair.right))
            both = {verdict for verdict, _row in one} & {verdict for verdict, _row in other}
            assert not any(len({row for found, row in one | other if found == verdict}) > 1 for verdict in both)

    @invariant()
    def every_file_is_shown_once(self) -> None:
        shown = Counter(Image.objects.values_list("file", flat=True))
        assert set(shown.values()) <= {1}
        assert None not in shown
        assert not Image.objects.filter(standing=Standing.LIVE, file__purge_after__isnull=False).exists()

    @invariant()
    def the_journals_add_up_to_the_tables(self) -> None:
        """Beginning with what was uploaded: each with its own file, none merged."""
        told = {
            image: {"merged_into_id": None, "file_id": file}
            for file, image in StoredFile.objects.values_list("pk", "image")
        }
        entries = JournalEntry.objects.filter(reverted_at=None, model="image", field__in=["merged_into_id", "file_id"])
        for entry in entries.order_by("pk"):
            told[entry.row][entry.field] = entry.after
        rows = Image.objects.values_list("pk", "merged_into_id", "file_id")
        assert {pk: {"merged_into_id": keeper, "file_id": file} for pk, keeper, file in rows} == told

    @invariant()
    def files_are_kept_as_their_images_stand(self) -> None:
        """What is merged has the date that its merge wrote down; only under a hold there may be none."""
        entries = JournalEntry.objects.filter(reverted_at=None, model="storedfile", field="purge_after")
        told = dict(entries.values_list("row", "after"))
        for one in Image.objects.select_related("file"):
            assert one.file is not None
            date = one.file.purge_after
            if one.standing == Standing.LIVE:
                assert date is None
            else:
                assert date is not None or is_held(one.file)
            if one.standing == Standing.MERGED:
                assert told.get(one.file.pk) == (date.isoformat() if date else None)

    @invariant()
    def the_audit_tells_of_every_decision(self) -> None:
        told = AuditEntry.objects.filter(verb__startswith="decision.").values_list("subject", flat=True)
        assert sorted(told) == sorted(f"decision {pk}" for pk in Decision.objects.values_list("pk", flat=True))

    @invariant()
    def a_decision_stands_as_its_effects_do(self) -> None:
        said = set(Verdict.objects.live().values_list("decision", flat=True))
        merged = set(Merge.objects.standing().values_list("decision", flat=True))
        for decision in Decision.objects.exclude(action="undo"):
            standing = decision.undone_at is None and not decision.dissent
            assert (decision.pk in said) == (standing and decision.action != "split")
            assert (decision.pk in merged) == (standing and decision.action == "merge")


def family_of(pair: Pair) -> list[int]:
    """The two images and what is merged into them."""
    ends = [pair.left_id, pair.right_id]
    return [*ends, *Image.objects.filter(merged_into__in=ends).values_list("pk", flat=True)]


def comparable(rows: dict[str, list[dict[str, object]]]) -> dict[str, object]:
    """
    Of several pairs that say the same thing (A is B is C) one is redundant; which one depends on what came first.
    """
    implied: dict[str, object] = {Pair.State.OPEN: "waiting", Pair.State.REDUNDANT: "waiting"}
    pairs = [{**row, "state": implied.get(str(row["state"]), row["state"])} for row in rows["pairs"]]
    if SplitPart.objects.standing().exists():
        return {**rows, "pairs": pairs, "cases": []}  # which pair is redundant decides on which side of a split one is
    return {**rows, "pairs": pairs}


@pytest.mark.invariant(12)
@pytest.mark.slow
@pytest.mark.django_db
def test_12_whatever_people_do_the_promises_hold(lena: User, otto: User, mara: User, jon: User) -> None:
    machine = type("DeskOfTheseFour", (Desk,), {"owners": [lena, otto], "deciders": [mara, jon]})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
