"""count on an executor: runs of packed rows from blocks of a corpus, shuffled through a store, added up by rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from wordvec.base.arguments import whole_number
from wordvec.base.errors import OptionError
from wordvec.base.threads import in_order, thread_pool
from wordvec.cooccurrence import Cooccurrence, Counting
from wordvec.cooccurrence.blocks import Part, Rows, blocks, ranges
from wordvec.cooccurrence.counter import cooccurrence_of, tell
from wordvec.cooccurrence.plan import Plan
from wordvec.cooccurrence.spill import Cells, merges
from wordvec.corpus.encoded import check_longest
from wordvec.corpus.scratch import scratch_folder
from wordvec.corpus.sentences import Tokenizer
from wordvec.distributed.corpus import DistributedCorpus, Share, encode_corpus
from wordvec.distributed.store import Store
from wordvec.distributed.work import Call, Work
from wordvec.vocabulary import offsets_of

PARTS = 32  # blocks of the corpus, and ranges of rows, unless memory or size ask for other numbers
LEAST, MOST = 1 << 20, 64 << 20  # bytes of all runs that are merged by one call


def count(
    corpus: Any,
    *,
    executor: Executor | None = None,
    store: Store | None = None,
    parts: int | None = None,
    send: bool = False,
    tokenizer: Tokenizer | None = None,
    per_offset: bool = False,
    progress: bool = False,
    **options: Any,
) -> Cooccurrence:
    """The co-occurrence counts of a corpus, counted on an executor: those of `wordvec.count`, to the byte.

    `corpus` is a `DistributedCorpus`, which has its executor and store, or text that is encoded first, as
    `wordvec.distributed.encode_corpus` describes it. The options are those of `wordvec.count`: `memory`, in gigabytes,
    and `workers`, the number of threads, are those of one call, of which a worker may run several. The corpus is
    counted in about `parts` blocks (default 32). The matrix comes to this machine, in temporary files.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from wordvec.distributed import FolderStore
    >>> with ThreadPoolExecutor(2) as executor:
    ...     counts = count([["a", "b", "a"]], executor=executor, store=FolderStore("shared"), min_count=1, window=1)
    >>> counts.to_scipy().toarray().tolist()
    [[0.0, 2.0], [2.0, 0.0]]
    """
    chosen = Counting(**options)
    chosen = replace(chosen, workers=chosen.workers or 1)
    number = whole_number("parts", parts, optional=True) or PARTS
    if isinstance(corpus, DistributedCorpus):
        if tokenizer is not None or send:
            raise OptionError("tokenizer and send serve the reading of a corpus; this one is encoded already")
        counts = _counted(corpus, chosen, number, per_offset, progress)
    elif executor is None or store is None:
        raise OptionError("executor and store must be given to encode a corpus; a DistributedCorpus has its own")
    else:
        reading = {name: value for name, value in chosen.reading().items() if name != "workers"}
        encoded = encode_corpus(
            corpus,
            executor=executor,
            store=store,
            parts=parts,
            send=send,
            tokenizer=tokenizer,
            progress=progress,
            **reading,
        )
        counts = _counted(encoded, chosen, number, per_offset, progress)
        encoded.drop()
    tell(counts, chosen)
    return counts


def _counted(corpus: DistributedCorpus, options: Counting, parts: int, per_offset: bool, show: bool) -> Cooccurrence:
    check_longest(corpus.longest, len(corpus))
    counts, chunks = np.asarray(corpus.vocabulary.counts), corpus.chunk_sentences
    most = -(-(corpus.tokens + len(corpus) + 1) // parts)
    plan = Plan.of(counts, chunks, corpus.chunk_tokens, options, per_offset, most)
    counting = _Counting(corpus, plan, f"{corpus.parts.name}-counts-{os.urandom(6).hex()}", show)
    try:
        with scratch_folder(None, "set TMPDIR to a folder that can be written") as folder, Cells(folder) as cells:
            counting.run(cells, int(options.memory * 1e9))
            arrays = cells.arrays()
    finally:
        counting.drop()
    return cooccurrence_of(corpus, options, plan.words, arrays, plan.offsets if per_offset else None)


class _Counting:
    """One count: its calls and the names of what they store."""

    def __init__(self, corpus: DistributedCorpus, plan: Plan, name: str, show: bool) -> None:
        self._corpus, self._plan, self._name, self._show = corpus, plan, name, show
        self._work: Work = corpus.work
        self._store = corpus.parts.store
        none = np.empty(0, np.int64)  # workers read the tables of words from the store, and need no other chunks
        self._shared = replace(plan, chances=plan.chances[:0], keep=plan.keep[:0], chunks=none, ends=none)
        self._work.put_here(self._store, f"{name}/tables", {"chances": plan.chances, "keep": plan.keep})

    def run(self, cells: Cells, memory: int) -> None:
        """Count all blocks into runs, and add the rows of the runs up into `cells`."""
        sizes = self._work.done(self._blocks(), what="counting", show=self._show)
        runs = [f"{self._name}/run/{number}" for number in range(len(sizes))]
        ranges_ = self._ranges(sum(sizes), memory)
        merging = [
            Call(merge_rows, (self._store, self._rows(first), runs, first, last, *self._told), self._rows(first))
            for first, last in ranges_
        ]
        for (first, _), _ in zip(ranges_, self._work.results(merging, None, "adding up", self._show), strict=True):
            cells.add(self._work.here(_stored_rows, self._store, self._rows(first)))

    def drop(self) -> None:
        """Remove everything that was stored."""
        self._store.drop(self._name)
        self._work.forget(f"{self._name}/")

    @property
    def _told(self) -> tuple[Plan, str]:
        return replace(self._shared, seeds=self._plan.seeds[:0]), f"{self._name}/tables"

    def _rows(self, first: int) -> str:
        return f"{self._name}/rows/{first}"

    def _blocks(self) -> Iterator[Call]:
        plan = self._plan
        edges = np.searchsorted(plan.chunks, plan.sentences).tolist()  # the first chunk of each block
        for number, (first, last) in enumerate(pairwise(edges)):
            share = self._corpus.share(first, last)
            own = replace(
                self._shared,
                chunks=share.chunks,
                seeds=plan.seeds[first:last],
                sentences=np.array([0, share.chunks[-1]]),
            )
            name = f"{self._name}/run/{number}"
            yield Call(count_block, (self._store, name, share, own, f"{self._name}/tables"), name)

    def _ranges(self, size: int, memory: int) -> list[tuple[int, int]]:
        """The rows that one call merges, (first, last): about as many bytes of the `size` of all runs in each."""
        plan = self._plan
        counts = np.asarray(self._corpus.vocabulary.counts)[: plan.words]
        work = np.minimum(counts * plan.neighbours, plan.columns) + 1
        each = min(max(size // PARTS, LEAST), MOST, max(memory // 4, 1))
        return list(ranges(work, -(-int(work.sum()) // max(-(-size // each), 1))))


def count_block(store: Store, name: str, share: Share, plan: Plan, tables: str) -> int:
    """Count a share of a corpus into a run of packed rows; its size in bytes."""
    plan = _complete(store, plan, tables)
    ids, offsets = share.read()
    rows, sizes, packed = Rows(plan), [np.empty(0, np.int64)], [np.empty(0, np.uint8)]
    with thread_pool(plan.threads) as pool:
        (block,) = blocks(ids, offsets, plan, pool)
        for part in in_order(pool, rows.packed, block.tasks(plan), plan.ahead):
            sizes.append(part.sizes)
            packed.append(part.values)  # type: ignore[arg-type]  # bytes
    run = np.concatenate(packed)
    store.put(name, {"starts": offsets_of(np.concatenate(sizes)), "packed": run})
    return len(run)


def merge_rows(store: Store, name: str, runs: Sequence[str], first: int, last: int, plan: Plan, tables: str) -> None:
    """Add up the rows first:last of all runs, of which only these are read."""
    plan = _complete(store, plan, tables)
    table = np.zeros((len(runs), last - first + 1), np.int64)
    packed, done = [], 0
    for run, starts in zip(runs, table, strict=True):
        starts[:] = store.read(run, "starts", first, last + 1)
        packed.append(store.read(run, "packed", int(starts[0]), int(starts[-1])))
        starts += done - starts[0]
        done += len(packed[-1])
    rows, parts = Rows(plan), []
    with thread_pool(plan.threads) as pool:
        tasks = merges(np.concatenate(packed), table, plan, first)
        parts = list(in_order(pool, rows.merged, tasks, plan.ahead))
    fields = ("sizes", "columns", "values")
    store.put(name, {field: np.concatenate([getattr(part, field) for part in parts]) for field in fields})


def _complete(store: Store, plan: Plan, tables: str) -> Plan:
    """A plan with its tables of words."""
    return replace(plan, chances=store.read(tables, "chances"), keep=store.read(tables, "keep"))


def _stored_rows(store: Store, name: str) -> Part:
    return Part(store.read(name, "sizes"), store.read(name, "columns"), store.read(name, "values"), 0)
