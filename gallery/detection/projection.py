"""
The state of a pair is a projection of the live verdicts, the merges and the policy. This is the only writer of it.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from gallery import outbox
from gallery.detection import scoring
from gallery.detection.judged import Judgements
from gallery.detection.walks import Links, connected, group_of
from gallery.models import Image, Pair, Policy, Verdict

State = Pair.State

STATE_OF_VERDICT = {
    Verdict.Kind.DIFFERENT: State.DIFFERENT,
    Verdict.Kind.RELATED: State.RELATED,
    Verdict.Kind.INTENTIONAL: State.INTENTIONAL,
}

CHUNK = 500


def project(pairs: QuerySet[Pair]) -> int:
    """
    Recompute the state of ``pairs`` in bounded memory. Returns how many changed.

    Cases are not touched: call :func:`gallery.detection.cases.connect` with the images afterwards.
    """
    policy = Policy.objects.in_force()
    rows = pairs.select_related("left", "right").order_by("-tier", "-score", "pk")
    links = Links()
    return sum(_project_some(chunk, policy, links) for chunk in chunks(rows.iterator(CHUNK), CHUNK))


def chunks(rows: Iterable[Pair], size: int) -> Iterator[list[Pair]]:
    """``rows`` in lists of at most ``size``."""
    found = iter(rows)
    while chunk := list(islice(found, size)):
        yield chunk


def _project_some(pairs: list[Pair], policy: Policy, links: Links) -> int:
    judgements, now = Judgements({image for pair in pairs for image in (pair.left_id, pair.right_id)}), timezone.now()
    changed = 0
    alike: dict[tuple[object, ...], list[int]] = {}
    for pair in pairs:
        was_open = pair.state == State.OPEN
        if not _recompute(pair, judgements, policy, links):
            continue
        changed += 1
        pair.closed_at = None if pair.state in _UNDECIDED else (pair.closed_at or now)
        if was_open or pair.state == State.OPEN:
            pair.save(update_fields=_WRITTEN)
            links.forget()
        else:  # no other pair depends on it: thousands of copies that are answered at once end alike
            alike.setdefault(tuple(getattr(pair, name) for name in _COLUMNS), []).append(pair.pk)
        if pair.state == State.CANDIDATE:
            outbox.send("verify", key=pair.right_id)
    for values, ids in alike.items():
        Pair.objects.filter(pk__in=ids).update(**dict(zip(_COLUMNS, values, strict=True)))
    return changed


_WRITTEN = ["state", "tier", "score", "policy", "verdict", "premise", "case", "closed_at"]
_COLUMNS = ["state", "tier", "score", "policy_id", "verdict_id", "premise_id", "case_id", "closed_at"]


def _recompute(pair: Pair, judgements: Judgements, policy: Policy, links: Links) -> bool:
    """Whether anything of ``pair`` is another now."""
    before = (pair.state, pair.tier, pair.score, pair.verdict_id, pair.premise_id, pair.case_id)
    pair.verdict = pair.premise = None
    if pair.compared_at:
        signals = scoring.Signals.of(pair)
        pair.tier, pair.score, pair.policy = scoring.tier(signals, policy), scoring.score(signals), policy
    pair.state = _state(pair, judgements, policy, links)
    if pair.state != State.OPEN:
        pair.case = None
    return before != (pair.state, pair.tier, pair.score, pair.verdict_id, pair.premise_id, pair.case_id)


_UNDECIDED = {State.CANDIDATE, State.UNFLAGGED, State.REDUNDANT, State.OPEN}


def leave_out(image: int) -> set[int]:
    """
    Close those of the candidates of ``image`` that lead to where it is connected already. Returns the pairs' ids.

    What :func:`project` makes of each, in a few statements for all: of hundreds of copies that arrive together each has
    many candidates, and the first that is a copy connects it with nearly all of them. To be called where cases are
    changed by nobody else.
    """
    waiting = Pair.objects.filter(right=image, state=State.CANDIDATE, compared_at=None)
    group = group_of(image)
    if len(group) == 1:
        return set()
    rows = [pair for pair in waiting.select_related("left", "right") if pair.left_id in group]
    judgements = Judgements({image, *(pair.left_id for pair in rows)})
    closed = {pair.pk for pair in rows if _settled(pair, judgements) is None}
    Pair.objects.filter(pk__in=closed).update(state=State.REDUNDANT, verdict=None, premise=None, case=None)
    return closed


def _state(pair: Pair, judgements: Judgements, policy: Policy, links: Links) -> Pair.State:
    if settled := _settled(pair, judgements):
        return settled
    if pair.compared_at is None:
        return State.REDUNDANT if links.connect(pair) else State.CANDIDATE
    if not scoring.flagged(pair.tier, policy):
        return State.UNFLAGGED
    return State.REDUNDANT if connected(pair) else State.OPEN


def _settled(pair: Pair, judgements: Judgements) -> Pair.State | None:
    """What people made of it, by a removal, a merge or a verdict; None if it is the machine's."""
    left, right = pair.left, pair.right
    if Image.Standing.REMOVED in (left.standing, right.standing):
        return State.MOOT
    if (left.merged_into_id or left.pk) == (right.merged_into_id or right.pk):
        return State.MERGED
    if Image.Standing.MERGED in (left.standing, right.standing):
        return State.MOOT  # the keeper's own pair with the other carries the question on
    if answer := judgements.answer(pair.left_id, pair.right_id):
        pair.verdict, pair.premise_id = answer.verdict, answer.premise
        return STATE_OF_VERDICT[Verdict.Kind(answer.verdict.kind)]
    return None


_SURE: tuple[str, int] = (State.OPEN.value, Pair.Tier.CERTAIN.value)
"""The state and the least tier of a pair that is walked along."""


def roots_of(images: set[int]) -> dict[int, set[int]]:
    """
    The oldest images that each of ``images`` is a sure copy of, by way of open pairs; itself if there are none.

    One query, however long the chains are: some hundred copies that were each found by way of the last make a chain of
    some hundred steps.
    """
    parents: dict[int, set[int]] = {image: set() for image in images}
    for newer, older in _steps_upwards(images):
        parents.setdefault(newer, set()).add(older)
        parents.setdefault(older, set())
    return {image: _ends(image, parents) for image in images}


_STEPS = """
    WITH RECURSIVE above (image) AS (
        SELECT id FROM gallery_image WHERE id IN ({images})
        UNION
        SELECT step.left_id FROM gallery_pair step JOIN above ON step.right_id = above.image
        WHERE step.state = %s AND step.tier >= %s
    )
    SELECT step.right_id, step.left_id FROM gallery_pair step JOIN above ON step.right_id = above.image
    WHERE step.state = %s AND step.tier >= %s
"""


def _steps_upwards(images: set[int]) -> list[tuple[int, int]]:
    """The sure open pairs, newer and older image, that are met on all ways from ``images`` to the oldest."""
    if not images:
        return []
    query = _STEPS.format(images=", ".join(["%s"] * len(images)))
    with connection.cursor() as cursor:
        cursor.execute(query, [*images, *_SURE, *_SURE])
        return [(newer, older) for newer, older in cursor.fetchall()]


def _ends(image: int, parents: dict[int, set[int]]) -> set[int]:
    seen, frontier, ends = {image}, [image], set[int]()
    while frontier:
        at = frontier.pop()
        if not parents[at]:
            ends.add(at)
        frontier += parents[at] - seen
        seen |= parents[at]
    return ends
