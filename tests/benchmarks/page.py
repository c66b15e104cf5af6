"""The measurements of stages, uploads and searches as a section of docs/benchmarks.md."""

import datetime as dt
from collections.abc import Mapping, Sequence

from tests.benchmarks.searching import Searches
from tests.benchmarks.stages import INDEX, INDEXED_AT_ONCE, PICTURE, STAGES
from tests.benchmarks.throughput import Run
from tests.benchmarks.timing import Times, milliseconds, table


def written(
    kind: str,
    processes: int,
    costs: Mapping[str, Times],
    run: Run,
    searches: Sequence[Searches],
    *,
    embedder: str,
) -> str:
    """The section. ``kind`` says what the pictures were."""
    alone = run.pictures * sum(costs[name].mean for name in STAGES)
    sight = run.pictures * costs[PICTURE].mean
    compared = run.compared * costs["compare with another"].median
    each, allowed = run.processor / run.pictures, processes * run.pictures / alone
    rate = run.pictures / run.seconds
    return f"""Written by `make bench` on {dt.datetime.now(dt.UTC):%-d %B %Y}. Machine class: {processes} cores, no GPU.
Compare ratios, not milliseconds.

## Stages, each for itself

{table(("processor time of a picture", "mean ms", "median ms", "95th percentile ms"), _stages(costs))}

On {run.pictures} {kind}, with the network `{embedder}`.
"{PICTURE}" is all of the parts above it, as an upload has them: with the content region embedded, too, where there is
one, and the original and three copies written. "{INDEX}" is its share of a batch of {INDEXED_AT_ONCE}, vectors and
hashes, with what the server computes. "compare with another" is the dearest comparison: every verifier is asked,
upright and mirrored.

## Uploads through the whole site

The sum of the stages is "{PICTURE}" and "{INDEX}" of the same pictures, in one process with nothing
around it, measured before the uploads and after them. What else a site computes is the door, the wall around the
decoder, the queue, leases and SQL. The goal is that the stages are at least 90% of everything.

{run.pictures} uploads through the door, a worker of {processes} processes, Redis, the embedded Milvus and SQLite, until
all were compared: **{rate:.1f} a second** ({run.seconds:.1f} s; the door alone took
{run.accept_seconds:.1f} s). The verifiers looked at {run.compared} pairs, {run.compared / run.pictures:.1f} an upload.

| | of all uploads | ms an upload |
| --- | ---: | ---: |
| the stages alone | {alone:.1f} s | {alone * 1000 / run.pictures:.1f} |
| of these "{PICTURE}" | {sight:.1f} s | {sight * 1000 / run.pictures:.1f} |
| comparisons | {compared:.1f} s | {compared * 1000 / run.pictures:.1f} |
| everything, Redis and Milvus included | {run.processor:.1f} s | {each * 1000:.1f} |

**{(alone + compared) / run.processor:.0%}** of what is computed is the stages, and {sight / run.processor:.0%} is
"{PICTURE}". With nothing else to do {processes} cores would bear {allowed:.1f} uploads a second of the
stages alone and {processes / each:.1f} of everything; this run, beside whatever else the machine did, had {rate:.1f}.

## Searches

{_searches(searches)}

In the embedded Milvus, strongly consistent, for the 22 nearest. It looks through rows that were just stored one by one,
and finds those that were flushed by its graph.
"""


def _stages(times: Mapping[str, Times]) -> list[list[str]]:
    return [[name, *map(milliseconds, (found.mean, found.median, found.slow))] for name, found in times.items()]


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
