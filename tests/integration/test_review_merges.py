"""Merging: what becomes of every field, and what forbids it."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from gallery.errors import CaseChanged, NotAllowed, RuleBroken
from gallery.models import Album, Case, Image, JournalEntry, Merge, OutboxEntry, Pair, Policy, SourceLink, User, Verdict
from gallery.review import journal_words, merges
from gallery.review.actions import ACTIONS
from tests.judgement import act, case_of, favour, find, image, states, submit, tag

pytestmark = pytest.mark.django_db
State, Standing = Pair.State, Image.Standing


def test_a_copy_is_merged_into_the_keeper(lena: User, otto: User, mara: User) -> None:
    k, a = image(lena, "k"), image(otto, "a")
    pair = find(k, a)
    outcome = act("merge", case_of(k), mara, keeper=k.pk)
    a.refresh_from_db()
    assert (a.standing, a.merged_into) == (Standing.MERGED, k)
    assert states(pair) == [State.MERGED]
    assert outcome.sentence == "Merged into “k”. 1 decision closed 1 pair."
    assert Case.objects.open().count() == 0
    assert list(k.contributors.all()) == [otto]
    assert Image.objects.visible_to(otto).filter(pk=k.pk).exists()


def test_every_field_follows_its_rule(lena: User, otto: User, mara: User, jon: User) -> None:
    k = image(lena, "k", title="", caption="Dawn.", alt_text="A lake", visibility="public")
    a = image(otto, "a", title="Lake", caption="From the east shore", alt_text="a lake", visibility="private")
    b = image(lena, "b", title="Other", caption="dawn.", sensitive=True)
    earlier = timezone.now() - dt.timedelta(days=9)
    Image.objects.filter(pk=a.pk).update(first_seen=earlier)
    tag(k, "lake")
    tag(a, "lake", "dawn")
    favour(k, jon)
    favour(a, jon, lena)
    album = Album.objects.create(owner=otto, name="Best")
    a.albums.add(album)
    SourceLink.objects.create(image=b, url="https://example.org/lake")
    find(k, a)
    find(k, b)
    act("merge", case_of(k), mara, keeper=k.pk)
    k.refresh_from_db()
    assert k.title in {"Lake", "Other"}
    assert (k.caption, k.alt_text) == ("Dawn.\n\nFrom the east shore (otto)", "A lake")
    assert (k.visibility, k.sensitive, k.owner, k.first_seen) == ("private", True, lena, earlier)
    assert set(k.tags.values_list("name", flat=True)) == {"lake", "dawn"}
    assert set(k.favourites.values_list("user__username", flat=True)) == {"jon", "lena"}
    assert list(k.albums.all()) == [album]
    assert k.source_links.get().url == "https://example.org/lake"
    assert set(a.tags.values_list("name", flat=True)) == {"lake", "dawn"}, "what is absorbed keeps its own"


def test_the_policy_chooses_the_rules(lena: User, mara: User) -> None:
    policy = Policy.objects.in_force()
    policy.merge_rules |= {"caption": "keep", "tags": "keep", "visibility": "keep"}
    policy.save()
    k, a = image(lena, "k", caption="Mine"), image(lena, "a", caption="Theirs", visibility="private")
    tag(a, "lake")
    find(k, a)
    act("merge", case_of(k), mara, keeper=k.pk)
    k.refresh_from_db()
    assert (k.caption, k.visibility, k.tags.count()) == ("Mine", "public", 0)


def test_texts_that_do_not_fit_stay_where_they_are(lena: User, otto: User, mara: User) -> None:
    k, a = image(lena, "k", alt_text="x" * 990), image(otto, "a", alt_text="A much longer description")
    find(k, a)
    act("merge", case_of(k), mara, keeper=k.pk)
    k.refresh_from_db()
    a.refresh_from_db()
    assert (k.alt_text, a.alt_text) == ("x" * 990, "A much longer description")


def test_record_and_file_are_chosen_apart(lena: User, mara: User) -> None:
    k, a = image(lena, "k"), image(lena, "a")
    own, theirs = k.file, a.file
    find(k, a)
    act("merge", case_of(k), mara, keeper=k.pk, file=theirs.pk if theirs else None)
    k.refresh_from_db()
    a.refresh_from_db()
    assert (k.file, a.file) == (theirs, own)
    assert own
    assert a.file
    assert k.file
    assert k.file.purge_after is None
    days = (a.file.purge_after - timezone.now()).days if a.file.purge_after else None
    assert days == 29


def test_a_file_under_a_hold_gets_no_date_to_be_purged(lena: User, mara: User) -> None:
    k, a = image(lena, "k"), image(lena, "a", held=True)
    find(k, a)
    act("merge", case_of(k), mara, keeper=k.pk)
    a.refresh_from_db()
    assert a.file
    assert a.file.purge_after is None


def test_different_licences_wait_for_a_choice(lena: User, mara: User) -> None:
    k, a = image(lena, "k", licence="CC BY 4.0"), image(lena, "a", licence="CC0")
    find(k, a)
    case = case_of(k)
    with pytest.raises(RuleBroken, match=r"The licences differ: “CC BY 4\.0” and “CC0”"):
        act("merge", case, mara, keeper=k.pk)
    with pytest.raises(RuleBroken, match="The licences differ"):
        act("merge", case, mara, keeper=k.pk, choices={"licence": "my own"})
    act("merge", case, mara, keeper=k.pk, choices={"licence": "CC0"})
    k.refresh_from_db()
    assert k.licence == "CC0"


def test_only_a_senior_merges_what_was_approved_as_different(lena: User, mara: User, jon: User) -> None:
    k, a, b = (image(lena, name) for name in "kab")
    find(k, a)
    act("different", case_of(k), mara)
    find(k, b)
    find(a, b)
    case = case_of(b)
    with pytest.raises(RuleBroken, match=r"mara approved “k” and “a” as different .* Only a senior"):
        act("merge", case, mara, images=[k.pk, a.pk, b.pk], keeper=k.pk)
    with pytest.raises(RuleBroken, match="Say why"):
        act("merge", case, jon, images=[k.pk, a.pk, b.pk], keeper=k.pk)
    act("merge", case, jon, images=[k.pk, a.pk, b.pk], keeper=k.pk, reason="earlier_mistake")
    assert Image.objects.filter(merged_into=k).count() == 2


def test_chains_are_never_merged_whole(lena: User, mara: User) -> None:
    k, a, b = (image(lena, name) for name in "kab")
    find(k, a)
    ab = find(a, b)
    act("merge", case_of(k), mara, keeper=k.pk)
    assert set(Image.objects.filter(merged_into=k)) == {a}
    assert states(ab) == [State.MOOT]


def test_an_open_question_is_carried_on_to_the_keeper(lena: User, mara: User) -> None:
    k, a, b = (image(lena, name) for name in "kab")
    find(k, a)
    find(a, b)
    act("merge", case_of(k), mara, keeper=k.pk, images=[k.pk, a.pk])
    carried = Pair.objects.between(k.pk, b.pk).get()
    assert carried.state == State.CANDIDATE
    assert OutboxEntry.objects.filter(topic="verify", key=str(carried.right_id)).exists()


def test_some_are_merged_and_the_rest_is_different(lena: User, mara: User) -> None:
    k, a, b, c = (image(lena, name) for name in "kabc")
    pairs = [find(k, a), find(k, b), find(k, c)]
    outcome = act("merge", case_of(k), mara, keeper=k.pk, images=[k.pk, a.pk], rest="different")
    assert states(*pairs) == [State.MERGED, State.DIFFERENT, State.DIFFERENT]
    assert outcome.pairs_closed == 3
    assert find(b, c).state == State.DIFFERENT
    assert set(Verdict.objects.values_list("kind", flat=True)) == {"same", "different"}


def test_redirects_are_flat(lena: User, mara: User) -> None:
    z, k, a = (image(lena, name) for name in "zka")
    find(k, a)
    act("merge", case_of(k), mara, keeper=k.pk)
    find(z, k)
    act("merge", case_of(z), mara, keeper=z.pk)
    assert set(Image.objects.filter(merged_into=z)) == {k, a}


def test_an_image_that_was_merged_meanwhile_stands_for_its_keeper(lena: User, mara: User) -> None:
    z, k, a = (image(lena, name) for name in "zka")
    find(k, a)
    act("merge", case_of(k), mara, keeper=k.pk)
    find(z, k)
    act("merge", case_of(z), mara, keeper=a.pk, images=[z.pk, a.pk])
    z.refresh_from_db()
    assert z.merged_into == k


def test_an_image_from_elsewhere_is_not_merged(lena: User, mara: User) -> None:
    k, a, stranger = (image(lena, name) for name in "kas")
    find(k, a)
    with pytest.raises(CaseChanged):
        act("merge", case_of(k), mara, keeper=k.pk, images=[k.pk, stranger.pk])
    with pytest.raises(RuleBroken, match="belongs to none"):
        act("merge", case_of(k), mara, keeper=k.pk, file=stranger.file_id)


def test_the_database_itself_refuses_to_merge_an_image_into_itself(lena: User) -> None:
    k = image(lena, "k")
    with pytest.raises(IntegrityError), transaction.atomic():
        Image.objects.filter(pk=k.pk).update(standing=Standing.MERGED, merged_into=k)


def test_the_preview_shows_what_the_merge_then_does(lena: User, otto: User, mara: User) -> None:
    k, a = image(lena, "k", title=""), image(otto, "a", title="Lake", licence="CC0")
    tag(a, "lake")
    find(k, a)
    case = case_of(k)
    before = list(Image.objects.values())
    seen = merges.preview(case, mara, keeper=k.pk)
    assert list(Image.objects.values()) == before
    assert (seen.keeper, seen.images, seen.redirects, seen.people) == (k, [k, a], [a.public_id], ["lena", "otto"])
    assert seen.choices == {"licence": ["", "CC0"]}
    assert [sentence[:19] for sentence in seen.blocked] == ["The licences differ"]
    seen = merges.preview(case, mara, keeper=k.pk, choices={"licence": "CC0"})
    assert seen.blocked == []
    becomes = {row.label: row.result for row in seen.fields if row.changes}
    assert becomes == {"Title": "Lake", "Licence": "CC0", "Tags": "lake", "Contributors": "otto"}
    act("merge", case, mara, keeper=k.pk, choices={"licence": "CC0"})
    k.refresh_from_db()
    assert (k.title, k.licence) == ("Lake", "CC0")


def test_a_preview_is_not_for_owners(lena: User, mara: User) -> None:
    k, a = image(mara, "k"), image(lena, "a")
    find(k, a)
    with pytest.raises(NotAllowed):
        merges.preview(case_of(k), mara, keeper=k.pk)


def test_every_change_is_written_down_in_words(lena: User, otto: User, mara: User) -> None:
    k, a = image(lena, "k", title=""), image(otto, "a", title="Lake")
    tag(a, "lake")
    find(k, a)
    act("merge", case_of(k), mara, keeper=k.pk, file=a.file_id)
    entries = list(Merge.objects.get().journal.all())
    told = [journal_words.done(entry, journal_words.Names.of(entries)) for entry in entries]
    assert "Tags of “Lake”: added lake." in told
    assert "Title of “Lake”: “” became “Lake”." in told
    assert "The address of “Lake” leads to “Lake”." in told
    assert JournalEntry.objects.count() == len(told) == len(set(told))


def test_a_merge_that_breaks_off_leaves_nothing(lena: User, mara: User, monkeypatch: pytest.MonkeyPatch) -> None:
    k, a = image(lena, "k"), image(lena, "a")
    find(k, a)
    case = case_of(k)
    form = submit(case, keeper=k.pk)

    def fail(*_given: object, **_named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("gallery.review.contents.settle", fail)
    with pytest.raises(ZeroDivisionError):
        ACTIONS["merge"].run(case, mara, submit=form)
    a.refresh_from_db()
    assert (a.standing, Merge.objects.count(), JournalEntry.objects.count()) == (Standing.LIVE, 0, 0)
    case.refresh_from_db()
    assert case.version == form.seen_version
