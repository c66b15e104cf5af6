"""From one network to another, with uploads going on."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from gallery import embedders, index, tasks
from gallery.detection import collections, policies, rollout
from gallery.errors import PolicyError
from gallery.images.examination import Examination
from gallery.ingest import backfill
from gallery.models import Collection, Embedding, Image, Pair, Policy, StoredFile, User
from tests.uploading import upload_photograph

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        bool(embedders.missing("sscd") or embedders.missing("sscd_distilled")), reason="the weights are not installed"
    ),
]

OLD, NEW = "sscd", "sscd_distilled"


@pytest.fixture
def library(media: Path, lena: User, monkeypatch: pytest.MonkeyPatch) -> list[Image]:
    """Five images that the old network knows."""
    monkeypatch.setattr(backfill, "AT_ONCE", 2)
    images = [upload_photograph(lena, seed) for seed in range(5)]
    tasks.run_everything()
    return images


def seen_by(embedder: str) -> int:
    return Embedding.objects.of_model(embedders.key_of(embedder)).count()


def indexed(embedder: str) -> int:
    return index.load().count(collections.name_of(embedder))


def test_all_images_are_shown_to_the_new_network_and_nothing_else_changes(library: list[Image]) -> None:
    call_command("reindex", embedder=NEW)
    assert (seen_by(NEW), indexed(NEW)) == (5, 5)
    assert (seen_by(OLD), indexed(OLD)) == (5, 5)
    assert Policy.objects.in_force().embedder == OLD
    assert rollout.standing(NEW).is_complete


def test_interrupted_it_goes_on_where_it_was(library: list[Image]) -> None:
    def interrupted(stored: StoredFile) -> Examination:
        if stored.image_id == library[3].pk:
            raise KeyboardInterrupt
        return backfill.examine_stored(stored)

    first = backfill.fill_some(NEW, after=0, examine=backfill.examine_stored)
    assert first is not None
    with pytest.raises(KeyboardInterrupt):
        backfill.fill_some(NEW, after=first.last, examine=interrupted)
    assert seen_by(NEW) == 2
    call_command("reindex", embedder=NEW)
    assert (seen_by(NEW), indexed(NEW)) == (5, 5)


def test_what_is_uploaded_meanwhile_is_shown_to_both(library: list[Image], otto: User) -> None:
    rollout.begin(NEW)
    upload_photograph(otto, 11)
    tasks.run_everything()
    assert (seen_by(OLD), seen_by(NEW)) == (6, 1)
    call_command("reindex", embedder=NEW)
    assert (seen_by(NEW), indexed(NEW)) == (6, 6)


def test_after_the_switch_copies_are_found_by_the_new_network(library: list[Image], otto: User, ada: User) -> None:
    call_command("reindex", embedder=NEW, switch=True, by="ada")
    assert Policy.objects.in_force().embedder == NEW
    copy = upload_photograph(otto, 3, quality=40)
    tasks.run_everything()
    pair = Pair.objects.get(left=library[3], right=copy)
    assert pair.model_key == embedders.key_of(NEW)
    assert pair.state == Pair.State.OPEN


def test_rolling_back_finds_what_came_in_meanwhile(library: list[Image], otto: User, ada: User) -> None:
    before = Policy.objects.in_force()
    call_command("reindex", embedder=NEW, switch=True, by="ada")
    meanwhile = upload_photograph(otto, 12)
    tasks.run_everything()
    policies.restore(Policy.objects.get(pk=before.pk), ada, "It was better before.")
    call_command("reconcile_index", repair=True)
    copy = upload_photograph(ada, 12, quality=40)
    tasks.run_everything()
    pair = Pair.objects.get(left=meanwhile, right=copy)
    assert pair.model_key == embedders.key_of(OLD)


def test_dropped_nothing_of_it_is_left_and_nothing_new_comes(library: list[Image], otto: User, ada: User) -> None:
    call_command("reindex", embedder=NEW, switch=True, by="ada")
    call_command("reindex", drop=OLD)
    upload_photograph(otto, 13)
    tasks.run_everything()
    assert (seen_by(OLD), indexed(OLD)) == (0, 0)
    assert (seen_by(NEW), indexed(NEW)) == (6, 6)
    assert not Collection.objects.filter(fed_by=OLD).exists()


def test_the_network_in_force_is_not_dropped(library: list[Image]) -> None:
    with pytest.raises(CommandError, match="in force"):
        call_command("reindex", drop=OLD)
    assert seen_by(OLD) == 5


def test_it_is_not_switched_to_before_it_has_seen_all(library: list[Image], ada: User) -> None:
    rollout.begin(NEW)
    with pytest.raises(PolicyError, match="0 of 5"):
        rollout.switch(NEW, ada, "too early")
    assert Policy.objects.in_force().embedder == OLD


def test_an_original_that_is_gone_is_told_and_does_not_hold_up_the_rest(
    library: list[Image], ada: User, capsys: pytest.CaptureFixture[str]
) -> None:
    file = library[1].file
    assert file is not None
    file.refresh_from_db()
    Path(file.blob.path).unlink()
    call_command("reindex", embedder=NEW, switch=True, by="ada")
    assert f"{library[1].public_id} was left out" in capsys.readouterr().err
    assert Policy.objects.in_force().embedder == NEW
    assert seen_by(NEW) == 4


def test_a_network_without_weights_is_refused(library: list[Image], ada: User) -> None:
    if not embedders.missing("resnet50"):
        pytest.skip("the weights of resnet50 are installed")
    with pytest.raises(CommandError, match="fetch_models resnet50"):
        call_command("reindex", embedder="resnet50")
    draft = policies.draft_from(Policy.objects.in_force(), ada)
    draft.embedder = "resnet50"
    with pytest.raises(PolicyError, match="fetch_models resnet50"):
        policies.publish(draft, ada, "try it")


@pytest.mark.parametrize("by", [None, "nobody", "lena"])
def test_only_who_may_change_the_policy_publishes(library: list[Image], by: str | None) -> None:
    with pytest.raises(CommandError):
        call_command("reindex", embedder=NEW, switch=True, by=by)
    assert Policy.objects.in_force().embedder == OLD
