"""A large library in the database alone: images, open cases, and what was decided before. No file and no vector."""

import datetime as dt
import hashlib
import random
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from gallery.models import (
    Case,
    CaseMember,
    Decision,
    Fingerprint,
    Image,
    Pair,
    Policy,
    Role,
    StoredFile,
    User,
    Verdict,
    VerdictContent,
)

AT_ONCE = 2000
"""Rows in one statement."""

PEOPLE = 400
"""Who the images belong to."""

SIZES = (2, 2, 2, 2, 2, 2, 3, 3, 5, 12, 30)
"""Of cases, one after the other: most are of two, some are as large as a case gets."""

DAYS = 90
"""That the images and the decisions go back."""


def build(*, images: int, open_pairs: int, decided: int) -> None:
    """
    Fill an empty database with ``images``, of which the oldest are in cases of ``open_pairs`` and in ``decided`` pairs.

    Tables are told to look at their statistics again, as they do by themselves some minutes later.
    """
    random_ = random.Random(20)
    uploaders = User.objects.bulk_create(User(username=f"person {number}") for number in range(PEOPLE))
    kept = _images(images, uploaders, random_)
    used = _cases(kept, open_pairs, random_)
    _decisions(kept[used:], decided, random_)


def person(name: str, role: str) -> User:
    """Somebody with ``role``."""
    user = User.objects.create(username=name)
    user.groups.add(Group.objects.get(name=role))
    return user


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _moments(count: int) -> Iterator[dt.datetime]:
    """As many moments, evenly over the last :data:`DAYS`, the oldest first."""
    now = timezone.now()
    return (now - dt.timedelta(days=DAYS) * (count - number) / count for number in range(count))


def _images(count: int, owners: Sequence[User], random_: random.Random) -> list[Image]:
    made = Image.objects.bulk_create(
        (
            Image(
                owner=random_.choice(owners),
                title=f"Photograph {number}",
                stage=Image.Stage.COMPARED,
                upload_hash=_digest(str(number)),
                created_at=at,
                first_seen=at,
            )
            for number, at in enumerate(_moments(count))
        ),
        batch_size=AT_ONCE,
    )
    files = StoredFile.objects.bulk_create((_file(image, random_) for image in made), batch_size=AT_ONCE)
    Fingerprint.objects.bulk_create(
        (
            Fingerprint(
                file=file, pixel_hash=file.sha256, decoder_version=1, pdq=bytes(256), pdq_quality=90, dominant_share=0.1
            )
            for file in files
        ),
        batch_size=AT_ONCE,
    )
    for image, file in zip(made, files, strict=True):
        image.file = file
    Image.objects.bulk_update(made, ["file"], batch_size=AT_ONCE)
    return made


def _file(image: Image, random_: random.Random) -> StoredFile:
    return StoredFile(
        image=image,
        blob=f"originals/{image.public_id}.jpg",
        original_name=f"IMG_{image.pk}.jpg",
        content_type="image/jpeg",
        format="JPEG",
        bytes=random_.randint(40_000, 6_000_000),
        sha256=image.upload_hash,
        width=random_.choice([800, 1600, 4000]),
        height=random_.choice([600, 1200, 3000]),
        quality=random_.choice([70, 85, 92]),
        created_at=image.created_at,
    )


def _signals(random_: random.Random) -> dict[str, Any]:
    """What comparing measured: some pairs certain, some likely."""
    sure = random_.random() < 0.5
    return {
        "tier": Pair.Tier.CERTAIN if sure else Pair.Tier.REVIEW,
        "score": random_.uniform(0.8, 0.99) if sure else random_.uniform(0.5, 0.8),
        "similarity": random_.uniform(0.6, 0.95),
        "model_key": "sscd",
        "pdq_distance": random_.randint(0, 120),
        "pdq_usable": True,
        "cells": random_.randint(20, 80),
        "matches": random_.randint(60, 300),
        "ncc": random_.uniform(0.85, 0.99),
        "textured_share": random_.uniform(0.8, 1.0),
        "traits": random_.choice([0, 0, 1, 4, 8, 16]),
        "compared_at": timezone.now(),
    }


def _cases(images: Sequence[Image], open_pairs: int, random_: random.Random) -> int:
    """Cases of neighbouring images, each copy paired with the oldest. Returns how many images they took."""
    policy = Policy.objects.in_force()
    groups: list[Sequence[Image]] = []
    used = pairs = 0
    while pairs < open_pairs:
        size = SIZES[len(groups) % len(SIZES)]
        groups.append(images[used : used + size])
        used, pairs = used + size, pairs + size - 1
    members: list[CaseMember] = []
    found: list[Pair] = []
    cases = Case.objects.bulk_create(
        (Case(size=len(group), opened_under=policy) for group in groups), batch_size=AT_ONCE
    )
    for case, group in zip(cases, groups, strict=True):
        members += [CaseMember(case=case, image=image) for image in group]
        of_case = [_pair(group[0], copy, Pair.State.OPEN, policy, random_, case=case) for copy in group[1:]]
        case.tier, case.score = max((pair.tier, pair.score) for pair in of_case)
        found += of_case
    Case.objects.bulk_update(cases, ["tier", "score"], batch_size=AT_ONCE)
    CaseMember.objects.bulk_create(members, batch_size=AT_ONCE)
    Pair.objects.bulk_create(found, batch_size=AT_ONCE)
    return used


def _pair(left: Image, right: Image, state: str, policy: Policy, random_: random.Random, **more: Any) -> Pair:
    return Pair(left=left, right=right, state=state, policy=policy, **_signals(random_), **more)


def _decisions(images: Sequence[Image], count: int, random_: random.Random) -> None:
    """As many pairs told different or related, each by a decision of one of eight moderators."""
    policy = Policy.objects.in_force()
    moderators = [person(f"moderator {number}", Role.MODERATOR) for number in range(8)]
    kinds = [Verdict.Kind.DIFFERENT, Verdict.Kind.DIFFERENT, Verdict.Kind.RELATED]
    decisions = Decision.objects.bulk_create(
        (
            Decision(action=random_.choice(kinds), actor=random_.choice(moderators), at=at, pairs_closed=1)
            for at in _moments(count)
        ),
        batch_size=AT_ONCE,
    )
    verdicts = Verdict.objects.bulk_create(
        (Verdict(kind=made.action, decision=made, by=made.actor, at=made.at, policy=policy) for made in decisions),
        batch_size=AT_ONCE,
    )
    couples = [(images[2 * number], images[2 * number + 1]) for number in range(count)]
    VerdictContent.objects.bulk_create(
        (
            VerdictContent(
                verdict=verdict, image=image, sha256=image.upload_hash, pixel_hash=image.upload_hash, decoder_version=1
            )
            for verdict, couple in zip(verdicts, couples, strict=True)
            for image in couple
        ),
        batch_size=AT_ONCE,
    )
    Pair.objects.bulk_create(
        (
            _pair(*couple, verdict.kind, policy, random_, verdict=verdict, closed_at=verdict.at)
            for verdict, couple in zip(verdicts, couples, strict=True)
        ),
        batch_size=AT_ONCE,
    )
