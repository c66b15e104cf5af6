"""PostgreSQL dies under load: who was told that an upload is safe was told the truth."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

from tests import pictures, servers, site
from tests.faults.ledger import Entry, note
from tests.faults.web import Answer, Web, manage, web

KILLS = 3
SENDERS = 3
NAME = "sender"
FINAL = "('compared', 'rejected', 'quarantined')"


def send_until(stopped: threading.Event, site_of_test: Web, first: int, answers: list[Answer]) -> None:
    """One small picture after the other, until the event is set."""
    number = first
    while not stopped.is_set():
        content = pictures.encoded(pictures.photograph(number, width=160, height=120, things=12))
        answers.append(site_of_test.upload(content))
        number += 1
        time.sleep(0.3)


@contextmanager
def uploads(site_of_test: Web) -> Iterator[list[Answer]]:
    """People who upload until the block ends; what they were answered."""
    stopped, answers = threading.Event(), list[Answer]()
    senders = [
        threading.Thread(target=send_until, args=(stopped, site_of_test, 10_000 * (number + 1), answers))
        for number in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    try:
        yield answers
    finally:
        stopped.set()
        for sender in senders:
            sender.join()


def count(url: str, condition: str) -> int:
    with closing(psycopg.connect(url)) as connection:
        row = connection.execute(f"SELECT count(*) FROM gallery_image WHERE {condition}").fetchone()
    return int(row[0]) if row else 0


def test_what_was_acknowledged_is_there_after_the_database_died(
    broker: str, milvus: str, media: Path, tmp_path: Path, db: None
) -> None:
    with servers.postgres_data() as data:
        environment = {**site.environment_of(tmp_path), "DATABASE_URL": data.url, "WORK_LEASE_SECONDS": "10"}
        with data.served():
            manage(environment, "migrate", "--verbosity", "0")
            superuser = {**environment, "DJANGO_SUPERUSER_PASSWORD": "nine brown foxes"}
            manage(superuser, "createsuperuser", "--noinput", "--username", NAME, "--email", "s@example.org")
            token = manage(environment, "api_token", NAME)
            with psycopg.connect(data.url) as connection:  # what is tried is not the network
                connection.execute("UPDATE gallery_policy SET embedder = 'sscd_distilled', neighbours = 2")
            connection.close()
        with (
            web(tmp_path, environment, token=token) as site_of_test,
            site.worker(tmp_path, environment=environment),
            site.beat(tmp_path, environment=environment),
        ):
            with uploads(site_of_test) as answers:
                for _round in range(KILLS):
                    with data.served() as server:
                        time.sleep(4)
                        server.send_signal(
                            signal.SIGQUIT
                        )  # its crash: no goodbye to anybody, recovery at the next start
                        server.wait()
                    time.sleep(2)
            with data.served():
                check(data.url, answers)


def check(url: str, answers: list[Answer]) -> None:
    since = time.monotonic()
    given = [answer for answer in answers if answer.status == 202]
    refused = [answer for answer in answers if answer.status != 202]
    ids = ", ".join(f"'{answer.image}'" for answer in given)
    site.wait_for("all that was taken is worked on", lambda: not count(url, _waiting(ids)), seconds=180)
    lost = len(given) - count(url, f"public_id IN ({ids}) AND stage IN {FINAL}")
    seconds = time.monotonic() - since
    injected = f"{KILLS} times, during {len(given)} uploads and {len(refused)} that were told to come again"
    note(Entry(11, "PostgreSQL crashes", injected, lost, seconds))
    assert lost == 0
    assert Counter(answer.status for answer in refused) == {503: len(refused)}
    assert all(int(answer.retry_after) > 0 for answer in refused)
    assert max(answer.seconds for answer in answers) < 15


def _waiting(ids: str) -> str:
    return f"public_id IN ({ids}) AND stage NOT IN {FINAL}"
