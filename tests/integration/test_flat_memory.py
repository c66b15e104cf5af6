"""What a page or a bulk job needs does not grow with the library."""

import gc
import tracemalloc
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from gallery.detection.projection import project
from gallery.models import Case, CaseMember, Decision, Image, Pair, Policy, StoredFile, User, Verdict, VerdictContent

pytestmark = [pytest.mark.invariant(10), pytest.mark.django_db]

FEW, MANY = 240, 2400
"""Images. A few fill every page already."""

SLACK = 150_000
"""Bytes that a second run may need more than the first for what has nothing to do with rows."""


def grow_to(images: int, owner: User, by: User) -> None:
    """A library of so many images in pairs: every other pair was decided, the others are cases that wait."""
    start = Image.objects.count()
    made = Image.objects.bulk_create(
        Image(owner=owner, stage=Image.Stage.COMPARED, title=f"Image {n}") for n in range(start, images)
    )
    files = StoredFile.objects.bulk_create(
        StoredFile(image=one, blob=f"{one.public_id}.jpg", original_name="a.jpg", format="JPEG", sha256=f"{one.pk:064}")
        for one in made
    )
    for one, file in zip(made, files, strict=True):
        one.file = file
    Image.objects.bulk_update(made, ["file"])
    policy = Policy.objects.in_force()
    for place in range(0, len(made), 2):
        _pair(made[place], made[place + 1], by, policy, is_decided=place % 4 == 0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as databases do by themselves, but not for rows of a transaction that is open


def _pair(left: Image, right: Image, by: User, policy: Policy, *, is_decided: bool) -> None:
    case = Case.objects.create(opened_under=policy, size=2, tier=Pair.Tier.CERTAIN, score=0.9)
    CaseMember.objects.bulk_create(CaseMember(case=case, image=image, live=not is_decided) for image in (left, right))
    if is_decided:
        Case.objects.filter(pk=case.pk).update(state=Case.State.CLOSED, closed_at=timezone.now())
        decision = Decision.objects.create(action="different", actor=by, case=case)
        verdict = Verdict.objects.create(kind="different", decision=decision, by=by, policy=policy)
        VerdictContent.objects.bulk_create(
            VerdictContent(verdict=verdict, image=image, sha256=f"{image.pk:064}") for image in (left, right)
        )
    Pair.objects.create(
        left=left,
        right=right,
        case=None if is_decided else case,
        state=Pair.State.DIFFERENT if is_decided else Pair.State.OPEN,
        similarity=0.9,
        cells=40,
        matches=90,
        ncc=0.96,
        textured_share=0.97,
        compared_at=timezone.now(),
    )


def peak_of(work: Callable[[], object]) -> int:
    """Bytes that ``work`` holds at most at one time."""
    work()  # what is kept from the first time on is not counted
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


ADDRESSES = (
    "/images/",
    "/uploads/",
    "/decisions/?whose=all",
    "/verdicts/",
    "/review/",
    "/review/cases/",
    "/review/appeals/",
    "/api/images",
    "/api/cases",
    "/api/verdicts",
)


@pytest.mark.slow
def test_10_no_page_needs_more_memory_in_a_larger_library(lena: User, jon: User) -> None:
    clients = {address: Client() for address in ADDRESSES}
    for address, client in clients.items():
        client.force_login(lena if address == "/uploads/" else jon)

    def look(address: str) -> None:
        response = clients[address].get(address)
        assert response.status_code == 200, (address, response.content[:400])

    grow_to(FEW, lena, jon)
    few = {address: peak_of(partial(look, address)) for address in ADDRESSES}
    grow_to(MANY, lena, jon)
    many = {address: peak_of(partial(look, address)) for address in ADDRESSES}
    grown = {address: (few[address], many[address]) for address in ADDRESSES}
    assert not {address: ends for address, ends in grown.items() if ends[1] > 1.3 * ends[0] + SLACK}


@pytest.mark.slow
def test_10_sorting_all_pairs_anew_needs_no_more_memory_for_more_of_them(lena: User, jon: User) -> None:
    grow_to(2400, lena, jon)  # more than the two chunks that are held while one takes the other's place
    few = peak_of(lambda: project(Pair.objects.all()))
    grow_to(4800, lena, jon)
    many = peak_of(lambda: project(Pair.objects.all()))
    assert Pair.objects.count() == 2400
    assert many < 1.3 * few + SLACK
