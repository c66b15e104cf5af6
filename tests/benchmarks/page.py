"""The measurements of stages, uploads and searches as a section of docs/benchmarks.md."""

import datetime as dt
from collections.abc import Mapping

from tests.benchmarks.throughput import Run
from tests.benchmarks.timing import Times, milliseconds, table


def written(
    kind: str,
    processes: int,
    costs: Mapping[str, Times],
    run: Run,
    searches: Mapping[str, Times],
    *,
    vectors: int,
    embedder: str,
) -> str:
    """The section. ``kind`` says what the pictures were."""
    one, pair = costs["one picture"].median, costs["compare with another"].median
    stages = run.pictures * one + run.compared * pair
    summed = f"{run.pictures} × {milliseconds(one)} ms and {run.compared} × {milliseconds(pair)} ms"
    each = run.processor / run.pictures
    return f"""Written by `make bench` on {dt.datetime.now(dt.UTC):%-d %B %Y}. Machine class: {processes} cores, no GPU.
Compare ratios, not milliseconds.

## Stages, in one process

{table(("processor time of a stage", "median ms", "95th percentile ms"), _rows(costs))}

On {kind}, with the network `{embedder}`.
"one picture" is decoding, hashes, renditions and embedding together, as an upload has it.
"compare with another" is the dearest comparison: every verifier is asked, upright and mirrored.

## Uploads through the whole site

{run.pictures} uploads through the door, a worker of {processes} processes, Redis, the embedded Milvus and SQLite, until
all were compared: **{run.pictures / run.seconds:.1f} a second** ({run.seconds:.1f} s; the door alone took
{run.accept_seconds:.1f} s). The verifiers looked at {run.compared} pairs, {run.compared / run.pictures:.1f} an upload.

The stages alone compute for {stages:.1f} s: {summed}, from the table above.
Everything together, Redis and Milvus included, computed for {run.processor:.1f} s, {each * 1000:.0f} ms an upload:
**{stages / run.processor:.0%}** of that is the stages. The rest is the door, the wall around the decoder, the queue,
SQL and the index. {processes} cores with nothing else to do would bear {processes / each:.0f} uploads a second.

## Searches

{table((f"among {vectors:,} vectors of 512", "median ms", "95th percentile ms"), _rows(searches))}

In the embedded Milvus, strongly consistent, for the 22 nearest. It looks through rows that were just stored one by one,
and finds those that were flushed by its graph.
"""


def _rows(times: Mapping[str, Times]) -> list[list[str]]:
    return [[name, milliseconds(found.median), milliseconds(found.slow)] for name, found in times.items()]
