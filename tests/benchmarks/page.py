"""The measurements of stages, uploads and searches as a section of docs/benchmarks.md."""

import datetime as dt
from collections.abc import Mapping, Sequence
from statistics import median

from gallery.index.lookup import EXACT_ROWS
from tests.benchmarks.rounds import Round
from tests.benchmarks.searching import Searches
from tests.benchmarks.stages import INDEX, INDEXED_AT_ONCE, PICTURE
from tests.benchmarks.timing import Times, milliseconds, table


def written(
    kind: str,
    processes: int,
    costs: Mapping[str, Times],
    rounds: Sequence[Round],
    searches: Sequence[Searches],
    *,
    embedder: str,
) -> str:
    """The section. ``kind`` says what the pictures were."""
    return f"""Written by `make bench` on {dt.datetime.now(dt.UTC):%-d %B %Y}. Machine class: {processes} cores, no GPU.
Compare ratios, not milliseconds.

## Stages, each for itself

{table(("processor time of a picture", "mean ms", "median ms", "95th percentile ms"), _stages(costs))}

On {len(costs[PICTURE].seconds)} {kind}, with the network `{embedder}`.
"{PICTURE}" is all of the parts above it, as an upload has them: with the content region embedded, too, where there is
one, and the original and three copies written. "{INDEX}" is its share of a batch of {INDEXED_AT_ONCE}, vectors and
hashes, with what the server computes. "compare with another" is the dearest comparison: every verifier is asked,
upright and mirrored.

{uploads(processes, rounds)}
## Searches

{_searches(searches)}

In the embedded Milvus, strongly consistent, for the 22 nearest. It looks through rows one by one, those that were just
stored and those of segments of at most {EXACT_ROWS:,} rows, and finds others by a graph.
"""


def uploads(processes: int, rounds: Sequence[Round]) -> str:
    """The part about whole uploads, without the blank line after it."""
    pictures, compared = sum(done.site.pictures for done in rounds), sum(done.site.compared for done in rounds)
    share = median(done.share for done in rounds)
    return f"""## Uploads through the whole site

{pictures} pictures in {len(rounds)} rounds, each time through the door, a worker of {processes} processes, Redis, the
embedded Milvus and SQLite, until all were compared; before it and after it as stages alone ("{PICTURE}" and
"{INDEX}"), in {processes} processes with nothing around them. What else a site computes is the door, the wall
around the decoder, the queue, leases and SQL. The goal is that the stages are at least 90% of everything.

{_rounds(rounds)}

Of what is computed the stages are **{share:.0%}**, the median of the rounds. Comparisons count as a
stage; there were {compared}. A round is over when its last picture is through: a site that always has work is a little
faster.
"""


def _stages(times: Mapping[str, Times]) -> list[list[str]]:
    return [[name, *map(milliseconds, (found.mean, found.median, found.slow))] for name, found in times.items()]


def _rounds(rounds: Sequence[Round]) -> str:
    """A row a round, and the medians."""
    head = ("round", "stages: ms a picture", "a second", "whole site: ms a picture", "a second", "stages' share")
    columns = [
        [1000 * done.alone.each for done in rounds],
        [done.alone.rate for done in rounds],
        [1000 * done.site.each for done in rounds],
        [done.site.rate for done in rounds],
    ]
    shares = [done.share for done in rounds]
    rows = [
        [name, *(f"{value:.1f}" for value in values), f"{share:.0%}"]
        for name, values, share in zip(
            [*map(str, range(1, len(rounds) + 1)), "median"],
            [*zip(*columns, strict=True), tuple(map(median, columns))],
            [*shares, median(shares)],
            strict=True,
        )
    ]
    return table(head, rows)


def _searches(searches: Sequence[Searches]) -> str:
    """A column of medians and one of what is slow for each size."""
    heads = ["vectors of 512"]
    for asked in searches:
        heads += [f"among {asked.count:,}: median ms", "95th percentile ms"]
    rows = [
        [
            name,
            *(
                milliseconds(value)
                for asked in searches
                for value in (asked.times[name].median, asked.times[name].slow)
            ),
        ]
        for name in searches[0].times
    ]
    return table(heads, rows)
