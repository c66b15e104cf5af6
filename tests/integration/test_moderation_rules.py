"""Rules of docs/moderation.md that no other file looks at: what follows from answers, who is let near, what is kept."""

import datetime as dt
import uuid
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from pytest_django import Settings

from gallery import embedders, index
from gallery.detection import candidates, collections
from gallery.errors import NotAllowed, RuleBroken
from gallery.models import (
    Album,
    Case,
    Decision,
    Embedding,
    Fingerprint,
    Image,
    Pair,
    Policy,
    SourceLink,
    StoredFile,
    User,
    Verdict,
)
from gallery.models.fingerprint import packed
from gallery.models.policy import MERGE_RULES
from gallery.review import appeals, keeper, queue, removal, undo
from gallery.review.actions import ACTIONS
from gallery.review.reasons import REASONS
from gallery.vectors import unit
from tests.conftest import change_dedup, make_user
from tests.judgement import act, case_of, favour, find, image, states, tag

pytestmark = pytest.mark.django_db
State = Pair.State


# --- What follows from an answer --------------------------------------------------------------------------------------


def test_one_merge_closes_all_that_follows_from_it_until_its_premise_is_taken_back(
    lena: User, otto: User, mara: User
) -> None:
    """A was told apart from thirteen; merged into K, K is told apart from them too."""
    a, k = image(lena, "a"), image(otto, "k")
    others = [image(lena, f"b{number}") for number in range(13)]
    for other in others:
        find(a, other)
    premise = act("different", case_of(a), mara).decision
    inferred = [find(k, other) for other in others]
    merged = find(k, a)
    outcome = act("merge", case_of(k, a), mara, keeper=k.pk, images=[k.pk, a.pk])
    assert outcome.sentence == "Merged into “k”. 1 decision closed 14 pairs."
    assert states(merged) == [State.MERGED]
    assert set(states(*inferred)) == {State.DIFFERENT}
    found = Pair.objects.get(pk=inferred[0].pk)
    assert (found.verdict, found.premise) == (Verdict.objects.get(kind="different"), outcome.decision.merges.get())
    undo.undo(premise, mara, decision_id=uuid.uuid4())
    assert State.DIFFERENT not in states(*inferred)
    assert Case.objects.open().filter(members__image=k, members__live=True).exists()


def test_undoing_the_merge_takes_back_what_was_inferred_through_it(lena: User, mara: User) -> None:
    a, b, k = (image(lena, name) for name in "abk")
    find(a, b)
    act("different", case_of(a), mara)
    find(k, a)
    merge = act("merge", case_of(k), mara, keeper=k.pk).decision
    inferred = find(k, b)
    assert inferred.is_inferred
    undo.undo(merge, mara, decision_id=uuid.uuid4())
    assert states(inferred) == [State.OPEN]


def test_what_two_absorbed_images_were_told_apart_holds_for_both_keepers(lena: User, mara: User) -> None:
    a, b, k, z = (image(lena, name) for name in "abkz")
    find(a, b)
    act("different", case_of(a), mara)
    for absorbed, staying in ((a, k), (b, z)):
        find(staying, absorbed)
        act("merge", case_of(staying, absorbed), mara, keeper=staying.pk, images=[staying.pk, absorbed.pk])
    assert find(k, z).state == State.DIFFERENT


def test_a_search_that_meets_an_absorbed_image_finds_its_keeper(
    lena: User, otto: User, mara: User, settings: Settings
) -> None:
    """Its vector stays in the index: a copy of the worse copy leads to the one that stayed."""
    change_dedup(settings, index="memory")
    k, a, again = image(lena, "k"), image(lena, "a"), image(otto, "again")
    find(k, a)
    act("merge", case_of(k), mara, keeper=k.pk)
    Fingerprint.objects.update(pdq_quality=0)  # by the vectors alone
    rng = np.random.default_rng(1)
    mine, theirs = rng.normal(size=(2, 512)).astype(np.float32)
    near = theirs + 0.1 * rng.normal(size=512).astype(np.float32)
    for one, vector in zip((k, a, again), packed(unit(np.stack([mine, theirs, near]))), strict=True):
        row = Fingerprint.objects.get(file__image=one)
        Embedding.objects.create(fingerprint=row, model_key=embedders.key_of("sscd"), vector=vector)
    collections.insert(index.load(), list(Embedding.objects.all()), embedder="sscd")
    found = candidates.find([again], Policy.objects.in_force(), index.load())[again.pk].candidates
    assert list(found) == [k.pk]
    assert (found[k.pk].similarity or 0) > 0.9


def test_a_verdict_that_is_taken_back_stays_on_record_and_is_said_anew(lena: User, mara: User, jon: User) -> None:
    a, b = image(lena, "a"), image(lena, "b")
    find(a, b)
    decision = act("different", case_of(a), mara).decision
    undone = undo.undo(decision, jon, decision_id=uuid.uuid4(), reason="mistake").decision
    undo.undo(undone, jon, decision_id=uuid.uuid4())
    first, again = Verdict.objects.order_by("pk")
    assert (first.revoked_by, first.revoke_reason, again.is_live) == (jon, "mistake", True)


# --- Who is let near --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ACTIONS)
def test_an_answer_is_refused_if_any_image_of_the_case_is_ones_own(lena: User, mara: User, action: str) -> None:
    """Also one that is not ticked: every image of the case is looked at when the answer comes in."""
    a, b, own = image(lena, "a"), image(lena, "b"), image(mara, "own")
    find(a, b)
    find(b, own)
    with pytest.raises(NotAllowed, match="is your own"):
        act(action, case_of(a), mara, images=[a.pk, b.pk])
    assert not Decision.objects.exists()


def test_a_right_that_was_lost_since_the_page_was_opened_is_missing_at_submit(lena: User, mara: User) -> None:
    case = case_of(find(image(lena, "a"), image(lena, "b")).left)
    queue.take(case, mara)
    mara.groups.clear()
    demoted = User.objects.get(pk=mara.pk)
    with pytest.raises(NotAllowed, match="Only moderators"):
        act("different", case, demoted)


def test_an_auditor_changes_nothing(lena: User, otto: User, mara: User) -> None:
    ruth = make_user("ruth", "auditor")
    a, b, c = image(lena, "a"), image(otto, "b"), image(lena, "c")
    find(a, b)
    find(c, image(otto, "d"))
    decision = act("merge", case_of(a), mara, keeper=a.pk).decision
    case = case_of(c)
    appeal = appeals.ask(decision, otto, note="Mine is another")
    attempts: list[Any] = [
        lambda: act("different", case, ruth),
        lambda: undo.undo(decision, ruth, decision_id=uuid.uuid4(), reason="mistake"),
        lambda: appeals.answer(appeal, ruth, granted=True, note="Yes", decision_id=uuid.uuid4()),
        lambda: removal.remove(c, ruth, reason="Why not"),
        lambda: removal.hold(c, ruth, held=True, reason="Why not"),
        lambda: queue.escalate(case, ruth, note="Hm"),
        lambda: queue.comment(case, ruth, text="Hm"),
        lambda: queue.skip(case, ruth),
        lambda: queue.take(case, ruth),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()
    assert ruth.may_see_all_images


@pytest.mark.parametrize("action", ACTIONS)
def test_each_answer_has_reasons_of_its_own_and_takes_no_other(lena: User, otto: User, mara: User, action: str) -> None:
    same = action == "intentional"
    a, b = image(lena, "a"), image(otto, "a" if same else "b")
    find(a, b, same_bytes=same)
    if action == "split":  # which takes three
        find(b, image(lena, "c"))
    own = {reason.code for reason in REASONS[action]}
    for foreign in {reason.code for reasons in REASONS.values() for reason in reasons} - own:
        with pytest.raises(RuleBroken, match="Choose one of these reasons"):
            act(action, case_of(a), mara, reason=foreign)
    outcome = act(action, case_of(a), mara, reason=REASONS[action][0].code)
    assert outcome.decision.reason == REASONS[action][0].code


# --- Each row of the table of fields ----------------------------------------------------------------------------------

KEEPER = {
    "title": "",
    "caption": "Dawn",
    "alt_text": "",
    "tags": {"sea"},
    "albums": {"Mine"},
    "source_links": {"https://example.org/mine"},
    "favourites": {"jon"},
    "visibility": "public",
    "sensitive": False,
}
MERGED: dict[tuple[str, str], Any] = {
    ("title", "fill"): "Lake",
    ("title", "keep"): "",
    ("caption", "append"): "Dawn\n\nEast shore (otto)",
    ("caption", "fill"): "Dawn",
    ("caption", "keep"): "Dawn",
    ("alt_text", "append"): "A lake",
    ("alt_text", "fill"): "A lake",
    ("alt_text", "keep"): "",
    ("tags", "union"): {"sea", "lake"},
    ("tags", "keep"): {"sea"},
    ("albums", "union"): {"Mine", "Best"},
    ("albums", "keep"): {"Mine"},
    ("source_links", "union"): {"https://example.org/mine", "https://example.org/theirs"},
    ("source_links", "keep"): {"https://example.org/mine"},
    ("favourites", "union"): {"jon", "lena"},
    ("favourites", "keep"): {"jon"},
    ("visibility", "strictest"): "private",
    ("visibility", "keep"): "public",
    ("sensitive", "strictest"): True,
    ("sensitive", "keep"): False,
}


def test_the_table_has_every_rule_of_every_field() -> None:
    assert set(MERGED) == {(field, rule) for field, rules in MERGE_RULES.items() for rule in rules}


def fields_of(one: Image) -> dict[str, Any]:
    one.refresh_from_db()
    return {
        **{name: getattr(one, name) for name in ("title", "caption", "alt_text", "visibility", "sensitive")},
        "tags": set(one.tags.values_list("name", flat=True)),
        "albums": set(one.albums.values_list("name", flat=True)),
        "source_links": set(one.source_links.values_list("url", flat=True)),
        "favourites": set(one.favourites.values_list("user__username", flat=True)),
    }


@pytest.mark.parametrize(("field", "rule"), MERGED)
def test_a_field_becomes_what_its_rule_says_and_is_given_back(
    field: str, rule: str, lena: User, otto: User, mara: User, jon: User
) -> None:
    policy = Policy.objects.in_force()
    policy.merge_rules |= {field: rule}
    policy.save()
    k = image(lena, "k", title="", caption="Dawn")
    a = image(otto, "a", title="Lake", caption="East shore", alt_text="A lake", visibility="private", sensitive=True)
    for one, word, album, link, people in (
        (k, "sea", Album.objects.create(owner=lena, name="Mine"), "https://example.org/mine", [jon]),
        (a, "lake", Album.objects.create(owner=otto, name="Best"), "https://example.org/theirs", [jon, lena]),
    ):
        tag(one, word)
        one.albums.add(album)
        SourceLink.objects.create(image=one, url=link)
        favour(one, *people)
    assert fields_of(k) == KEEPER
    theirs = fields_of(a)
    find(k, a)
    decision = act("merge", case_of(k), mara, keeper=k.pk).decision
    assert fields_of(k)[field] == MERGED[field, rule]
    assert fields_of(a) == theirs
    undo.undo(decision, mara, decision_id=uuid.uuid4())
    assert fields_of(k) == KEEPER


def test_owner_contributors_and_first_seen_are_no_matter_of_choice(lena: User, otto: User, mara: User) -> None:
    k, a = image(lena, "k"), image(otto, "a")
    long_ago = timezone.now() - dt.timedelta(days=400)
    Image.objects.filter(pk=a.pk).update(first_seen=long_ago)
    find(k, a)
    act("merge", case_of(k), mara, keeper=k.pk)
    k.refresh_from_db()
    assert (k.owner, list(k.contributors.all()), k.first_seen) == (lena, [otto], long_ago)


# --- Which to keep ----------------------------------------------------------------------------------------------------


def test_the_policy_weighs_what_speaks_for_a_keeper(lena: User, jon: User) -> None:
    """A has the pixels, B is better described: which counts for more is the policy's to say."""
    a, b = image(lena, "a", title=""), image(lena, "b", caption="At dawn", alt_text="A lake", licence="CC0")
    StoredFile.objects.filter(image=b).update(width=700, height=525)
    policy = Policy.objects.in_force()
    images = list(Image.objects.select_related("file", "owner").order_by("pk"))
    none = dict.fromkeys(policy.keeper_weights, 0.0)
    for weight, best, reason in (("pixels", a, "1.3 × the pixels of B"), ("metadata", b, "better described than A")):
        policy.keeper_weights = none | {weight: 1.0}
        suggested = keeper.suggest(images, Pair.objects.none(), policy)
        assert (suggested.image, suggested.reasons) == (best, [reason])
    policy.keeper_weights = none
    assert keeper.suggest(images, Pair.objects.none(), policy).reasons == []


def test_a_format_is_no_reason_between_the_same_pixels(lena: User) -> None:
    a, b = image(lena, "a", pixels="lake"), image(lena, "b", pixels="lake")
    StoredFile.objects.filter(image=b).update(format="PNG")
    images = list(Image.objects.select_related("file", "owner").order_by("pk"))
    policy = Policy.objects.in_force()
    policy.keeper_weights = dict.fromkeys(policy.keeper_weights, 0.0) | {"compression": 0.5, "format": 0.5}
    suggested = keeper.suggest(images, Pair.objects.none(), policy)
    assert (suggested.image, len(suggested.reasons)) == (b, 2)
    pair = find(a, b, same_pixels=True)
    suggested = keeper.suggest(images, [pair], policy)
    assert (pair.tier, suggested.image, suggested.reasons) == (Pair.Tier.IDENTICAL, a, [])


def test_among_many_the_better_file_is_not_outweighed_by_who_came_sooner(lena: User) -> None:
    copies = [image(lena, f"copy {number}") for number in range(12)]
    for number, copy in enumerate(copies):
        StoredFile.objects.filter(image=copy).update(quality=50 + 4 * number)
    images = list(Image.objects.select_related("file", "owner").order_by("pk"))
    suggested = keeper.suggest(images, Pair.objects.none(), Policy.objects.in_force())
    assert suggested.image == copies[-1]
    assert suggested.best_first(images)[1:3] == [copies[-2], copies[-3]]
