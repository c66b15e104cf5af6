"""The race of two workers, on a genuine Milvus: the embedded server, with its one lock, could not prove it."""

from gallery.conf import conf
from tests.integration.test_milvus_race import missed

ROUNDS = 100


def test_of_two_near_copies_at_once_none_is_missed_in_a_hundred_rounds(milvus: str) -> None:
    assert missed(milvus, f"{conf().milvus_prefix}race", rounds=ROUNDS) == []
