"""Reading what is known of a folder of pictures."""

from pathlib import Path

import pytest

from gallery.evaluation.labels import LabelsUnreadable, read


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def test_every_subfolder_holds_the_copies_of_one_picture(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.jpg", "cat/2.jpg", "cat/deep/3.jpg", "dog/1.jpg", "alone.jpg", "notes.txt")
    labels = read(tmp_path)
    assert labels.files == ["alone.jpg", "cat/1.jpg", "cat/2.jpg", "cat/deep/3.jpg", "dog/1.jpg"]
    assert set(labels.pairs) == {
        ("cat/1.jpg", "cat/2.jpg"),
        ("cat/1.jpg", "cat/deep/3.jpg"),
        ("cat/2.jpg", "cat/deep/3.jpg"),
    }
    assert {known.label for known in labels.pairs.values()} == {"duplicate"}


def test_pairs_are_read_whichever_way_round_they_are_listed(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.jpg", "c.jpg")
    (tmp_path / "pairs.csv").write_text(
        "a,b,label,strength,transform,group\nb.jpg,a.jpg,duplicate,light,resize,g\nb.jpg,c.jpg,different,,,g\n"
    )
    labels = read(tmp_path)
    assert labels.pairs["a.jpg", "b.jpg"].strength == "light"
    assert labels.pairs["b.jpg", "c.jpg"].label == "different"
    assert labels.share_a_group(("a.jpg", "c.jpg"))


def test_a_pair_with_a_picture_elsewhere_is_left_out_and_counted(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.jpg", "in/b.jpg", "out/c.jpg")
    (tmp_path / "pairs.csv").write_text("a,b,label\nin/a.jpg,in/b.jpg,duplicate\nin/a.jpg,out/c.jpg,duplicate\n")
    labels = read(tmp_path, only=["in"])
    assert labels.files == ["in/a.jpg", "in/b.jpg"]
    assert labels.left_out == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n", "needs the columns"),
        ("a,b,label\na.jpg,b.jpg,same\n", "line 2"),
        ("a,b,label\na.jpg,a.jpg,duplicate\n", "line 2"),
        ("a,b,label\na.jpg,b.jpg,different\n", "nothing to find"),
    ],
)
def test_labels_that_make_no_sense_are_told(tmp_path: Path, text: str, said: str) -> None:
    touch(tmp_path, "a.jpg", "b.jpg")
    (tmp_path / "pairs.csv").write_text(text)
    with pytest.raises(LabelsUnreadable, match=said):
        read(tmp_path)


def test_a_group_is_in_one_half_and_each_half_has_some(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{group}/{copy}.jpg" for group in range(24) for copy in "ab"))
    labels = read(tmp_path)
    halves = [labels.only("fit"), labels.only("report")]
    assert sum(len(half.pairs) for half in halves) == len(labels.pairs) == 24
    assert all(len(half.pairs) >= 4 for half in halves)
    for group in range(24):
        assert (
            labels.half_of(f"{group}/a.jpg") == labels.half_of(f"{group}/b.jpg") == labels.half_of("", group=str(group))
        )
    assert read(tmp_path).only("fit").pairs == halves[0].pairs


def test_pairs_of_refused_pictures_are_counted_apart(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.jpg", "cat/2.jpg", "cat/3.bmp")
    labels = read(tmp_path).without(["cat/3.bmp"])
    assert set(labels.pairs) == {("cat/1.jpg", "cat/2.jpg")}
    assert labels.refused == 2


def test_pictures_without_copies_may_be_read_to_make_copies_of_them(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.jpg")
    with pytest.raises(LabelsUnreadable):
        read(tmp_path)
    assert read(tmp_path, needs_copies=False).files == ["a.jpg", "b.jpg"]
